//! `k6/http` on its way out: methods, URLs, bodies, params.

use crate::harness::Script;
use crate::mirror::{HEAD, check, check_sent, mirror, say};

#[test]
fn every_method_has_a_function() {
    check_sent(&[
        ("http.get(`${T}/a?b=c d#e`);", &["GET /a?b=c%20d HTTP/1.1\nH\nUser-Agent: fc"]),
        ("http.head(T);", &["HEAD / HTTP/1.1\nH\nUser-Agent: fc"]),
        ("http.post(T, 'text');", &["POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 4\n\ntext"]),
        ("http.post(T);", &["POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 0"]),
        ("http.put(T, 'text');", &["PUT / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 4\n\ntext"]),
        ("http.patch(T, 'text');", &["PATCH / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 4\n\ntext"]),
        ("http.del(T);", &["DELETE / HTTP/1.1\nH\nUser-Agent: fc"]),
        ("http.options(T);", &["OPTIONS / HTTP/1.1\nH\nUser-Agent: fc"]),
        ("http.request('GET', T, 'x');", &["GET / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 1\n\nx"]),
    ]);
}

#[test]
fn the_second_argument_of_get_and_head_is_params() {
    check_sent(&[
        ("http.get(T, { headers: { a: 'b' } });", &["GET / HTTP/1.1\nH\nUser-Agent: fc\nA: b"]),
        ("http.head(T, { headers: { a: 'b' } });", &["HEAD / HTTP/1.1\nH\nUser-Agent: fc\nA: b"]),
        ("http.del(T, null, { headers: { a: 'b' } });", &["DELETE / HTTP/1.1\nH\nUser-Agent: fc\nA: b"]),
        (
            "http.request('POST', T, '', { headers: { a: 'b' } });",
            &["POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 0\nA: b"],
        ),
    ]);
}

#[test]
fn bodies() {
    let form = "POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Type: application/x-www-form-urlencoded\nContent-Length:";
    let binary = "POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 2\n\nBC";
    check_sent(&[
        (
            "http.post(T, { b: 'x y', a: [1, true], n: null, e: 'é&' });",
            &[&format!("{form} 31\n\na=1&a=true&b=x+y&e=%C3%A9%26&n=")],
        ),
        (
            "http.post(T, {});",
            &[
                "POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 0\nContent-Type: application/x-www-form-urlencoded",
            ],
        ),
        (
            "http.post(T, { a: 1 }, { headers: { 'content-type': 'own' } });",
            &["POST / HTTP/1.1\nH\nUser-Agent: fc\nContent-Type: own\nContent-Length: 3\n\na=1"],
        ),
        ("http.post(T, new Uint8Array([66, 67]).buffer);", &[binary]),
        ("http.post(T, new Uint8Array([65, 66, 67, 68]).subarray(1, 3));", &[binary]),
        ("http.post(T, 'BC', { headers: { 'Content-Length': 2 } });", &[binary]),
        (
            "http.post(`${T}/\\ud800`, 'a\\ud800');",
            &["POST /%EF%BF%BD HTTP/1.1\nH\nUser-Agent: fc\nContent-Length: 4\n\na\u{fffd}"],
        ),
        ("http.post(T, { '\\ud800': '\\udfff' });", &[&format!("{form} 19\n\n%EF%BF%BD=%EF%BF%BD")]),
    ]);
}

