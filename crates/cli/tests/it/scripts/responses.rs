//! A response shows a script what came back.

use crate::run::{Run, said_by};
use crate::target::mirror;

/// Runs each body with the mirror's address as `T`, and compares what is said.
fn check(table: &[(&str, &str)]) {
    let target = mirror();
    for (body, expected) in table {
        let script =
            format!("import http from 'k6/http'; const T = __ENV.T; export default function () {{ {body} }}");
        let text = said_by(Run::new().script(&script).env("T", &target.url()));
        assert_eq!(text.trim_end().replace(&target.address(), "<host>"), *expected, "{body}");
    }
}

#[test]
fn fields() {
    check(&[
        (
            "const r = http.get(`${T}/status/404`); console.log(r.status, r.status_text, r.proto, r.url, r.error, r.error_code, r.remote_ip, r.remote_port > 0);",
            "404 404 Not Found HTTP/1.1 http://<host>/status/404  1404 127.0.0.1 true",
        ),
        (
            "console.log(http.get(T).headers['X-Many'], Object.keys(http.get(T).headers));",
            "1, 2 [ 'X-Many', 'Content-Length' ]",
        ),
        ("const r = http.get(`${T}/status/204`); console.log(r.status, r.body);", "204 null"),
        (
            "const t = http.get(`${T}/slow/30`).timings; console.log(Object.keys(t).sort(), t.waiting >= 29, t.blocked >= t.connecting, t.connecting > 0, t.looking_up, t.tls_handshaking, Math.abs(t.duration - t.sending - t.waiting - t.receiving) < 1e-6);",
            "[ 'blocked', 'connecting', 'duration', 'looking_up', 'receiving', 'sending', 'tls_handshaking', 'waiting' ] true true true 0 0 true",
        ),
        (
            "const r = http.get(T, { headers: { 'x-a': 'b' } }).request; console.log(r.method, r.url, r.headers['X-A'], r.body);",
            "GET http://<host> [ 'b' ]",
        ),
        ("console.log(http.post(T, 'sent').request.body);", "sent"),
    ]);
}

#[test]
fn a_response_can_be_written_as_json() {
    check(&[
        (
            "const r = JSON.parse(JSON.stringify(http.get(`${T}/json`))); console.log(Object.keys(r).join());",
            "remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request",
        ),
        (
            "const { status, body } = http.get(`${T}/status/200`); console.log(status, body === '');",
            "200 true",
        ),
    ]);
}

#[test]
fn json() {
    check(&[
        (
            "const r = http.get(`${T}/json`); console.log(r.json(), r.json() === r.json());",
            "{ a: { b: [ 1, { c: 'deep' } ] }, n: null } true",
        ),
        (
            "const r = http.get(`${T}/json`); console.log(r.json('a.b.1.c'), r.json('a.b.#'), r.json('n'), r.json('no.such'), r.json('a.b.0'));",
            "deep 2 null undefined 1",
        ),
        ("const r = http.get(`${T}/broken`); console.log(r.json('a'));", "undefined"),
        (
            "try { http.get(`${T}/broken`).json(); } catch (e) { console.log(e.message.slice(0, 57)); }",
            "cannot parse json due to an error at line 2, character 2,",
        ),
        ("try { http.get(`${T}/status/204`).json(); } catch (e) { console.log('no body'); }", "no body"),
    ]);
}

#[test]
fn bodies_in_the_type_that_was_asked_for() {
    check(&[
        (
            "const b = http.get(`${T}/binary`, { responseType: 'binary' }).body; console.log(b instanceof ArrayBuffer, new Uint8Array(b).join());",
            "true 0,255,7",
        ),
        ("console.log(http.get(T, { responseType: 'none' }).body);", "null"),
    ]);
    let target = mirror();
    let script = "import http from 'k6/http'; export const options = { discardResponseBodies: true };
        export default function () { console.log(http.get(__ENV.T).body, http.get(`${__ENV.T}/gzip`, { responseType: 'text' }).body); }";
    assert_eq!(said_by(Run::new().script(script).env("T", &target.url())), "null hello gzip\n");
}

#[test]
fn requests_side_by_side() {
    check(&[
        (
            "Promise.all([1, 2, 3].map(() => http.asyncRequest('GET', `${T}/together/3`))).then((all) => console.log(all.map((r) => r.body)));",
            "[ 'all there', 'all there', 'all there' ]",
        ),
        (
            "http.asyncRequest('GET', `${T}/slow/30`).then((r) => console.log('then', r.status)); console.log(http.get(T).status);",
            "200\nthen 200",
        ),
        ("setTimeout(() => console.log(http.get(T).status), 1);", "200"),
    ]);
}

