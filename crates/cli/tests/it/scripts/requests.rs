//! A request goes over the wire as k6 sends it.

use crate::run::{Run, said_by};
use crate::target::{GZIPPED, Target, answer, mirror};

/// Runs each body with the mirror's address as `T`, and compares what is said.
fn check(table: &[(&str, &str)]) {
    let target = mirror();
    for (body, expected) in table {
        let script = format!(
            "import http from 'k6/http'; const T = __ENV.T; export const options = {{ userAgent: 'fc' }};
             const show = (res) => console.log(res.body.trim());
             export default function () {{ {body} }}"
        );
        let text = said_by(Run::new().script(&script).arg("-e").arg(&format!("T={}", target.url())));
        assert_eq!(text.trim_end().replace(&target.address(), "<host>"), *expected, "{body}");
    }
}

#[test]
fn every_method() {
    check(&[
        ("show(http.get(`${T}/a?b=c d#e`));", "GET /a?b=c%20d HTTP/1.1\nHost: <host>\nUser-Agent: fc"),
        ("console.log(http.head(T).status, http.head(T).body === '');", "200 true"),
        (
            "show(http.post(`${T}/a`, 'text'));",
            "POST /a HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 4\n\ntext",
        ),
        ("show(http.put(`${T}/a`));", "PUT /a HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 0"),
        (
            "show(http.patch(T, new Uint8Array([65, 66]).buffer));",
            "PATCH / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 2\n\nAB",
        ),
        (
            "show(http.del(T, 'x'));",
            "DELETE / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 1\n\nx",
        ),
        ("show(http.options(T));", "OPTIONS / HTTP/1.1\nHost: <host>\nUser-Agent: fc"),
        (
            "show(http.request('GET', T, 'with'));",
            "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 4\n\nwith",
        ),
        (
            "http.asyncRequest('POST', T, 'x').then((res) => console.log(res.request.method, res.status));",
            "POST 200",
        ),
    ]);
}

#[test]
fn headers() {
    check(&[
        (
            "show(http.get(T, { headers: { 'x-a': 1, 'CONTENT-type': true, 'user-agent': 'own', host: 'shop.test' } }));",
            "GET / HTTP/1.1\nHost: shop.test\nUser-Agent: own\nX-A: 1\nContent-Type: true",
        ),
        (
            "show(http.post(T, 'abc', { headers: { 'Content-Length': '7' } }));",
            "the header Content-Length: 7 was dropped: the body has 3 bytes\nPOST / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Length: 3\n\nabc",
        ),
        (
            // It is a secret, and not shown.
            "const { body } = http.get(T.replace('://', '://ann:secret@')); console.log(body.endsWith('Basic YW5uOnNlY3JldA==\\n') || body);",
            "true",
        ),
    ]);
}

#[test]
fn forms_and_files() {
    check(&[
        ("show(http.post(T, { b: 'x y', a: [1, 2], none: null, c: true }));",
         "POST / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 26\n\na=1&a=2&b=x+y&c=true&none="),
        ("const res = http.post(T, { f: http.file('data', 'f.txt', 'text/plain'), g: http.file(new Uint8Array([1]).buffer), n: 1 });
          const b = /boundary=(\\w+)/.exec(res.body)[1]; console.log(res.body.split('\\n\\n').slice(1).join('\\n\\n').replaceAll(b, 'B').replace(/\\d{19}/, 'NANOS').replaceAll('\\r', '').replace('\\x01', '1'));",
         "--B\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\nContent-Type: text/plain\n\ndata\n--B\nContent-Disposition: form-data; name=\"g\"; filename=\"NANOS\"\nContent-Type: application/octet-stream\n\n1\n--B\nContent-Disposition: form-data; name=\"n\"\n\n1\n--B--"),
        ("http.post(T, { o: { x: 1 } }); console.log('sent');", "form field 'o' is an object or array and was sent empty: give a string, or JSON.stringify it\nsent"),
        ("show(http.post(T, JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } }));",
         "POST / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nContent-Type: application/json\nContent-Length: 7\n\n{\"a\":1}"),
    ]);
}

#[test]
fn compressed_bodies_and_answers() {
    check(&[
        (
            "const res = http.post(T, 'a'.repeat(1000), { compression: 'gzip' }); console.log(/Content-Encoding: gzip/.test(res.body), /Content-Length: \\d\\d\\n/.test(res.body));",
            "true true",
        ),
        ("show(http.get(`${T}/gzip`));", "hello gzip"),
        ("console.log(http.get(`${T}/gzip`).headers['Content-Length']);", &GZIPPED.len().to_string()),
    ]);
}