#[test]
fn files_make_a_body_of_parts() {
    let body = "
    const res = http.post(T, {
      n: 1, f: http.file('data', 'a \"b\".txt', 'text/plain'), g: http.file(new Uint8Array([66, 67]).buffer, undefined, 'g/h'), l: http.file([68]),
    });
    const boundary = res.request.headers['Content-Type'][0].split('boundary=')[1];
    console.log(res.request.body.replaceAll(boundary, 'B').replaceAll('\\r\\n', '\\n').replace(/\"\\d{19}\"/g, 'NANOS'));";
    insta::assert_snapshot!(say(&mirror(), body), @r#"
    --B
    Content-Disposition: form-data; name="f"; filename="a \"b\".txt"
    Content-Type: text/plain

    data
    --B
    Content-Disposition: form-data; name="g"; filename=NANOS
    Content-Type: g/h

    BC
    --B
    Content-Disposition: form-data; name="l"; filename=NANOS
    Content-Type: application/octet-stream

    D
    --B
    Content-Disposition: form-data; name="n"

    1
    --B--
    "#);
}

#[test]
fn headers_are_texts_under_canonical_names() {
    check_sent(&[
        (
            "http.get(T, { headers: { 'x-own-one': 1, 'USER-AGENT': 'me', host: 'shop.test' } });",
            &["GET / HTTP/1.1\nHost: shop.test\nUser-Agent: me\nX-Own-One: 1"],
        ),
        (
            "http.get(T.replace('://', '://ann:secret@'));",
            &["GET / HTTP/1.1\nH\nUser-Agent: fc\nAuthorization: Basic YW5uOnNlY3JldA=="],
        ),
    ]);
}

#[test]
fn what_is_odd_about_a_request_is_warned_of() {
    check(&[
        (
            "http.post(T, 'abc', { headers: { 'content-length': '7' } });",
            "the header Content-Length: 7 was dropped: the body has 3 bytes",
        ),
        (
            "console.log(http.post(T, { o: { x: 1 } }).request.body);",
            "form field 'o' is an object or array and was sent empty: give a string, or JSON.stringify it\no=",
        ),
        (
            "console.log(http.get(`${T}/redirect/12`).status);",
            "stopped after 10 redirects: http://<host>/redirect/2\n302",
        ),
        ("console.log(http.get(`${T}/redirect/2`, { redirects: 1 }).status);", "302"),
    ]);
}

#[test]
fn compressed_bodies_can_be_read_again() {
    check(&[
        (
            "const res = http.post(T, 'a'.repeat(1000), { compression: 'gzip' });
             console.log(/Content-Encoding: gzip/.test(res.body), /Content-Length: \\d\\d\\n/.test(res.body));",
            "true true",
        ),
        (
            "console.log(http.post(T, 'a', { compression: 'deflate, br' }).request.headers['Content-Encoding']);",
            "[ 'deflate, br' ]",
        ),
        ("console.log(http.post(T, '', { compression: 'gzip' }).request.headers['Content-Encoding']);", "undefined"),
    ]);
}

#[test]
fn digest_answers_the_challenge() {
    check(&[(
        "const url = `${T}/digest`.replace('://', '://ann:secret@');
         console.log(http.get(url).status, http.get(url, { auth: 'digest' }).body);",
        "401 come in",
    )]);
}

#[test]
fn redirects_are_followed_with_the_method_that_the_status_asks_for() {
    check(&[
        (
            "const res = http.post(`${T}/redirect/2`, 'x'); console.log(res.status, res.url, res.request.method, res.body.split(' ')[2]);",
            "200 http://<host>/redirect/0 GET GET",
        ),
        (
            "const res = http.post(`${T}/redirect/2/keep`, 'x'); console.log(res.url, res.request.method, res.request.body);",
            "http://<host>/redirect/0/keep POST x",
        ),
        ("console.log(http.get(`${T}/redirect/2`, { redirects: 0 }).headers.Location);", "/redirect/1"),
    ]);
}

#[test]
fn a_request_that_makes_no_sense_is_an_answer_without_a_status_or_thrown() {
    let target = mirror();
    for (call, named) in [
        ("http.get()", "no URL"),
        ("http.get('http://[no')", "invalid URL"),
        ("http.get(T, { headers: { 'a b': 1 } })", "invalid header name 'a b'"),
        ("http.get(T, { headers: { a: '\\n' } })", "a header's value"),
        ("http.get(T, { tags: { a: {} } })", "tag 'a'"),
        ("http.get(T, { timeout: 'soon' })", "invalid timeout 'soon'"),
        ("http.get(T, { timeout: -1 })", "invalid timeout '-1'"),
        ("http.get(T, { responseType: 'xml' })", "invalid responseType 'xml'"),
        ("http.get(T, { responseCallback: 1 })", "a response callback is"),
        ("http.post(T, 'x', { compression: 'zip' })", "unknown compression algorithm 'zip'"),
        ("http.post(T, [1])", "unknown request body type"),
        ("http.post(T, 1)", "unknown request body type"),
        ("http.request('B D', T)", "invalid method 'B D'"),
    ] {
        let show = format!(
            "const r = thrown(() => {call}); console.log(r[0] === 'returned' ? [r[1].status, r[1].error] : r);"
        );
        let warned = say(&target, &show);
        let (warning, answer) = warned.split_once('\n').unwrap();
        assert!(
            warning.starts_with("Request Failed error=\"") && warning.contains(named),
            "{call}: {warned}"
        );
        assert!(
            answer.starts_with("[ 0, '") && answer.contains(&named.replace('\'', "\\'")),
            "{call}: {warned}"
        );
        let script = Script::of_body(HEAD, &show).env("T", &target.url());
        let thrown = script.flags(serde_json::json!({ "throw": true })).run().text();
        assert!(thrown.contains("Error: ") && thrown.contains(named), "{call}: {thrown}");
    }
    assert_eq!(target.requests().len(), 0);
}

#[test]
fn requests_are_for_virtual_users_at_work() {
    let load = |top: &str| {
        Script::new(format!("{HEAD}\n{top}\nexport default () => {{}};")).env("T", "http://x").load()
    };
    for top in ["http.get(T);", "http.batch([T]);", "await http.asyncRequest('GET', T);"] {
        let error = load(top).err().unwrap();
        assert!(error.contains("making http requests in the init context is not supported"), "{error}");
    }
    let error = load("http.cookieJar();").err().unwrap();
    assert!(error.contains("cookieJar() is not available in the init context"), "{error}");
    assert!(
        load("http.url`${T}/a`; http.file('a'); http.expectedStatuses(200); new http.CookieJar();").is_ok()
    );
}

#[test]
fn options_of_the_test_hold_for_requests_that_say_nothing_else() {
    let target = mirror();
    let run =
        |options, body: &str| Script::of_body(HEAD, body).env("T", &target.url()).flags(options).run().text();
    let body = "console.log(http.get(`${T}/redirect/5`).status, http.get(`${T}/redirect/5`, { redirects: 9 }).status);";
    assert!(run(serde_json::json!({ "maxRedirects": 1 }), body).ends_with("\n302 200"));
    let body = "console.log(http.get(T).body, http.get(`${T}/gzip`, { responseType: 'text' }).body);";
    assert_eq!(run(serde_json::json!({ "discardResponseBodies": true }), body), "null hello gzip");
    let body = "console.log(http.get(T).request.headers['User-Agent'][0]);";
    assert_eq!(run(serde_json::json!({ "userAgent": "mine" }), body), "mine");
    let body = "http.get(T); http.get(T, { throw: false });";
    let text = run(serde_json::json!({ "throw": true, "blacklistIPs": ["127.0.0.0/8"] }), body);
    assert!(text.starts_with("Error: ") && !text.contains("Request Failed"), "{text}");
}

#[test]
fn connections_are_kept_unless_the_options_say_otherwise() {
    for (options, connections) in
        [("", 1), ("noConnectionReuse: true,", 4), ("noVUConnectionReuse: true,", 2), ("rps: 1000,", 1)]
    {
        let target = mirror();
        let script = format!(
            "import http from 'k6/http'; export const options = {{ {options} iterations: 2 }};
             export default function () {{ http.get(__ENV.T); http.get(__ENV.T); }}"
        );
        assert_eq!(Script::new(script).env("T", &target.url()).run().sum("http_reqs"), 4.0);
        assert_eq!(target.connections(), connections, "{options}");
    }
}

#[test]
fn requests_of_a_second_can_be_limited() {
    let target = mirror();
    let script = Script::of_body(HEAD, "for (let n = 0; n < 4; n++) http.get(T);").env("T", &target.url());
    let ran = script.flags(serde_json::json!({ "rps": 50 })).run();
    assert!(ran.seconds() >= 0.06, "{}", ran.seconds());
}

#[test]
fn debug_output_shows_requests_without_secrets() {
    let target = mirror();
    let body = "http.post(`${T}/json`, 'sent', { headers: { authorization: 'secret', a: 'b' } });";
    for (mode, bodies) in [("full", true), ("headers", false)] {
        let script = Script::of_body(HEAD, body).env("T", &target.url());
        let text = script.flags(serde_json::json!({ "httpDebug": mode })).run().text();
        assert!(
            text.starts_with("Request:\nPOST /json\n") && text.contains("\nResponse:\nHTTP/1.1 200 OK\n"),
            "{text}"
        );
        assert!(
            text.contains("\nAuthorization: ***\n") && text.contains("\nA: b\n") && !text.contains("secret"),
            "{text}"
        );
        assert_eq!((text.contains("\nsent"), text.contains("deep")), (bodies, bodies), "{text}");
    }
}
