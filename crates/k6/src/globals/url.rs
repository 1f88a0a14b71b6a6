//! `URL` and `URLSearchParams`, of the WHATWG's URL standard.

use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, Object};
use url::{Url, form_urlencoded, quirks};

use crate::quickjs::convert::Text;
use crate::quickjs::lazy;

/// Makes the two classes from the host's functions.
const CLASSES: &str = include_str!("url.js");

/// Defines both classes when the script first names one of them.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    for name in ["URL", "URLSearchParams"] {
        lazy::global(ctx, name, define)?;
    }
    Ok(())
}

fn define<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<()> {
    let make: Function<'js> = ctx.eval(CLASSES)?;
    let function = (
        Function::new(ctx.clone(), parse)?,
        Function::new(ctx.clone(), set)?,
        Function::new(ctx.clone(), |Text(text): Text| decode(&text))?,
        Function::new(ctx.clone(), encode)?,
    );
    let classes: Object<'js> = make.call(function)?;
    for name in ["URL", "URLSearchParams"] {
        ctx.globals().set(name, classes.get::<_, Object<'js>>(name)?)?;
    }
    Ok(())
}

/// The parts of a URL, if it is one.
fn parse<'js>(
    ctx: Ctx<'js>,
    Text(url): Text,
    base: Opt<Option<Text>>,
) -> rquickjs::Result<Option<Object<'js>>> {
    let parsed = match base.0.flatten() {
        Some(Text(base)) => Url::parse(&base).and_then(|base| base.join(&url)),
        None => Url::parse(&url),
    };
    parsed.ok().map(|url| parts(&ctx, &url)).transpose()
}

/// The parts of a URL after one was set; none if that cannot be.
fn set<'js>(
    ctx: Ctx<'js>,
    Text(url): Text,
    part: String,
    Text(value): Text,
) -> rquickjs::Result<Option<Object<'js>>> {
    let Ok(mut url) = Url::parse(&url) else { return Ok(None) };
    let done = match part.as_str() {
        "href" => quirks::set_href(&mut url, &value).is_ok(),
        "protocol" => quirks::set_protocol(&mut url, &value).is_ok(),
        "username" => quirks::set_username(&mut url, &value).is_ok(),
        "password" => quirks::set_password(&mut url, &value).is_ok(),
        "host" => quirks::set_host(&mut url, &value).is_ok(),
        "hostname" => quirks::set_hostname(&mut url, &value).is_ok(),
        "port" => quirks::set_port(&mut url, &value).is_ok(),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            true
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            true
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            true
        }
    };
    if done { parts(&ctx, &url).map(Some) } else { Ok(None) }
}

fn parts<'js>(ctx: &Ctx<'js>, url: &Url) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("href", quirks::href(url))?;
    object.set("origin", quirks::origin(url))?;
    object.set("protocol", quirks::protocol(url))?;
    object.set("username", quirks::username(url))?;
    object.set("password", quirks::password(url))?;
    object.set("host", quirks::host(url))?;
    object.set("hostname", quirks::hostname(url))?;
    object.set("port", quirks::port(url))?;
    object.set("pathname", quirks::pathname(url))?;
    object.set("search", quirks::search(url))?;
    object.set("hash", quirks::hash(url))?;
    Ok(object)
}

fn decode(text: &str) -> Vec<Vec<String>> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| vec![name.into_owned(), value.into_owned()]).collect()
}

fn encode(pairs: Vec<Vec<Text>>) -> String {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for pair in pairs {
        if let [Text(name), Text(value)] = &pair[..] {
            encoded.append_pair(name, value);
        }
    }
    encoded.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::globals::shown;

    fn check(script: &str, expected: &str) {
        shown::check(install, script, expected);
    }

    #[test]
    fn urls_have_parts() {
        let url = "new URL('../b?x=1&y=%20#top', 'https://me:pw@Shop.Test:8443/a/c')";
        check(url, "https://me:pw@shop.test:8443/b?x=1&y=%20#top");
        for (part, expected) in [
            ("origin", "https://shop.test:8443"),
            ("protocol", "https:"),
            ("username", "me"),
            ("password", "pw"),
            ("host", "shop.test:8443"),
            ("hostname", "shop.test"),
            ("port", "8443"),
            ("pathname", "/b"),
            ("search", "?x=1&y=%20"),
            ("hash", "#top"),
            ("searchParams.get('y') === ' '", "true"),
        ] {
            check(&format!("{url}.{part}"), expected);
        }
        check(
            &format!("JSON.stringify({{ url: {url} }})"),
            r##"{"url":"https://me:pw@shop.test:8443/b?x=1&y=%20#top"}"##,
        );
        check("new URL('nothing')", "Error: Invalid URL: nothing");
        check(
            "[URL.canParse('x:y'), URL.canParse('/a'), URL.canParse('/a', 'http://b'), URL.parse('/a')]",
            "true,false,true,",
        );
    }

    #[test]
    fn parts_can_be_set() {
        for (change, expected) in [
            ("u.pathname = 'a b'", "http://h.test/a%20b?q=1"),
            ("u.port = 8080", "http://h.test:8080/?q=1"),
            ("u.protocol = 'https'", "https://h.test/?q=1"),
            ("u.hostname = 'x.test'", "http://x.test/?q=1"),
            ("u.search = ''", "http://h.test/"),
            ("u.hash = 'é'", "http://h.test/?q=1#%C3%A9"),
            ("u.searchParams.append('a', 'b c')", "http://h.test/?q=1&a=b+c"),
            ("u.searchParams.delete('q')", "http://h.test/"),
            ("u.href = 'http://z.test'", "http://z.test/"),
            ("u.search = '?n=1'; p.append('m', 2)", "http://h.test/?n=1"),
        ] {
            let script = format!(
                "(() => {{ const u = new URL('http://h.test?q=1'), p = new URL('http://h.test').searchParams; {change}; return u.href; }})()"
            );
            check(&script, expected);
        }
    }

    #[test]
    fn parameters_are_lists_of_pairs() {
        check("new URLSearchParams({ a: 1, b: 'x y', c: 'é&' })", "a=1&b=x+y&c=%C3%A9%26");
        check("new URLSearchParams([['a', 1], ['a', 2]]).getAll('a')", "1,2");
        check("new URLSearchParams('?a=1&a=2&b').get('b') === ''", "true");
        check("[...new URLSearchParams(new URLSearchParams('a=1&b=2'))].join(';')", "a,1;b,2");
        check(
            "(() => { const p = new URLSearchParams('b=1&a=2&b=3'); p.set('b', 4); p.sort(); return `${p} ${p.size} ${p.has('a', '2')}`; })()",
            "a=2&b=4 2 true",
        );
        check(
            "(() => { const p = new URLSearchParams('a=1'); const all = []; p.forEach((v, k) => all.push(k + v)); return all; })()",
            "a1",
        );
        check("new URLSearchParams([['a']])", "Error: each pair");
        check("new URLSearchParams('a=\\ud800').get('a')", "\u{fffd}");
    }
}
