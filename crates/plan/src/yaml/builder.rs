//! The builder makes trees of the parser's events, one for each document.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::mend::Mended;
use super::{Content, Entry, Node, Place, Scalar};

/// How deep lists and objects may be in each other.
const DEEPEST: usize = 64;

/// How many nodes a file may have, those that aliases stand for included.
const MOST_NODES: usize = 200_000;

/// How many bytes of a text are gone through, over and over, to put quotes in.
const MOST_READ: usize = 16 << 20;

/// What is wrong, and where.
pub(super) type Wrong = (Place, String);

/// Reads all documents of a text, and says what is wrong with them as YAML. Empty documents are left out.
pub(crate) fn parse(file: usize, text: &str) -> (Vec<Node>, Vec<(Place, String)>) {
    let mended = mended(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut builder = Builder::new(file, &mended);
    let refused = builder.run().err().map(|error| refusal(file, &mended, &error));
    let (documents, mut wrong) = (builder.documents, builder.wrong);
    wrong.extend(refused);
    (documents, wrong)
}

/// The text with quotes wherever the parser stops without them. It starts over after each, so nothing is built yet, and a
/// text that would take it through too much is left as it is.
fn mended(text: &str) -> Mended {
    let mut mended = Mended::new(text);
    for _ in 0..=MOST_READ / text.len().max(1) {
        let mut events = Parser::new_from_str(mended.text());
        let stopped = std::iter::from_fn(|| events.next_event()).find_map(Result::err);
        if !stopped.is_some_and(|error| mended.mend(&error)) {
            break;
        }
    }
    mended
}

fn refusal(file: usize, mended: &Mended, error: &ScanError) -> Wrong {
    let marker = error.marker();
    let place = mended.original(Place { file, line: marker.line(), column: marker.col() + 1 });
    let at_brace = mended.text().chars().nth(marker.index()) == Some('{');
    let in_flow = error.info().contains("flow");
    let hint = if at_brace && in_flow {
        ": put a value with {placeholders} in quotes where it stands inside {...} or [...]"
    } else {
        ""
    };
    (place, format!("this is no YAML: {}{hint}", error.info()))
}

/// A list or an object that is still open.
struct Open {
    place: Place,
    anchor: usize,
    /// Whether it is written in braces or brackets.
    flow: bool,
    held: Held,
}

enum Held {
    List(Vec<Node>),
    Map(Fields),
}

#[derive(Default)]
struct Fields {
    entries: Vec<Entry>,
    /// What merge keys bring in.
    merged: Vec<Node>,
    /// The name whose value comes next.
    key: Option<Key>,
    /// Whether a name stands without a colon, as in `{product}`.
    alone: bool,
}

struct Key {
    name: String,
    place: Place,
    plain: bool,
    end: Marker,
    /// Whether a colon stands behind it.
    colon: bool,
}

impl Key {
    fn new(name: String, place: Place, end: Marker) -> Self {
        Self { name, place, plain: false, end, colon: true }
    }
}

impl Fields {
    /// Adds a field; what is wrong with it, if anything.
    fn add(&mut self, key: Key, value: Node, flow: bool) -> Option<Wrong> {
        if key.plain && key.name == "<<" {
            self.merged.push(value);
            return None;
        }
        if let Some(first) = self.entries.iter().find(|entry| entry.name == key.name) {
            let message = format!("'{}' is written twice, first on line {}", key.name, first.place.line);
            return Some((key.place, message));
        }
        self.alone |= flow && key.plain && value.is_null() && !key.colon;
        self.entries.push(Entry { name: key.name, place: key.place, value });
        None
    }
}

struct Builder<'a> {
    file: usize,
    source: &'a Mended,
    lines: Vec<&'a str>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: Vec<Node>,
    wrong: Vec<Wrong>,
}

