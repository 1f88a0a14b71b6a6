//! The functions of `k6/html`, and the class of selections made from the host's documents.

use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Object, Value};

use super::document;
use crate::quickjs::convert::{self, Text};

/// What the module exports.
pub const EXPORTS: &[&str] = &["parseHTML"];

/// Makes the class of selections.
const SELECTION: &str = include_str!("selection.js");

/// Makes the functions for forms and links.
const FORMS: &str = include_str!("forms.js");

/// The global under which the class of selections is kept, once a script has one.
const KEPT: &str = "__flashcrowd_html";

/// Makes the module's function.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    module.set("parseHTML", Function::new(ctx.clone(), parse_html)?.with_name("parseHTML")?)?;
    Ok(module)
}

fn parse_html<'js>(ctx: Ctx<'js>, text: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
    let text = text.0.as_ref().and_then(convert::to_text).unwrap_or_default();
    parse_page(&ctx, &text, "")
}

/// The selection of a whole page, which was read from this URL.
pub fn parse_page<'js>(ctx: &Ctx<'js>, text: &str, url: &str) -> rquickjs::Result<Value<'js>> {
    let kept: Option<Function<'js>> = ctx.globals().get(KEPT)?;
    let make = match kept {
        Some(make) => make,
        None => {
            let make: Function<'js> = ctx.eval::<Function<'js>, _>(SELECTION)?.call(helpers(ctx)?)?;
            ctx.globals().prop(KEPT, rquickjs::object::Property::from(make.clone()))?;
            make
        }
    };
    make.call((document::of_text(ctx, text)?, url))
}

/// The functions that submit forms and follow links.
pub fn forms<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    ctx.eval::<Function<'js>, _>(FORMS)?.call(helpers(ctx)?)
}

/// What the scripts of this module need of the host.
fn helpers<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<(Function<'js>, Function<'js>)> {
    let join = Function::new(ctx.clone(), |Text(base): Text, Text(url): Text| join(&base, &url))?;
    Ok((join, Function::new(ctx.clone(), encode)?))
}

/// The parts of an address that a page has; what cannot be read as one is none.
fn join(base: &str, url: &str) -> Option<Vec<String>> {
    let base = url::Url::parse(base).ok();
    let url = url::Url::options().base_url(base.as_ref()).parse(url).ok()?;
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let host = url.host_str().unwrap_or_default().to_owned();
    let authority = if port.is_empty() { host.clone() } else { format!("{host}:{port}") };
    let part = |text: Option<&str>, mark: &str| text.map_or_else(String::new, |text| format!("{mark}{text}"));
    Some(vec![
        url.as_str().to_owned(),
        part(url.fragment(), "#"),
        authority.clone(),
        host,
        format!("{}://{authority}", url.scheme()),
        url.password().unwrap_or_default().to_owned(),
        url.path().to_owned(),
        port,
        url.scheme().to_owned(),
        part(url.query(), "?"),
        url.username().to_owned(),
    ])
}

/// Names and values as a form sends them.
fn encode(pairs: Vec<Vec<Text>>) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    for pair in &pairs {
        if let [Text(name), Text(value)] = &pair[..] {
            encoded.append_pair(name, value);
        }
    }
    encoded.finish()
}

#[cfg(test)]
mod tests {
    use rquickjs::{CatchResultExt, Context, Runtime};

    use super::*;

    const PAGE: &str = "<!DOCTYPE html><html lang=en><head><title>Shop</title></head><body><!--c--><h1>Sale</h1>\
        <ul id=list><li class='item a' data-n=1 data-opt='{\"x\":[1]}' data-on=true data-code='01'>one</li>\
        <li class=item>two</li><li>three <b>deep</b></li></ul><p>end &amp; more</p>\
        <form id=f action='/buy?x=1' method=POST><input name=a value=1><input type=checkbox name=c checked>\
        <input type=checkbox name=d><input type=radio name=r value=r1><input type=radio name=r value=r2 checked=checked>\
        <textarea name=t>x <i></textarea><select name=s><option>s1<option value=two selected>s2</select>\
        <select name=m multiple><option selected>m1<option selected>m2<option>m3</select>\
        <input name=off disabled=disabled value=9><input type=submit name=go value=Go></form>\
        <a href='/a/../b?q=1#top' rel='next nofollow'>link</a></body></html>";