#[test]
fn cookies() {
    check(&[
        ("http.get(`${T}/cookies`); show(http.get(T));", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nCookie: fresh=1; old=2"),
        ("http.cookieJar().set(T, 'j', 1); show(http.get(T, { cookies: { j: 2, k: 3 } }));", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nCookie: j=2; k=3; j=1"),
        ("http.cookieJar().set(T, 'j', 1); show(http.get(T, { cookies: { j: { value: 2, replace: true } } }));", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nCookie: j=2"),
        ("http.get(T, { cookies: { k: 3 } }); show(http.get(T));", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc"),
        ("const jar = new http.CookieJar(); jar.set(T, 'own', 'x'); show(http.get(T, { jar })); console.log(http.cookieJar().cookiesForURL(T));", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc\nCookie: own=x\n{}"),
        ("const jar = http.cookieJar(); jar.set(T, 'a', '1', { path: '/deep' }); jar.set(T, 'b', '2', { secure: true }); jar.set(T, 'c', '3'); jar.set(T, 'd', 4, { max_age: 60 });
          console.log(jar.cookiesForURL(`${T}/deep/er`)); jar.delete(T, 'c'); console.log(jar.cookiesForURL(T)); jar.clear(T); console.log(jar.cookiesForURL(T));",
         "{ a: [ '1' ], c: [ '3' ], d: [ '4' ] }\n{ d: [ '4' ] }\n{}"),
        ("const c = http.get(`${T}/cookies`).cookies; console.log(c.fresh[0], c.old[0].max_age);",
         "{ name: 'fresh', value: '1', domain: '', path: '/', http_only: true, secure: false, max_age: 0, expires: -62135596800000 } 60"),
    ]);
}

#[test]
fn cookies_last_for_one_iteration_unless_told_otherwise() {
    let target = mirror();
    for (args, expected) in [("", "0\n0\n"), ("K6_NO_COOKIES_RESET", "0\n1\n")] {
        let script = "import http from 'k6/http'; export const options = { iterations: 2 };
            export default function () { console.log(Object.keys(http.cookieJar().cookiesForURL(__ENV.T)).length / 2); http.get(`${__ENV.T}/cookies`); }";
        let run = Run::new().script(script).env("T", &target.url());
        assert_eq!(said_by(if args.is_empty() { run } else { run.env(args, "true") }), expected);
    }
}

#[test]
fn redirects() {
    check(&[
        (
            "const res = http.get(`${T}/redirect/3`); console.log(res.status, res.url, res.body);",
            "200 http://<host>/redirect/0 arrived",
        ),
        (
            "const res = http.get(`${T}/redirect/3`, { redirects: 1 }); console.log(res.status, res.url, res.headers.Location);",
            "302 http://<host>/redirect/2 /redirect/1",
        ),
        ("console.log(http.get(`${T}/redirect/3`, { redirects: 0 }).url);", "http://<host>/redirect/3"),
        (
            "console.log(http.get(`${T}/redirect/12`).status);",
            "stopped after 10 redirects: http://<host>/redirect/2\n302",
        ),
    ]);
    let target = mirror();
    let script = "import http from 'k6/http'; export const options = { maxRedirects: 1, thresholds: {
          http_reqs: ['count==2'], 'http_reqs{status:302}': ['count==2'], http_req_failed: ['rate==0'] } };
        export default function () { console.log(http.get(`${__ENV.T}/redirect/5`).status); }";
    let outcome = Run::new().script(script).env("T", &target.url()).talk_only().go();
    assert_eq!((outcome.code, outcome.stdout.ends_with("302\n")), (Some(0), true), "{outcome:?}");
}

#[test]
fn digest_authentication() {
    check(&[(
        "const res = http.get(`${T}/digest`.replace('://', '://ann:secret@'), { auth: 'digest' }); console.log(res.status, res.body);",
        "200 come in",
    )]);
}

#[test]
fn a_wrong_parameter_is_an_error_of_the_answer() {
    let table = [
        ("http.get(T, { tags: { a: {} } })", "a"),
        ("http.get(T, { timeout: 'soon' })", "soon"),
        ("http.get(T, { responseType: 'xml' })", "xml"),
        ("http.get(T, { headers: { 'a b': 1 } })", "a b"),
        ("http.post(T, [1])", "unknown request body type"),
        ("http.get('http://[no')", "invalid URL"),
        ("http.get('ftp://x')", "ftp"),
        ("http.get()", "URL"),
        ("http.batch([T, ['GET', T, null, { compression: 'zip' }]])[1]", "zip"),
    ];
    let target = mirror();
    for (call, named) in table {
        for throw in [false, true] {
            let script = format!(
                "import http from 'k6/http'; const T = __ENV.T; export const options = {{ throw: {throw} }};
                 export default function () {{ try {{ const res = {call}; console.log('answer', res.status, res.error); }} catch (e) {{ console.log('thrown', e.message); }} }}"
            );
            let text = said_by(Run::new().script(&script).env("T", &target.url()));
            let last = text.lines().last().unwrap();
            assert!(
                last.starts_with(if throw { "thrown " } else { "answer 0 " }) && last.contains(named),
                "{call} {throw}: {text}"
            );
            assert!(throw != text.starts_with("Request Failed error=\""), "{call}: {text}");
        }
    }
    assert_eq!(target.requests(), 0, "no part of a wrong batch is sent");
}

#[test]
fn batches() {
    check(&[
        ("const [a, b, c, d] = http.batch([`${T}/1`, ['POST', `${T}/2`, 'x', { headers: { a: 'b' } }], { method: 'put', url: `${T}/3`, body: 'y' }, http.url`${T}/${4}`]);
          for (const res of [a, b, c, d]) console.log(res.request.method, res.url, res.request.body);",
         "GET http://<host>/1 \nPOST http://<host>/2 x\nPUT http://<host>/3 y\nGET http://<host>/4"),
        ("const r = http.batch({ one: `${T}/status/201`, two: { url: `${T}/status/404`, params: { tags: { a: 'b' } } } }); console.log(Object.keys(r), r.one.status, r.two.status);", "[ 'one', 'two' ] 201 404"),
        ("show(http.batch([{ url: T, body: 'dropped' }])[0]);", "GET / HTTP/1.1\nHost: <host>\nUser-Agent: fc"),
        ("console.log(http.batch([]), http.batch({}));", "[] {}"),
    ]);
    let target = mirror();
    let script = "import http from 'k6/http';
        export default function () { const all = http.batch(Array(12).fill(`${__ENV.T}/together/${__ENV.N}`)); console.log(all.every((r) => r.status === 200)); }";
    for (args, at_once) in
        [("", 6), ("--batch-per-host 2", 2), ("--batch 1", 1), ("--batch 4", 4), ("--batch-per-host 0", 12)]
    {
        // As many as are there at once have a connection each, and nothing is answered before they are.
        let before = target.connections();
        let run = Run::new().script(script).args(args).env("T", &target.url()).env("N", &at_once.to_string());
        assert_eq!(said_by(run), "true\n", "{args}");
        assert_eq!(target.connections() - before, at_once, "{args}");
    }
}

#[test]
fn names_are_tags() {
    let target = mirror();
    let script = "import http from 'k6/http'; const T = __ENV.T;
        export const options = { thresholds: {
          'http_reqs{name:${}/${}/item}': ['count==2'], 'http_reqs{name:own}': ['count==1'], 'http_reqs{url:own}': ['count==1'],
          'http_reqs{method:POST}': ['count==1'], 'http_reqs{own:tag}': ['count==1'], 'http_reqs{n:1}': ['count==1'], 'http_reqs{status:404}': ['count==1'],
          'http_reqs{expected_response:false}': ['count==1'], 'http_req_failed{name:own}': ['rate==1'], 'http_reqs{proto:HTTP/1.1}': ['count==4'] } };
        export default function () {
          for (const id of [1, 2]) http.get(http.url`${T}/${id}/item`);
          http.get(`${T}/status/404`, { tags: { name: 'own' } });
          http.post(T, null, { tags: { own: 'tag', n: 1 } });
          console.log(JSON.stringify(http.url`a${1}b${'c'}`));
        }";
    let outcome = Run::new().script(script).env("T", &target.url()).talk_only().go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "{\"name\":\"a${}b${}\",\"url\":\"a1bc\"}\n");
}

#[test]
fn bytes_are_those_on_the_wire() {
    let target = Target::answering(|_| answer(200, &[("X-Filler", "some text")], "a".repeat(12_345)));
    let script = "import http from 'k6/http'; export const options = { vus: 3, iterations: 30 };
        export default function () { http.post(`${__ENV.T}/path?q=1`, 'b'.repeat(100 + __ITER)); }";
    let outcome =
        Run::new().script(script).env("T", &target.url()).talk_only().args("--summary-export s.json").go();
    let metrics = &outcome.json("s.json")["metrics"];
    let counted = (
        metrics["data_sent"]["count"].as_u64().unwrap(),
        metrics["data_received"]["count"].as_u64().unwrap(),
    );
    assert_eq!((counted, target.requests()), (target.bytes(), 30));
}