impl<'a> Builder<'a> {
    fn new(file: usize, source: &'a Mended) -> Self {
        Self {
            file,
            source,
            lines: source.text().split('\n').collect(),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), ScanError> {
        let mut parser = Parser::new_from_str(self.source.text());
        while let Some(event) = parser.next_event() {
            let (event, span) = event?;
            let too_much = self.open.len() > DEEPEST || self.nodes > MOST_NODES;
            if too_much {
                return Err(ScanError::new_str(
                    span.start,
                    "there is too much of it, or it is nested too deep",
                ));
            }
            self.take(event, span);
        }
        Ok(())
    }

    fn place(&self, marker: Marker) -> Place {
        self.source.original(Place { file: self.file, line: marker.line(), column: marker.col() + 1 })
    }

    fn take(&mut self, event: Event<'_>, span: Span) {
        let place = self.place(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                let scalar = self.scalar(&text, style, span);
                let scalar = Scalar { plain: scalar.plain && !is_text, ..scalar };
                self.add(Node { place, content: Content::Scalar(scalar) }, anchor, span);
            }
            Event::SequenceStart(anchor, _) => self.begin(place, anchor, span, Held::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(place, anchor, span, Held::Map(Fields::default())),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = node.clone();
                    self.nodes += size(&node);
                    self.add(node, 0, span);
                }
                None => self.wrong.push((place, "this alias stands for something that it is in".to_owned())),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            Event::DocumentStart(_) | Event::DocumentEnd => self.anchors.clear(),
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, span: Span) -> Scalar {
        let on_one_line = span.start.line() == span.end.line();
        let inset = match style {
            ScalarStyle::Plain => Some(0),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Some(1),
            ScalarStyle::Literal | ScalarStyle::Folded => None,
        };
        let empty_block = text.is_empty() && style == ScalarStyle::Folded;
        if let Some(head) = empty_block.then(|| self.head_of_block()).flatten() {
            return Scalar { text: head, plain: true, inset: None };
        }
        // Quotes that were put in are not in the text as it was written.
        let mended = self.source.is_quoted(span.start.line(), span.start.col() + 1);
        let inset = inset.map(|inset| if mended { 0 } else { inset }).filter(|_| on_one_line);
        Scalar { text: text.to_owned(), plain: style == ScalarStyle::Plain || mended, inset }
    }

    /// The head of the folded block that is the value of the key at hand, where it is a bound such as `>5`: nobody would
    /// write it over an empty block.
    fn head_of_block(&self) -> Option<String> {
        let Some(Held::Map(Fields { key: Some(key), .. })) = self.open.last().map(|open| &open.held) else {
            return None;
        };
        let line = self.lines.get(key.end.line() - 1)?;
        let after: String = line.chars().skip(key.end.col()).collect();
        let head = after.trim_start_matches(':').trim_start();
        let head = head.find(" #").map_or(head, |comment| &head[..comment]).trim_end();
        let digits = head.strip_prefix('>')?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| head.to_owned())
    }

    fn begin(&mut self, place: Place, anchor: usize, span: Span, held: Held) {
        self.nodes += 1;
        let flow = !span.is_empty();
        self.open.push(Open { place, anchor, flow, held });
    }

    fn end(&mut self, span: Span) {
        // Correctness: the parser ends only what it has begun.
        let Some(open) = self.open.pop() else { return };
        let content = match open.held {
            Held::List(items) => Content::List(items),
            Held::Map(Fields { entries, alone: true, .. }) if entries.len() == 1 => {
                // `{product}` without quotes is an object to YAML, and a placeholder to whoever wrote it.
                let text = format!("{{{}}}", entries[0].name);
                Content::Scalar(Scalar { text, plain: true, inset: Some(0) })
            }
            Held::Map(Fields { mut entries, merged, .. }) => {
                merged.into_iter().for_each(|node| self.merge(&mut entries, node));
                Content::Map(entries)
            }
        };
        self.add(Node { place: open.place, content }, open.anchor, span);
    }

    /// Whether a colon stands behind a place on its line.
    fn colon_behind(&self, end: Marker) -> bool {
        let line = self.lines.get(end.line() - 1).copied().unwrap_or_default();
        line.chars().skip(end.col()).find(|c| !c.is_whitespace()) == Some(':')
    }

    /// Adds a node to what is open.
    fn add(&mut self, node: Node, anchor: usize, span: Span) {
        self.nodes += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let colon = self.colon_behind(span.end);
        let Some(open) = self.open.last_mut() else {
            if !node.is_null() {
                self.documents.push(node);
            }
            return;
        };
        match &mut open.held {
            Held::List(items) => items.push(node),
            Held::Map(fields) => match fields.key.take() {
                Some(key) => self.wrong.extend(fields.add(key, node, open.flow)),
                None => {
                    let Content::Scalar(scalar) = node.content else {
                        let message = "a field's name is a text, not a list or an object";
                        self.wrong.push((node.place, message.to_owned()));
                        fields.key = Some(Key::new(String::new(), node.place, span.end));
                        return;
                    };
                    let key = Key::new(scalar.text, node.place, span.end);
                    fields.key = Some(Key { plain: scalar.plain, colon, ..key });
                }
            },
        }
    }

    /// Adds what a merge key brings in, below what is there.
    fn merge(&mut self, entries: &mut Vec<Entry>, node: Node) {
        let place = node.place;
        match node.content {
            Content::Map(more) => {
                for entry in more {
                    if entries.iter().all(|known| known.name != entry.name) {
                        entries.push(entry);
                    }
                }
            }
            Content::List(items) => items.into_iter().for_each(|item| self.merge(entries, item)),
            Content::Scalar(_) => {
                self.wrong.push((place, "'<<' brings in an object, such as an alias of one".into()));
            }
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.content {
        Content::Scalar(_) => 1,
        Content::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Content::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.value)).sum::<usize>(),
    }
}
