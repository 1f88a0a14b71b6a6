//! `k6/http` on its way back: fields of responses, `json()`, errors and their codes, what is expected.

use crate::harness::Script;
use crate::mirror::{HEAD, check, mirror, say};

#[test]
fn every_field() {
    check(&[
        (
            "const r = http.get(`${T}/a`); console.log(r.status, r.status_text, r.proto, r.url, r.error, r.error_code);",
            "200 200 OK HTTP/1.1 http://<host>/a  0",
        ),
        (
            "const r = http.get(T); console.log(r.remote_ip, `${r.remote_ip}:${r.remote_port}` === T.slice(7), r.tls_version === '', r.tls_cipher_suite === '');",
            "127.0.0.1 true true true",
        ),
        ("const r = http.get(T); console.log(r.headers['X-Many'], Number(r.headers['Content-Length']) === r.body.length, Object.keys(r.headers));", "1, 2 true [ 'X-Many', 'Content-Length' ]"),
        (
            "console.log(http.post(`${T}/b`, 'x', { headers: { a: 1 } }).request);",
            "{ method: 'POST', url: 'http://<host>/b', headers: { User-Agent: [ 'fc' ], A: [ '1' ] }, body: 'x', cookies: {} }",
        ),
        (
            "const c = http.get(`${T}/cookies`).cookies; console.log(c.a, c.b[0].max_age);",
            "[ { name: 'a', value: '1', domain: '', path: '/', http_only: true, secure: false, max_age: 0, expires: -62135596800000 } ] 60",
        ),
        (
            "const { timings } = http.get(`${T}/slow/20`); console.log(Object.keys(timings).join());
             console.log(timings.waiting >= 19, timings.duration >= timings.waiting, timings.connecting > 0, timings.looking_up);",
            "duration,blocked,looking_up,connecting,tls_handshaking,sending,waiting,receiving\ntrue true true 0",
        ),
        (
            "console.log(http.get(T).ocsp);",
            "{ produced_at: 0, this_update: 0, next_update: 0, revoked_at: 0, revocation_reason: '', status: '' }",
        ),
        (
            "console.log(Object.keys(JSON.parse(JSON.stringify(http.get(T)))).join());",
            "remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request",
        ),
    ]);
}

#[test]
fn bodies_come_in_the_type_that_was_asked_for() {
    check(&[
        (
            "const b = http.get(`${T}/bytes`, { responseType: 'binary' }).body; console.log(b instanceof ArrayBuffer, new Uint8Array(b).join());",
            "true 0,255,7",
        ),
        (
            "console.log(http.get(`${T}/gzip`).body, http.get(T, { responseType: 'none' }).body);",
            "hello gzip null",
        ),
        (
            "console.log(http.get(`${T}/status/200`).body === '', http.get(`${T}/status/204`).body);",
            "true null",
        ),
        ("console.log(http.head(T).body === '');", "true"),
    ]);
}

#[test]
fn json_whole_and_by_path() {
    check(&[
        (
            "const r = http.get(`${T}/json`); console.log(r.json(), r.json() === r.json());",
            "{ a: { b: [ 1, { c: 'deep' } ] }, n: null } true",
        ),
        (
            "const r = http.get(`${T}/json`); console.log(r.json('a.b.1.c'), r.json('a.b.#'), r.json('n'), r.json('no.such'), r.json(7));",
            "deep 2 null undefined undefined",
        ),
        ("console.log(http.get(`${T}/broken`).json('a'));", "undefined"),
        (
            "console.log(thrown(() => http.get(`${T}/broken`).json()).slice(0, 70));",
            "SyntaxError: cannot parse json due to an error at line 2, character 2,",
        ),
        (
            "console.log(thrown(() => http.get(T, { responseType: 'none' }).json()).slice(0, 30));",
            "SyntaxError: cannot parse json",
        ),
    ]);
}

