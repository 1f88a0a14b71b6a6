//! A selector is a GJSON path that picks one value out of a JSON text, as in `response.json('items.0.id')`.

use rquickjs::{Ctx, Value};

/// How deep arrays and objects may be nested: walking them takes stack, of which a virtual user has little.
const DEEPEST: usize = 128;

/// The value at a path; undefined when there is none, or when the text is not JSON.
pub fn select<'js>(ctx: &Ctx<'js>, json: &str, path: &str) -> rquickjs::Result<Value<'js>> {
    let undefined = || Value::new_undefined(ctx.clone());
    if depth(json) > DEEPEST || !gjson::valid(json) {
        return Ok(undefined());
    }
    let path = with_empty_strings(path);
    let found = gjson::get(json, &path);
    if !found.exists() {
        return Ok(undefined());
    }
    ctx.json_parse(found.json()).or_else(|_| {
        // A path whose own arguments are malformed can make something that is not JSON.
        ctx.catch();
        Ok(undefined())
    })
}

/// The value at a path as a text; none when there is none, or when the text is not JSON.
pub fn text(json: &str, path: &str) -> Option<String> {
    if depth(json) > DEEPEST || !gjson::valid(json) {
        return None;
    }
    let path = with_empty_strings(path);
    let found = gjson::get(json, &path);
    found.exists().then(|| found.str().to_owned())
}

/// How deep arrays and objects are nested in a text.
fn depth(json: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Makes queries such as `#(name=="")` work.
///
/// Correctness: crate gjson takes an empty string in a query for two quotes. A string that is only an escape
/// nobody knows is one that it reads as empty.
fn with_empty_strings(path: &str) -> String {
    path.replace(r#""")"#, r#""\x")"#)
}

#[cfg(test)]
mod tests {
    use rquickjs::{Context, Runtime};

    use super::*;

    const PEOPLE: &str = r#" {
        "name": {"first": "Tom", "last": "Anders\u00f8n"}, "age": 37, "score": -1.5e3, "none": null, "ok": true,
        "fav.movie": "Deer \"Hunter\"", "children": ["Sara", "Alex", "Jack"], "empty": [],
        "friends": [
            {"first": "Dale", "age": 44, "nets": ["ig", "fb", "tw"]},
            {"first": "", "age": 68, "nets": ["fb"]},
            {"first": "Jane", "age": 47, "nets": ["ig"], "ok": true}
        ]
    }"#;

    fn chosen(json: &str, path: &str) -> String {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            let value = select(&ctx, json, path).unwrap();
            assert!(!ctx.has_exception());
            match ctx.json_stringify(value).unwrap() {
                Some(text) => text.to_string().unwrap(),
                None => "undefined".to_owned(),
            }
        })
    }

    fn check(path: &str, expected: &str) {
        assert_eq!(chosen(PEOPLE, path), expected, "{path}");
    }

    #[test]
    fn keys_and_indexes() {
        check("name", r#"{"first":"Tom","last":"Andersøn"}"#);
        check("name.last", r#""Andersøn""#);
        check("age", "37");
        check("score", "-1500");
        check("none", "null");
        check("ok", "true");
        check("fav\\.movie", r#""Deer \"Hunter\"""#);
        check("children.1", r#""Alex""#);
        check("friends.0.nets.2", r#""tw""#);
        check("empty", "[]");
    }

    #[test]
    fn what_is_not_there_is_undefined() {
        for path in ["", "nobody", "age.x", "children.3", "children.-1", "name.first.x", "friends.#(age>99)"]
        {
            check(path, "undefined");
        }
    }

    #[test]
    fn counts_wildcards_and_pipes() {
        check("children.#", "3");
        check("friends.#.first", r#"["Dale","","Jane"]"#);
        check("friends.#.nets.0", r#"["ig","fb","ig"]"#);
        check("friends.#.nobody", "[]");
        check("child*.2", r#""Jack""#);
        check("n?me.f*", r#""Tom""#);
        check("children|@reverse|0", r#""Jack""#);
        check("[name.first,age]", r#"["Tom",37]"#);
        check("{age,name.first}", r#"{"age":37,"first":"Tom"}"#);
    }

    #[test]
    fn queries() {
        check(r#"friends.#(first=="Jane").age"#, "47");
        check(r#"friends.#(first=="").age"#, "68");
        check(r#"friends.#(first!="")#.age"#, "[44,47]");
        check("friends.#(age>45)#.age", "[68,47]");
        check("friends.#(age<=47)#.first", r#"["Dale","Jane"]"#);
        check(r#"friends.#(first%"D*").age"#, "44");
        check(r#"friends.#(first!%"D*")#.age"#, "[68,47]");
        check("friends.#(ok==true).first", r#""Jane""#);
        check(r#"friends.#(nets.#(=="ig"))#.first"#, r#"["Dale","Jane"]"#);
        check("friends.#(age>99)#", "[]");
        check(r#"children.#(%"A*")"#, r#""Alex""#);
    }

    #[test]
    fn other_texts() {
        for (json, path, expected) in [
            ("[1,[2]]", "1.0", "2"),
            ("\"text\"", "@this", "\"text\""),
            ("12", "x", "undefined"),
            ("{\"a\":1", "a", "undefined"),
            ("{\"a\":1} x", "a", "undefined"),
            ("<html>", "a", "undefined"),
            ("", "a", "undefined"),
            (r#"{"a\"b":"\ud83d\ude00"}"#, r#"a"b"#, "\"😀\""),
        ] {
            assert_eq!(chosen(json, path), expected, "{json} {path}");
        }
    }

    #[test]
    fn nesting_takes_no_more_stack_than_there_is() {
        let nested = |depth| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        for path in
            ["a", "@pretty", "@ugly", "@valid", "@flatten:{\"deep\":true}", "a.@flatten:{\"deep\":true}"]
        {
            let (deep, deeper) = (nested(DEEPEST - 1), nested(100_000));
            let thread = std::thread::Builder::new().stack_size(160 * 1024).spawn(move || {
                assert!(gjson::valid(&deep) && gjson::get(&deep, path).exists());
                assert!(depth(&deeper) > DEEPEST);
            });
            thread.unwrap().join().unwrap();
            assert_eq!(chosen(&nested(100_000), path), "undefined");
        }
        assert_eq!(depth(r#"{"[[[": ["\"[[[\\", {}]}"#), 3);
    }
}
