//! A document is a parsed page whose nodes have numbers, in the order of the text.

use std::collections::HashMap;

use ego_tree::{NodeId, NodeRef};
use rquickjs::class::Trace;
use rquickjs::{Ctx, Exception, JsLifetime, Object};
use scraper::{ElementRef, Html, Node};

use super::matcher::Matcher;
use super::nesting;
use crate::quickjs::convert::Text;

/// A parsed page.
#[derive(JsLifetime, Trace)]
#[rquickjs::class]
pub struct Document {
    #[qjs(skip_trace)]
    html: Html,
    #[qjs(skip_trace)]
    ids: Vec<NodeId>,
    #[qjs(skip_trace)]
    numbers: HashMap<NodeId, u32>,
}

impl Document {
    /// Parses a page; any text is one.
    pub fn parse(text: &str) -> Self {
        let html = Html::parse_document(text);
        let ids: Vec<NodeId> = html.tree.root().descendants().map(|node| node.id()).collect();
        let numbers = ids.iter().zip(0..).map(|(id, number)| (*id, number)).collect();
        Self { html, ids, numbers }
    }

    fn node(&self, number: u32) -> Option<NodeRef<'_, Node>> {
        self.html.tree.get(*self.ids.get(number as usize)?)
    }

    fn element(&self, number: u32) -> Option<ElementRef<'_>> {
        self.node(number).and_then(ElementRef::wrap)
    }

    fn number(&self, node: NodeRef<'_, Node>) -> Option<u32> {
        self.numbers.get(&node.id()).copied()
    }
}

#[rquickjs::methods]
impl Document {
    /// The elements below a node that a selector means.
    fn find(&self, number: u32, Text(selector): Text) -> Vec<u32> {
        let Some(node) = self.node(number) else { return Vec::new() };
        let matcher = Matcher::read(&selector);
        let below = node.descendants().skip(1).filter_map(ElementRef::wrap);
        below.filter(|element| matcher.matches(element)).filter_map(|element| self.number(*element)).collect()
    }

    /// Those of some nodes that a selector means.
    fn filter(&self, numbers: Vec<u32>, Text(selector): Text) -> Vec<u32> {
        let matcher = Matcher::read(&selector);
        let is = |number: &u32| self.element(*number).is_some_and(|element| matcher.matches(&element));
        numbers.into_iter().filter(is).collect()
    }

    /// The node above.
    fn parent(&self, number: u32) -> Option<u32> {
        self.number(self.node(number)?.parent()?)
    }

    /// The nodes right below.
    fn contents(&self, number: u32) -> Vec<u32> {
        let below = self.node(number).map(|node| node.children()).into_iter().flatten();
        below.filter_map(|node| self.number(node)).collect()
    }

    /// 1 for an element, 3 for text, 8 for a comment, 9 for the document, 10 for its type.
    fn kind(&self, number: u32) -> u8 {
        match self.node(number).map(|node| node.value()) {
            Some(Node::Element(_)) => 1,
            Some(Node::Text(_)) => 3,
            Some(Node::Comment(_) | Node::ProcessingInstruction(_)) => 8,
            Some(Node::Doctype(_)) => 10,
            Some(Node::Document | Node::Fragment) | None => 9,
        }
    }

    /// The name of an element in lower case, or of another kind of node.
    fn name(&self, number: u32) -> String {
        match self.node(number).map(|node| node.value()) {
            Some(Node::Element(element)) => element.name().to_owned(),
            Some(Node::Text(_)) => "#text".to_owned(),
            Some(Node::Comment(_) | Node::ProcessingInstruction(_)) => "#comment".to_owned(),
            Some(Node::Doctype(doctype)) => doctype.name().to_owned(),
            Some(Node::Document | Node::Fragment) | None => "#document".to_owned(),
        }
    }

    /// The text of a node and of all below it; of a comment its own.
    fn text(&self, number: u32) -> String {
        let Some(node) = self.node(number) else { return String::new() };
        let texts = node.descendants().filter_map(|node| node.value().as_text());
        texts.map(|text| &**text).collect()
    }

    /// What a text or a comment says.
    fn value(&self, number: u32) -> Option<String> {
        match self.node(number)?.value() {
            Node::Text(text) => Some(text.to_string()),
            Node::Comment(comment) => Some(comment.to_string()),
            _ => None,
        }
    }

    /// The HTML of all below a node.
    fn html(&self, number: u32) -> String {
        match self.element(number) {
            Some(element) => element.inner_html(),
            None if number == 0 => self.html.html(),
            None => String::new(),
        }
    }

    /// An attribute of an element.
    fn attr(&self, number: u32, Text(name): Text) -> Option<String> {
        self.element(number)?.value().attr(&name).map(str::to_owned)
    }

    /// The names of an element's attributes.
    fn attrs(&self, number: u32) -> Vec<String> {
        let Some(element) = self.element(number) else { return Vec::new() };
        element.value().attrs().map(|(name, _)| name.to_owned()).collect()
    }

    /// The HTML namespace of an element.
    fn namespace(&self, number: u32) -> String {
        self.element(number).map_or_else(String::new, |element| element.value().name.ns.to_string())
    }
}

/// A document as an object of the script.
pub fn of_text<'js>(ctx: &Ctx<'js>, text: &str) -> rquickjs::Result<Object<'js>> {
    if nesting::is_too_deep(text) {
        let text =
            format!("the page cannot be parsed: its elements are nested deeper than {}", nesting::MOST);
        return Err(Exception::throw_message(ctx, &text));
    }
    let document = crate::quickjs::fiber::on_thread_stack(|| Document::parse(text));
    Ok(rquickjs::Class::instance(ctx.clone(), document)?.into_inner())
}
