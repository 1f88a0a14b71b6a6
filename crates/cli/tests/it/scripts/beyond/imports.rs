//! `flashcrowd import`: first scripts of what others recorded or described, which run at once.

use serde_json::json;

use crate::run::Run;
use crate::target::{Target, answer};

fn made(kind: &str, file: &str, text: &str) -> String {
    let outcome = Run::of(&format!("import {kind} {file}")).file(file, text).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.stdout
}

/// Runs a script once, and answers what was asked for.
fn asked(script: &str, env: &[(&str, &str)]) -> Vec<String> {
    let (send, receive) = std::sync::mpsc::channel();
    let send = std::sync::Mutex::new(send);
    let target = Target::answering(move |request| {
        let line = request.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let kind = request
            .head
            .lines()
            .find(|line| line.to_lowercase().starts_with("content-type"))
            .unwrap_or_default();
        let auth = request
            .head
            .lines()
            .find(|line| line.to_lowercase().starts_with("authorization"))
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let body = if kind.contains("multipart") {
            format!("{} bytes", body.contains("filename=\"a.txt\""))
        } else {
            body
        };
        send.lock().unwrap().send([line.as_str(), kind, auth, &body].join(" | ")).unwrap();
        answer(200, &[], "")
    });
    let run =
        Run::of("run -i 1 script.js").script(script).file("a.txt", "hello").env("BASE_URL", &target.url());
    let outcome = env.iter().fold(run, |run, (name, value)| run.env(name, value)).args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{script}\n{outcome:?}");
    assert!(outcome.stdout.contains("checks_failed......: 0.00%"), "{script}\n{outcome:?}");
    receive.try_iter().collect()
}