    fn check(script: &str, expected: &str) {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            ctx.globals().set("page", PAGE).unwrap();
            ctx.globals().set("doc", parse_page(&ctx, PAGE, "http://shop.test/x/y").unwrap()).unwrap();
            let result = ctx.eval::<String, _>(format!("String({script})")).catch(&ctx);
            let shown = result.unwrap_or_else(|error| error.to_string());
            assert!(
                shown == expected || shown.starts_with("Error") && shown.starts_with(expected),
                "{script}: {shown}"
            );
        });
    }

    #[test]
    fn selections_are_walked_like_those_of_jquery() {
        for (script, expected) in [
            ("doc.find('title').text()", "Shop"),
            ("doc.find('li').size()", "3"),
            ("doc.find('li').length", "undefined"),
            ("doc.find('ul').find('b').text()", "deep"),
            (
                "doc.find('li').first().text() + doc.find('li').last().text() + doc.find('li').eq(1).text() + doc.find('li').eq(-2).text()",
                "onethree deeptwotwo",
            ),
            ("doc.find('li').eq(7).size()", "0"),
            ("doc.find('li').slice(1).text()", "twothree deep"),
            ("doc.find('li').slice(0, 2).text()", "onetwo"),
            ("doc.find('li').filter('.item').size()", "2"),
            ("doc.find('li').filter((i, s) => s.text() === 'two').size()", "1"),
            ("doc.find('li').not('.item').text()", "three deep"),
            ("doc.find('li').not((i) => i > 0).text()", "one"),
            ("doc.find('li').has('b').text()", "three deep"),
            ("doc.find('li').is('.a')", "true"),
            ("doc.find('h1').add('p').text()", "Saleend & more"),
            ("doc.find('p').add(doc.find('h1')).text()", "end & moreSale"),
            ("doc.find('b').closest('ul').attr('id')", "list"),
            ("doc.find('b').parent().text()", "three deep"),
            ("doc.find('b').parents().map((i, s) => s.get(0).nodeName()).join()", "li,ul,body,html"),
            ("doc.find('b').parentsUntil('body').size()", "2"),
            ("doc.find('li').first().next().text()", "two"),
            ("doc.find('li').first().nextAll().size()", "2"),
            ("doc.find('li').last().prevAll().map((i, s) => s.text()).join()", "two,one"),
            ("doc.find('li').last().prevUntil('.a').text()", "two"),
            ("doc.find('h1').nextUntil('form', 'p').text()", "end & more"),
            ("doc.find('li').eq(1).siblings().size()", "2"),
            ("doc.find('ul').children('.item').size()", "2"),
            ("doc.find('body').contents().get(0).nodeType()", "8"),
            ("doc.find('li').index()", "0"),
            ("doc.find('li').last().index()", "2"),
            ("doc.find('b').end().find('h1').text()", "Sale"),
            ("doc.find('li').toArray().length", "3"),
            ("doc.find('li').first().html()", "one"),
            ("doc.find('li').last().html()", "three <b>deep</b>"),
            ("doc.find('none').html()", "undefined"),
            ("doc.find('none').text()", ""),
            ("doc.find('none').attr('x', 'default')", "default"),
            ("doc.find('li[').size()", "0"),
            ("doc.find(7)", "Error: invalid argument: a number cannot be used as a selector"),
            ("doc.html().startsWith('<!DOCTYPE html><html lang=\"en\">')", "true"),
        ] {
            check(script, expected);
        }
    }

    #[test]
    fn data_and_values() {
        for (script, expected) in [
            (
                "JSON.stringify(doc.find('li').first().data())",
                r#"{"code":"01","n":1,"on":true,"opt":{"x":[1]}}"#,
            ),
            ("doc.find('li').data('n') + 1", "2"),
            ("doc.find('li').data('none')", "undefined"),
            ("doc.find('input[name=a]').val()", "1"),
            ("doc.find('input[name=c]').val()", "on"),
            ("doc.find('select[name=s]').val()", "two"),
            ("doc.find('select[name=m]').val().join()", "m1,m2"),
            ("doc.find('option').first().val()", "s1"),
            ("doc.find('li').val()", "undefined"),
            (
                "doc.find('form').serializeArray().map(({ name, value }) => `${name}=${value}`).join('&')",
                "a=1&r=r2&t=x &lt;i&gt;&s=two&m=m1,m2",
            ),
            ("doc.find('form').serialize()", "a=1&m=m1&m=m2&r=r2&s=two&t=x+%26lt%3Bi%26gt%3B"),
            ("JSON.stringify(doc.find('input[name=a]').serializeObject())", r#"{"a":"1"}"#),
        ] {
            check(script, expected);
        }
    }

    #[test]
    fn elements_are_read_like_those_of_the_dom() {
        for (script, expected) in [
            ("doc.find('li').get(0).textContent()", "one"),
            ("doc.find('li').get(-1).innerHTML()", "three <b>deep</b>"),
            ("doc.find('li').get(9)", "undefined"),
            ("doc.find('ul').get(0).children().length", "3"),
            ("doc.find('ul').get(0).firstElementChild().classList().join()", "item,a"),
            ("doc.find('li').get(0).getAttribute('data-n')", "1"),
            ("Object.keys(doc.find('ul').get(0).attributes())", "id"),
            ("doc.find('ul').get(0).attributes().id.value", "list"),
            ("doc.find('li').get(0).nextElementSibling().textContent()", "two"),
            ("doc.find('ul').get(0).querySelector('b').textContent()", "deep"),
            ("doc.find('ul').get(0).querySelectorAll('li').length", "3"),
            ("doc.find('ul').get(0).contains(doc.find('b').get(0))", "true"),
            ("doc.find('b').get(0).isSameNode(doc.find('li b').get(0))", "true"),
            ("doc.find('b').get(0).parentNode().nodeName()", "li"),
            ("doc.find('li').get(0).selection().next().text()", "two"),
            ("doc.find('a').get(0).href()", "http://shop.test/b?q=1#top"),
            (
                "(a => [a.hash(), a.host(), a.pathname(), a.search(), a.protocol(), a.origin(), a.relList()])(doc.find('a').get(0))",
                "#top,shop.test,/b,?q=1,http,http://shop.test,next,nofollow",
            ),
            ("doc.find('form').get(0).method()", "post"),
            ("doc.find('form').get(0).action()", "http://shop.test/buy?x=1"),
            ("doc.find('form').get(0).elements().length", "10"),
            ("doc.find('input').get(0).form().id()", "f"),
            ("doc.find('input').get(0).value() + doc.find('input').get(0).name()", "1a"),
            ("doc.find('input[type=submit]').get(0).formMethod()", "post"),
            ("doc.find('select').get(0).selectedIndex() + doc.find('select').get(0).value()", "1two"),
            ("doc.find('html').get(0).lang()", "en"),
            (
                "(() => { const all = []; doc.find('li').each((i, e) => all.push(i + e.textContent())); return all; })()",
                "0one,1two,2three deep",
            ),
            ("`${doc.find('li').get(0)}`", "[object html.Node]"),
        ] {
            check(script, expected);
        }
    }
}
