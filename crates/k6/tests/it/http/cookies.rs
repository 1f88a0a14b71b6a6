//! Cookies of `k6/http`: the virtual user's jar, jars of the script's own, and cookies of one request.

use crate::harness::Script;
use crate::mirror::{HEAD, check, mirror};

#[test]
fn a_request_carries_the_cookies_that_belong_to_it() {
    let sent = "const sent = (params) => /Cookie: (.*)/.exec(http.get(T, params).body)?.[1];";
    let rows = [
        ("http.get(`${T}/cookies`); console.log(sent());", "a=1; b=2"),
        ("http.cookieJar().set(T, 'j', 1); console.log(sent({ cookies: { j: 2, k: 3 } }));", "j=2; k=3; j=1"),
        (
            "http.cookieJar().set(T, 'j', 1); console.log(sent({ cookies: { j: { value: 2, replace: true } } }));",
            "j=2",
        ),
        ("console.log(sent({ cookies: { k: 3 } }), sent());", "k=3 undefined"),
        (
            "const jar = new http.CookieJar(); jar.set(T, 'own', 'x'); console.log(sent({ jar }), sent());",
            "own=x undefined",
        ),
        (
            "const jar = new http.CookieJar(); http.get(`${T}/cookies`, { jar }); console.log(sent(), jar.cookiesForURL(T));",
            "undefined { a: [ '1' ], b: [ '2' ] }",
        ),
    ];
    check(
        &rows
            .map(|(body, expected)| (format!("{sent}{body}"), expected))
            .each_ref()
            .map(|(b, e)| (b.as_str(), *e)),
    );
}

#[test]
fn jars_follow_the_attributes_of_cookies() {
    let jar = "const jar = http.cookieJar(); const all = (path = '') => JSON.stringify(jar.cookiesForURL(T + path));";
    let rows = [
        (
            "console.log(jar.set(T, 'a', 1, { path: '/deep' }), all(), all('/deep/er'));",
            "true {} {\"a\":[\"1\"]}",
        ),
        ("jar.set(T, 7, 1); console.log(all());", "{\"7\":[\"1\"]}"),
        ("jar.set(T, 'a', 1, { secure: true }); console.log(all());", "{}"),
        (
            "jar.set(T, 'a', 1, { max_age: 60 }); jar.set(T, 'b', 2, { max_age: -1 }); console.log(all());",
            "{\"a\":[\"1\"]}",
        ),
        (
            "jar.set(T, 'a', 1, { expires: 'Mon, 02 Jan 2006 15:04:05 GMT' }); jar.set(T, 'b', 2, { expires: 'Fri, 02 Jan 2105 15:04:05 GMT' }); console.log(all());",
            "{\"b\":[\"2\"]}",
        ),
        ("jar.set(T, 'a', 1, { domain: 'other.test', http_only: true }); console.log(all());", "{}"),
        (
            "jar.set(T, 'a', 1); jar.set(T, 'b', 2); jar.delete(T, 'a'); console.log(all()); jar.clear(T); console.log(all());",
            "{\"b\":[\"2\"]}\n{}",
        ),
        (
            "console.log(thrown(() => jar.set(T, 'a', 1, { expires: 'soon' })));",
            "Error: unable to parse \"expires\" date string 'soon': write it like 'Mon, 02 Jan 2006 15:04:05 GMT'",
        ),
        ("console.log(thrown(() => jar.clear('/a')).startsWith('Error: '));", "true"),
    ];
    check(
        &rows
            .map(|(body, expected)| (format!("{jar}{body}"), expected))
            .each_ref()
            .map(|(b, e)| (b.as_str(), *e)),
    );
}

#[test]
fn cookies_last_for_one_iteration_unless_the_options_say_otherwise() {
    let target = mirror();
    for (options, expected) in [("", ["0", "0"]), ("noCookiesReset: true,", ["0", "2"])] {
        let head = HEAD.replace("userAgent", &format!("{options} iterations: 2, userAgent"));
        let body =
            "console.log(Object.keys(http.cookieJar().cookiesForURL(T)).length); http.get(`${T}/cookies`);";
        assert_eq!(Script::of_body(&head, body).env("T", &target.url()).run().said, expected, "{options}");
    }
}