#[test]
fn what_is_expected_decides_what_has_failed() {
    let target = mirror();
    let run = |body: &str, thresholds: &str| {
        let script = format!(
            "import http from 'k6/http'; const T = __ENV.T; const get = (status, params) => http.get(`${{T}}/status/${{status}}`, params);
             export const options = {{ thresholds: {{ {thresholds} }} }}; export default function () {{ {body} }}"
        );
        let outcome = Run::new()
            .script(&script)
            .env("T", &target.url())
            .talk_only()
            .args("--summary-export s.json")
            .go();
        assert_eq!(outcome.code, Some(0), "{body} {outcome:?}");
        outcome.json("s.json")["metrics"].clone()
    };
    run(
        "get(200); get(399); get(404); get(500);",
        "http_req_failed: ['rate==0.5'], 'http_reqs{expected_response:true}': ['count==2']",
    );
    run(
        "http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 599 })); get(404); get(503); get(200); get(200, { responseCallback: http.expectedStatuses(200) });",
        "http_req_failed: ['rate==0.25']",
    );
    let metrics = run(
        "http.setResponseCallback(null); get(500); get(500, { responseCallback: http.expectedStatuses(500) });",
        "http_reqs: ['count==2']",
    );
    assert_eq!(
        (&metrics["http_req_failed"]["passes"], &metrics["http_req_failed"]["fails"]),
        (&0.into(), &1.into())
    );
    let metrics = run("get(500, { responseCallback: null });", "");
    assert!(metrics["http_req_failed"].is_null(), "{metrics}");
    check(&[
        (
            "try { http.expectedStatuses(); } catch (e) { console.log(e.message); }",
            "expectedStatuses needs at least one argument",
        ),
        (
            "try { http.expectedStatuses(200, 'x'); } catch (e) { console.log(e.message); }",
            "argument 2 of expectedStatuses must be a status or an object {min, max}",
        ),
        (
            "try { http.setResponseCallback(200); } catch (e) { console.log(e.message); }",
            "a response callback is what http.expectedStatuses() returns, or null",
        ),
    ]);
}

#[test]
fn errors_are_answers_unless_they_are_to_be_thrown() {
    check(&[
        (
            "const r = http.get(`${T}/slow/5000`, { timeout: 50 }); console.log(r.status, r.error_code, r.error, r.body, r.status_text, r.proto);",
            "Request Failed error=\"GET http://<host>/slow/5000: request timeout\"\n0 1050 request timeout null",
        ),
        (
            "const r = http.get(`${T}/slow/5000`, { timeout: '50ms' }); console.log(r.error_code, r.timings.duration >= 49, r.headers, r.cookies);",
            "Request Failed error=\"GET http://<host>/slow/5000: request timeout\"\n1050 true {} {}",
        ),
        (
            "try { http.get(`${T}/slow/5000`, { timeout: 50, throw: true }); } catch (e) { console.log(e instanceof Error, e.message.includes('request timeout')); }",
            "true true",
        ),
        (
            "http.asyncRequest('GET', `${T}/slow/5000`, null, { timeout: 50, throw: true }).catch((e) => console.log(e.message.includes('request timeout')));",
            "true",
        ),
    ]);
    let text = said_by(
        Run::new().script("import http from 'k6/http'; http.get('http://x.test'); export default () => {};"),
    );
    assert!(text.contains("making http requests in the init context is not supported"), "{text}");
}

#[test]
fn a_copy_of_a_response_has_its_methods() {
    let target = mirror();
    let script = "import http from 'k6/http';
        export default function () {
          const res = http.get(`${__ENV.T}/json`);
          const copy = { ...res };
          console.log(JSON.stringify(copy.json()) === JSON.stringify(res.json()), copy.status === res.status, typeof copy.html);
          const bytes = { ...http.get(`${__ENV.T}/json`, { responseType: 'binary' }) };
          console.log(JSON.stringify(bytes.json()) === JSON.stringify(res.json()));
        }";
    let found = said_by(Run::new().script(script).env("T", &target.url()));
    assert_eq!(found, "true true function\ntrue\n");
}

#[test]
fn bodies_in_every_coding_of_node_are_unpacked() {
    let Some(peers) = crate::dynamodb::peers::Peers::get() else { return };
    let server = peers.codings();
    let script = "import http from 'k6/http';
        export default function () {
          for (const coding of ['gzip', 'deflate', 'br', 'zstd', 'br,gzip', 'gzip,zstd']) {
            const r = http.get(`${__ENV.URL}/${coding}`, { headers: { 'Accept-Encoding': 'gzip, deflate, br, zstd' } });
            console.log(coding, r.status, r.json('names.499'), r.headers['Content-Encoding']);
          }
        }";
    let outcome = Run::new().script(script).env("URL", server.url()).talk_only().go();
    for coding in ["gzip", "deflate", "br", "zstd", "br,gzip", "gzip,zstd"] {
        let line = format!("{coding} 200 상품 499 {}", coding.replace(',', ", "));
        assert!(outcome.stdout.contains(&line), "{line}: {outcome:?}");
    }
}