#[test]
fn a_recording_of_a_browser() {
    let entry = |at: &str, method: &str, url: &str, extra: serde_json::Value| {
        let mut entry = json!({ "pageref": "p1", "startedDateTime": at, "time": 100, "request": { "method": method, "url": url, "headers": [
            { "name": ":authority", "value": "shop.test" }, { "name": "Accept", "value": "application/json" }, { "name": "Cookie", "value": "a=b" }, { "name": "Authorization", "value": "Bearer s3cret" },
            { "name": "Content-Type", "value": "application/json" } ] }, "response": { "status": 200 } });
        entry["request"].as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
        entry
    };
    let har = json!({ "log": { "pages": [{ "id": "p1", "title": "The shop's front" }], "entries": [
        entry("2026-01-31T12:00:00.000Z", "GET", "https://shop.test/items?page=1#top", json!({})),
        entry("2026-01-31T12:00:00.200Z", "GET", "https://cdn.test/logo.png", json!({})),
        entry("2026-01-31T12:00:02.500+00:00", "POST", "https://shop.test/cart", json!({ "postData": { "mimeType": "application/json", "text": "{\"id\": 7, \"note\": \"it's `${x}`\"}" } })),
        entry("2026-01-31T12:00:02.700Z", "POST", "https://shop.test/form", json!({ "postData": { "mimeType": "application/x-www-form-urlencoded", "params": [{ "name": "a", "value": "b c" }] } })),
    ] } });
    let script = made("har", "shop.har", &har.to_string());
    insta::assert_snapshot!(script, @r#"
    // What a browser did, made of shop.har by flashcrowd import.
    // Left out: 1 request for images, styles, fonts and the like.

    import http from 'k6/http';
    import { check, group, sleep } from 'k6';

    const BASE_URL = __ENV.BASE_URL || 'https://shop.test';
    const AUTHORIZATION = __ENV.AUTHORIZATION || ''; // give it with -e AUTHORIZATION=...

    export const options = {
      vus: 1,
      duration: '10s',
      thresholds: {
        http_req_failed: ['rate<0.01'],
        http_req_duration: ['p(95)<500'],
      },
    };

    export default function () {
      group('The shop\'s front', () => {
        const res1 = http.get(
          `${BASE_URL}/items?page=1`,
          {
            headers: {
              Accept: 'application/json',
              Authorization: AUTHORIZATION,
              'Content-Type': 'application/json',
            },
            tags: { name: 'GET /items' },
          },
        );
        check(res1, { 'GET /items is 200': (r) => r.status === 200 });
        sleep(2.4);

        const res2 = http.post(
          `${BASE_URL}/cart`,
          JSON.stringify({ id: 7, note: 'it\'s `${x}`' }),
          {
            headers: {
              Accept: 'application/json',
              Authorization: AUTHORIZATION,
              'Content-Type': 'application/json',
            },
          },
        );
        check(res2, { 'POST /cart is 200': (r) => r.status === 200 });

        const res3 = http.post(
          `${BASE_URL}/form`,
          { a: 'b c' },
          { headers: { Accept: 'application/json', Authorization: AUTHORIZATION } },
        );
        check(res3, { 'POST /form is 200': (r) => r.status === 200 });
      });
    }
    "#);
    let found = asked(&script, &[("AUTHORIZATION", "Bearer mine")]);
    insta::assert_snapshot!(found.join("\n"), @r#"
    GET /items?page=1 | Content-Type: application/json | Authorization: Bearer mine | 
    POST /cart | Content-Type: application/json | Authorization: Bearer mine | {"id":7,"note":"it's `${x}`"}
    POST /form | Content-Type: application/x-www-form-urlencoded | Authorization: Bearer mine | a=b+c
    "#);
}

#[test]
fn what_a_service_says_of_itself() {
    let yaml = "
openapi: 3.0.3
info: { title: Shop }
servers: [{ url: 'https://{where}.shop.test/v1/', variables: { where: { default: api } } }]
security: [{ bearer: [] }]
paths:
  /items/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, example: 42 } }]
    get:
      tags: [items]
      operationId: getItem
      parameters: [{ name: q, in: query, required: true, schema: { type: string } }, { name: opt, in: query, schema: { type: string } }]
      responses: { '200': { description: ok } }
  /orders:
    post:
      tags: [orders]
      summary: Place an order
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
      responses: { default: { description: ok } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
  schemas:
    Order: { type: object, properties: { id: { type: string, readOnly: true }, items: { type: array, items: { type: integer } }, gift: { type: boolean, default: false } } }
";
    let script = made("openapi", "shop.yaml", yaml);
    insta::assert_snapshot!(script, @"
    // Shop, made of shop.yaml by flashcrowd import.

    import http from 'k6/http';
    import { check, group, sleep } from 'k6';

    const BASE_URL = __ENV.BASE_URL || 'https://api.shop.test';
    const TOKEN = __ENV.TOKEN || ''; // give it with -e TOKEN=...

    export const options = {
      vus: 1,
      duration: '10s',
      thresholds: {
        http_req_failed: ['rate<0.01'],
        http_req_duration: ['p(95)<500'],
      },
    };

    export default function () {
      group('items', () => {
        const res1 = http.get(
          `${BASE_URL}/v1/items/42?q=text`,
          { headers: { Authorization: `Bearer ${TOKEN}` }, tags: { name: 'getItem' } },
        );
        check(res1, { 'getItem is 200': (r) => r.status === 200 });
      });
      group('orders', () => {
        const res2 = http.post(
          `${BASE_URL}/v1/orders`,
          JSON.stringify({ items: [1], gift: false }),
          {
            headers: {
              'Content-Type': 'application/json',
              Authorization: `Bearer ${TOKEN}`,
            },
          },
        );
        check(res2, { 'Place an order succeeds': (r) => r.status >= 200 && r.status < 400 });
      });

      sleep(1);
    }
    ");
    let found = asked(&script, &[("TOKEN", "t")]);
    insta::assert_snapshot!(found.join("\n"), @r#"
    GET /v1/items/42?q=text |  | Authorization: Bearer t | 
    POST /v1/orders | Content-Type: application/json | Authorization: Bearer t | {"items":[1],"gift":false}
    "#);
    let swagger = json!({ "swagger": "2.0", "host": "shop.test", "basePath": "/v2", "schemes": ["http"], "paths": { "/login": { "post": {
        "parameters": [{ "name": "user", "in": "formData", "type": "string" }, { "name": "n", "in": "formData", "type": "integer" }], "responses": { "201": {} } } } } });
    let script = made("openapi", "shop.json", &swagger.to_string());
    assert!(script.contains("const BASE_URL = __ENV.BASE_URL || 'http://shop.test';"), "{script}");
    assert!(script.contains("http.post(`${BASE_URL}/v2/login`, { user: 'text', n: '1' })"), "{script}");
}

#[test]
fn a_collection() {
    let collection = json!({ "info": { "name": "Shop" }, "variable": [{ "key": "base-url", "value": "https://shop.test" }, { "key": "unused", "value": "1" }],
        "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "{{token}}" }] },
        "item": [
          { "name": "Orders", "item": [
            { "name": "Place", "event": [{ "listen": "test" }], "request": { "method": "POST", "url": { "raw": "{{base-url}}/orders/:id", "variable": [{ "key": "id", "value": "9" }] }, "header": [{ "key": "X-Id", "value": "{{$guid}}" }, { "key": "X-Off", "value": "1", "disabled": true }],
              "body": { "mode": "raw", "raw": "{\"a\": \"{{b}}\"}", "options": { "raw": { "language": "json" } } } } },
            { "name": "Send", "request": { "method": "POST", "url": "{{base-url}}/files", "body": { "mode": "formdata", "formdata": [{ "key": "f", "type": "file", "src": "a.txt" }, { "key": "t", "value": "x" }] } } } ] },
          { "name": "Front", "request": "https://shop.test/" } ] });
    let script = made("postman", "shop.json", &collection.to_string());
    insta::assert_snapshot!(script, @r#"
    // Shop, made of shop.json by flashcrowd import.
    // Scripts of the collection (tests, pre-request) are not taken over.

    import http from 'k6/http';
    import { check, group, sleep } from 'k6';

    const BASE_URL = __ENV.BASE_URL || 'https://shop.test';
    const b = __ENV.b || ''; // give it with -e b=...
    const base_url = __ENV.base_url || 'https://shop.test';
    const token = __ENV.token || ''; // give it with -e token=...
    const file1 = open('a.txt', 'b');

    export const options = {
      vus: 1,
      duration: '10s',
      thresholds: {
        http_req_failed: ['rate<0.01'],
        http_req_duration: ['p(95)<500'],
      },
    };

    export default function () {
      group('Orders', () => {
        const res1 = http.post(
          `${base_url}/orders/9`,
          `{"a": "${b}"}`,
          {
            headers: {
              'X-Id': String(crypto.randomUUID()),
              Authorization: `Bearer ${token}`,
              'Content-Type': 'application/json',
            },
            tags: { name: 'Place' },
          },
        );
        check(res1, { 'Place succeeds': (r) => r.status >= 200 && r.status < 400 });

        const res2 = http.post(
          `${base_url}/files`,
          { f: http.file(file1, 'a.txt'), t: 'x' },
          { headers: { Authorization: `Bearer ${token}` }, tags: { name: 'Send' } },
        );
        check(res2, { 'Send succeeds': (r) => r.status >= 200 && r.status < 400 });
      });

      const res3 = http.get(`${BASE_URL}/`, { headers: { Authorization: `Bearer ${token}` } });
      check(res3, { 'Front succeeds': (r) => r.status >= 200 && r.status < 400 });

      sleep(1);
    }
    "#);
    let target = Target::answering(|_| answer(200, &[], ""));
    let outcome = Run::of("run -i 1 script.js")
        .script(&script)
        .file("a.txt", "hello")
        .env("base_url", &target.url())
        .env("BASE_URL", &target.url())
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(target.requests(), 3);
}

#[test]
fn commands_of_curl() {
    let commands = "
# a comment
curl 'https://shop.test/items?a=1' -H 'Accept: application/json' --compressed -s
curl -X PUT https://shop.test/items/7 \\
  -H 'Content-Type: application/json' -H \"Authorization: Bearer s3cret\" \\
  --data-raw $'{\"name\":\"it\\'s\"}'
curl https://shop.test/login -d user=a -d 'password=b c' -u ann:pw -o /dev/null
curl -G https://shop.test/search --data-urlencode 'q=a b&c' ; curl -F 'f=@a.txt' -F t=x https://shop.test/files; curl -I shop.test/head";
    let script = made("curl", "commands.txt", commands);
    insta::assert_snapshot!(script, @r#"
    // Commands of curl, made of commands.txt by flashcrowd import.

    import http from 'k6/http';
    import { check, sleep } from 'k6';

    const BASE_URL = __ENV.BASE_URL || 'https://shop.test';
    const SHOP_TEST = __ENV.SHOP_TEST || 'http://shop.test';
    const AUTHORIZATION = __ENV.AUTHORIZATION || ''; // give it with -e AUTHORIZATION=...
    const BASIC_AUTHORIZATION = __ENV.BASIC_AUTHORIZATION || ''; // give it with -e BASIC_AUTHORIZATION=...
    const file1 = open('a.txt', 'b');

    export const options = {
      vus: 1,
      duration: '10s',
      thresholds: {
        http_req_failed: ['rate<0.01'],
        http_req_duration: ['p(95)<500'],
      },
    };

    export default function () {
      const res1 = http.get(
        `${BASE_URL}/items?a=1`,
        { headers: { Accept: 'application/json' }, tags: { name: 'GET /items' } },
      );
      check(res1, { 'GET /items succeeds': (r) => r.status >= 200 && r.status < 400 });

      const res2 = http.put(
        `${BASE_URL}/items/7`,
        JSON.stringify({ name: 'it\'s' }),
        {
          headers: { 'Content-Type': 'application/json', Authorization: AUTHORIZATION },
        },
      );
      check(res2, { 'PUT /items/7 succeeds': (r) => r.status >= 200 && r.status < 400 });

      const res3 = http.post(
        `${BASE_URL}/login`,
        'user=a&password=b c',
        {
          headers: {
            Authorization: BASIC_AUTHORIZATION,
            'Content-Type': 'application/x-www-form-urlencoded',
          },
        },
      );
      check(res3, { 'POST /login succeeds': (r) => r.status >= 200 && r.status < 400 });

      const res4 = http.get(`${BASE_URL}/search?q=a+b%26c`, { tags: { name: 'GET /search' } });
      check(res4, { 'GET /search succeeds': (r) => r.status >= 200 && r.status < 400 });

      const res5 = http.post(`${BASE_URL}/files`, { f: http.file(file1, 'a.txt'), t: 'x' });
      check(res5, { 'POST /files succeeds': (r) => r.status >= 200 && r.status < 400 });

      const res6 = http.head(`${SHOP_TEST}/head`);
      check(res6, { 'HEAD /head succeeds': (r) => r.status >= 200 && r.status < 400 });

      sleep(1);
    }
    "#);
    let found = asked(
        &script.replace("'http://shop.test'", "__ENV.BASE_URL"),
        &[("AUTHORIZATION", "Bearer mine"), ("BASIC_AUTHORIZATION", "Basic YTpi")],
    );
    insta::assert_snapshot!(found.join("\n"), @r#"
    GET /items?a=1 |  |  | 
    PUT /items/7 | Content-Type: application/json | Authorization: Bearer mine | {"name":"it's"}
    POST /login | Content-Type: application/x-www-form-urlencoded | Authorization: Basic YTpi | user=a&password=b c
    GET /search?q=a+b%26c |  |  | 
    POST /files | Content-Type: multipart/form-data |  | true bytes
    HEAD /head |  |  |
    "#);
}

#[test]
fn what_cannot_be_imported_says_why() {
    for (kind, text, words) in [
        ("har", "{}", "this is no HAR file: it has no log.entries"),
        ("har", "{\"log\":{\"entries\":[]}}", "there is no request in it"),
        ("openapi", "a: *x", "this is no OpenAPI document"),
        ("openapi", "{\"paths\":{}}", "there is no request in it"),
        ("postman", "[]", "this is no Postman collection"),
        ("curl", "wget x", "no line begins with curl"),
        ("curl", "curl 'x", "a quote (') is opened and never closed"),
        ("curl", "curl -X", "curl's option -X has no value"),
    ] {
        let outcome = Run::of(&format!("import {kind} file")).file("file", text).go();
        assert_eq!(outcome.code, Some(255), "{kind} {text}: {outcome:?}");
        assert!(outcome.stderr.contains(words), "{kind} {text}: {outcome:?}");
    }
    let outcome = Run::of("import curl - -o s.js").stdin("curl shop.test").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        std::fs::read_to_string(outcome.path("s.js")).unwrap().contains("http.get(BASE_URL)"),
        "{outcome:?}"
    );
    let outcome = Run::of("import curl - -o s.js").file("s.js", "").stdin("curl shop.test").go();
    assert!(outcome.code == Some(255) && outcome.stderr.contains("exists already"), "{outcome:?}");
}
