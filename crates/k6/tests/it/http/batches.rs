//! `http.batch` and `http.asyncRequest`: requests side by side.

use crate::harness::Script;
use crate::mirror::{HEAD, check, mirror, say};
use crate::target::gathering;

#[test]
fn requests_of_every_form() {
    check(&[
        (
            "const all = http.batch([`${T}/1`, ['post', `${T}/2`, 'x', { headers: { a: 'b' } }], ['GET', `${T}/3`, 'dropped'],
               { method: 'put', url: `${T}/4`, body: 'y' }, { url: `${T}/5` }, http.url`${T}/${6}`]);
             console.log(Array.isArray(all));
             for (const { url, request: r } of all) console.log(r.method, url, r.body === '' ? '-' : r.body, r.headers.A?.[0]);",
            "true\nGET http://<host>/1 - undefined\nPOST http://<host>/2 x b\nGET http://<host>/3 - undefined\n\
             PUT http://<host>/4 y undefined\nGET http://<host>/5 - undefined\nGET http://<host>/6 - undefined",
        ),
        (
            "const { b, a } = http.batch({ b: `${T}/1`, a: ['HEAD', `${T}/2`] }); console.log(b.url, a.request.method);",
            "http://<host>/1 HEAD",
        ),
        ("console.log(http.batch([]).length, Object.keys(http.batch({})).length);", "0 0"),
        ("console.log(thrown(() => http.batch('a')));", "TypeError: batch takes an array or an object of requests"),
        ("console.log(thrown(() => http.batch()));", "TypeError: batch takes an array or an object of requests"),
    ]);
}

#[test]
fn limits_hold_for_all_and_for_each_host() {
    for (options, most) in
        [("", 6), ("batch: 2,", 2), ("batchPerHost: 1,", 1), ("batchPerHost: 0, batch: 0,", 9)]
    {
        let target = gathering(most);
        let head = HEAD.replace("userAgent", &format!("{options} userAgent"));
        let body =
            "console.log(http.batch(Array.from({ length: 9 }, () => T)).every((r) => r.status === 200));";
        assert_eq!(Script::of_body(&head, body).env("T", &target.url()).run().said, ["true"]);
        assert_eq!(target.most_under_way(), most, "{options}");
    }
}

#[test]
fn one_wrong_request_keeps_the_others_from_being_sent() {
    let target = mirror();
    let body = "const all = http.batch([T, ['GET', T, null, { compression: 'zip' }]]); console.log(all.map((r) => r.status), all[0].error);";
    let text = say(&target, body);
    assert!(text.ends_with("\n[ 0, 0 ] not sent, as another request of the batch is wrong"), "{text}");
    let script =
        Script::of_body(HEAD, body).env("T", &target.url()).flags(serde_json::json!({ "throw": true }));
    assert!(script.run().text().starts_with("Error: unknown compression algorithm 'zip'"));
    assert_eq!(target.requests().len(), 0);
    let text = say(&target, "console.log(thrown(() => http.batch([['GET']])[0].error)[1]);");
    assert!(
        text.ends_with("\na batch request in an array needs a method and a URL: [method, url, body, params]"),
        "{text}"
    );
}

#[test]
fn a_failed_request_of_a_batch_is_thrown_if_it_asks_for_that() {
    check(&[
        (
            "console.log(thrown(() => http.batch([T, ['GET', 'http://127.0.0.1:1', null, { throw: true }]])));",
            "Error: dial: connection refused",
        ),
        (
            "console.log(http.batch([T, 'http://127.0.0.1:1']).map((r) => r.error_code));",
            "Request Failed error=\"GET http://127.0.0.1:1/: dial: connection refused\"\n[ 0, 1212 ]",
        ),
    ]);
}

#[test]
fn asynchronous_requests_run_while_the_script_goes_on() {
    let target = gathering(3);
    let body = "const all = [1, 2, 3].map(() => http.asyncRequest('GET', T)); console.log(all[0] instanceof Promise);
                Promise.all(all).then((all) => console.log(all.map((r) => r.body)));";
    assert_eq!(say(&target, body), "true\n[ 'gathered', 'gathered', 'gathered' ]");
    assert_eq!(target.most_under_way(), 3);
    check(&[
        (
            "http.asyncRequest('POST', `${T}/a`, 'x', { headers: { a: 'b' } }).then(({ request: r }) => console.log(r.method, r.url, r.body, r.headers.A));",
            "POST http://<host>/a x [ 'b' ]",
        ),
        (
            "http.asyncRequest('GET', `${T}/slow/30`).then((r) => console.log('then', r.status)); console.log(http.get(T).status);",
            "200\nthen 200",
        ),
        (
            "http.asyncRequest('GET', 'http://127.0.0.1:1', null, { throw: true }).catch((e) => console.log(e.message));",
            "dial: connection refused",
        ),
        (
            "http.asyncRequest('GET', 'http://127.0.0.1:1').then((r) => console.log(r.error_code));",
            "Request Failed error=\"GET http://127.0.0.1:1/: dial: connection refused\"\n1212",
        ),
        (
            "http.asyncRequest('GET', T, null, { compression: 'zip' }).then((r) => console.log(r.status, r.error.slice(0, 19)));",
            "Request Failed error=\"GET http://<host>/: unknown compression algorithm 'zip': use gzip, deflate, zstd or br\"\n0 unknown compression",
        ),
    ]);
}