#[test]
fn failed_requests_have_an_error_with_a_code() {
    let refused = "Request Failed error=\"GET http://127.0.0.1:1/: dial: connection refused\"";
    let failed =
        |path: &str, error: &str| format!("Request Failed error=\"GET http://<host>{path}: {error}\"");
    check(&[
        (
            "const r = http.get('http://127.0.0.1:1/?secret=1'); console.log(r.status, r.error_code, r.error, r.body, r.status_text === '', r.proto === '');",
            &format!("{refused}\n0 1212 dial: connection refused null true true"),
        ),
        (
            "const r = http.get(`${T}/slow/400`, { timeout: 20 }); console.log(r.status, r.error_code, r.error, r.timings.duration >= 19);",
            &format!("{}\n0 1050 request timeout true", failed("/slow/400", "request timeout")),
        ),
        (
            "console.log(http.get(`${T}/slow/400`, { timeout: '20ms' }).error_code);",
            &format!("{}\n1050", failed("/slow/400", "request timeout")),
        ),
        (
            "const r = http.get(`${T}/status/404`); console.log(r.status, r.error_code, r.error === '');",
            "404 1404 true",
        ),
        (
            "console.log(http.get(`${T}/status/599`).error_code, http.get(`${T}/status/399`).error_code);",
            "1599 0",
        ),
        (
            "const r = http.get(`${T}/spoilt`); console.log(r.status, r.error_code);",
            &format!("{}\n0 1701", failed("/spoilt", "gzip: unexpected end of file")),
        ),
        (
            "const r = http.get(`${T}/hang-up`); console.log(r.status, r.error_code, r.error);",
            &format!("{}\n0 1000 EOF", failed("/hang-up", "EOF")),
        ),
        (
            "console.log(thrown(() => http.get(`${T}/status/101`)));",
            "Error: unsupported response status: 101 Switching Protocols",
        ),
        (
            "console.log(thrown(() => http.get('http://127.0.0.1:1', { throw: true })));",
            "Error: dial: connection refused",
        ),
    ]);
}

#[test]
fn what_options_forbid_is_not_dialled() {
    let target = mirror();
    for (options, url, code) in [
        (serde_json::json!({ "blacklistIPs": ["127.0.0.0/8"] }), "T", "1110"),
        (serde_json::json!({ "blockHostnames": ["*.test"] }), "'http://shop.test'", "1111"),
        (serde_json::json!({ "hosts": { "shop.test": target.address() } }), "'http://shop.test'", "0"),
    ] {
        let script = Script::of_body(HEAD, &format!("console.log(http.get({url}).error_code);"));
        let text = script.env("T", &target.url()).flags(options).run().text();
        assert_eq!(text.lines().last(), Some(code), "{text}");
    }
    assert_eq!(target.requests().len(), 1);
    assert_eq!(target.requests()[0].header("host"), Some("shop.test"));
}

#[test]
fn what_is_expected_decides_what_has_failed() {
    let target = mirror();
    let get = "const get = (status, params) => http.get(`${T}/status/${status}`, params);";
    for (body, failed, samples) in [
        ("get(200); get(399); get(400); get(500);", 2.0, 4.0),
        (
            "http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 599 })); get(404); get(503); get(200);",
            1.0,
            3.0,
        ),
        ("http.setResponseCallback(null); get(500); get(200);", 0.0, 0.0),
        ("get(404, { responseCallback: http.expectedStatuses(404) }); get(404);", 1.0, 2.0),
        ("get(404, { responseCallback: null }); get(404);", 1.0, 1.0),
        ("http.get('http://127.0.0.1:1');", 1.0, 1.0),
    ] {
        let ran = Script::of_body(&format!("{HEAD}{get}"), body).env("T", &target.url()).run();
        assert_eq!(ran.sum("http_req_failed"), failed, "{body}");
        let rate = ran.stat("http_req_failed", "rate");
        assert_eq!(rate.unwrap_or_default(), if samples == 0.0 { 0.0 } else { failed / samples }, "{body}");
    }
    let error = |call: &str| say(&target, &format!("console.log(thrown(() => {call}));"));
    assert_eq!(error("http.expectedStatuses()"), "TypeError: expectedStatuses needs at least one argument");
    for wrong in ["'x'", "2.5", "1000", "{ min: 1 }", "null"] {
        assert_eq!(
            error(&format!("http.expectedStatuses(200, {wrong})")),
            "TypeError: argument 2 of expectedStatuses must be a status or an object {min, max}"
        );
    }
    assert_eq!(
        error("http.setResponseCallback(200)"),
        "TypeError: a response callback is what http.expectedStatuses() returns, or null"
    );
}

#[test]
fn constants() {
    let body = "console.log(http.TLS_1_0, http.TLS_1_3, http.OCSP_STATUS_SERVER_FAILED, http.OCSP_REASON_KEY_COMPROMISE);";
    check(&[(body, "tls1.0 tls1.3 server_failed key_compromise")]);
}
