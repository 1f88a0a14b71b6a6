//! A response is an object, and its URL, headers and cookies are those of the wire.

use super::odd::asked;

#[test]
fn a_response_has_its_fields_itself() {
    for (body, expected) in [
        (
            "console.log(Object.keys(r).includes('status'), ({ ...r }).status, r.hasOwnProperty('body'), Object.assign({ at: 1 }, r).status);",
            "true 200 true 200",
        ),
        (
            "const { status, body, error_code } = r; console.log(status, typeof body, error_code);",
            "200 string 0",
        ),
        (
            "console.log('status' in r, 'json' in r, 'nothing' in r, r.nothing, Object.entries(r).length > 15);",
            "true true false undefined true",
        ),
        ("let n = 0; for (const key in r) if (key === 'status') n++; console.log(n);", "1"),
        (
            "r.own = 1; r.status = 7; console.log(r.own, r.status, Object.keys(r).filter((k) => k === 'own' || k === 'status').length);",
            "1 7 2",
        ),
        (
            "console.log(JSON.parse(JSON.stringify(r)).status, JSON.parse(JSON.stringify({ ...r })).status, typeof r.json, typeof ({ ...r }).json);",
            "200 200 function function",
        ),
        (
            "const copy = structuredCloneOf(r); console.log(copy.status, copy.headers['Content-Length'] === r.headers['Content-Length']);",
            "200 true",
        ),
        (
            "console.log(Object.getOwnPropertyDescriptor(r, 'status').value, delete r.own, String(r), r instanceof Object);",
            "200 true [object Object] true",
        ),
    ] {
        let script = format!(
            "const structuredCloneOf = (o) => Object.fromEntries(Object.entries(o)); const r = http.get(T); {body}"
        );
        assert_eq!(asked(&script), expected, "{body}");
    }
}

#[test]
fn the_url_of_a_response_is_the_one_that_was_asked() {
    let check = |path: &str, expected: &str| {
        let body = format!(
            "const r = http.get(`${{T}}{path}`); console.log(r.url.replace(T, ''), r.request.url === r.url);"
        );
        assert_eq!(asked(&body), format!("{expected} true"), "{path}");
    };
    check("/a b", "/a%20b");
    check("/한글", "/%ED%95%9C%EA%B8%80");
    check("/a%20b?q={x}", "/a%20b?q={x}");
    check("", "");
    check("/to/here", "/echo");
}

#[test]
fn cookies_lose_what_they_cannot_have() {
    for (cookies, sent) in [
        ("{ a: 'x;y' }", "a=xy"),
        ("{ a: '한글x' }", "a=x"),
        ("{ a: { value: 'x\\\\y', replace: true } }", "a=xy"),
        ("{ a: { VALUE: 'x\\r\\nB: c' } }", "a=xB: c"),
        ("{ a: 1, b: true, c: null, d: undefined }", "a=1; b=true"),
        ("{ a: 'x y' }", "a=\"x y\""),
    ] {
        let body = format!(
            "console.log(/Cookie: (.*)/i.exec(http.get(T, {{ cookies: {cookies} }}).body)[1].trim());"
        );
        let quoted = sent.replace("a=xB: c", "a=\"xB: c\"");
        assert_eq!(asked(&body), quoted, "{cookies}");
    }
    let jar =
        "http.cookieJar().set(T, 'a', 'x;y'); console.log(/Cookie: (.*)/i.exec(http.get(T).body)[1].trim());";
    assert_eq!(asked(jar), "a=xy");
}

#[test]
fn odd_header_lines_of_old_servers_are_read_over() {
    for path in ["/head/space", "/head/before-colon", "/head/folded"] {
        let body =
            format!("const r = http.get(`${{T}}{path}`); console.log(r.status, r.body, r.error_code);");
        assert_eq!(asked(&body), "200 ok 0", "{path}");
    }
    assert_eq!(asked("console.log(http.get(`${T}/head/before-colon`).headers['X-A']);"), "1");
}
