//! Samples of requests and the tags that they carry.

use crate::harness::Script;
use crate::mirror::{HEAD, mirror};

/// Runs a body with these thresholds over it, all of which must be met.
fn check(options: &str, body: &str, thresholds: &[&str]) {
    let target = mirror();
    let head =
        HEAD.replace("userAgent: 'fc'", &format!("{options} thresholds: {{ {} }}", thresholds.join(", ")));
    let url = target.url();
    let ran = Script::of_body(&head.replace("<T>", &url), body).env("T", &url).run();
    assert_eq!(ran.thresholds().len(), thresholds.len());
    assert_eq!(ran.crossed(), [""; 0], "{body}: {}", ran.text());
}

#[test]
fn a_request_makes_one_sample_of_each_metric() {
    let target = mirror();
    let ran = Script::of_body(HEAD, "http.get(T); http.post(T, 'abc');").env("T", &target.url()).run();
    for name in
        ["http_reqs", "http_req_duration", "http_req_waiting", "http_req_connecting", "http_req_blocked"]
    {
        assert_eq!(ran.sum(name), 2.0, "{name}");
    }
    assert_eq!(ran.stat("http_req_connecting", "min"), Some(0.0), "the second goes over the same connection");
    assert!(ran.stat("http_req_connecting", "max") > Some(0.0));
    let sent: usize =
        target.requests().iter().map(|request| request.head.len() + 2 + request.body.len()).sum();
    assert_eq!(ran.sum("data_sent"), sent as f64);
    assert!(ran.sum("data_received") > sent as f64);
}

#[test]
fn system_tags() {
    check(
        "",
        "http.get(T); http.get(`${T}/status/404`); http.post(T, ''); http.get('http://127.0.0.1:1');",
        &[
            "'http_reqs{method:POST}': ['count==1']",
            "'http_reqs{status:200}': ['count==2']",
            "'http_reqs{status:0}': ['count==1']",
            "'http_reqs{error_code:1404}': ['count==1']",
            "'http_reqs{error_code:1212}': ['count==1']",
            "'http_reqs{error:dial: connection refused}': ['count==1']",
            "'http_reqs{expected_response:true}': ['count==2']",
            "'http_reqs{expected_response:false}': ['count==2']",
            "'http_reqs{proto:HTTP/1.1}': ['count==3']",
            "'http_reqs{scenario:default}': ['count==4']",
            "'http_reqs{name:<T>/status/404}': ['count==1']",
            "'http_reqs{url:<T>/status/404}': ['count==1']",
        ],
    );
    check("systemTags: ['ip'],", "http.get(T);", &["'http_reqs{ip:127.0.0.1}': ['count==1']"]);
    check(
        "systemTags: ['status'],",
        "group('g', () => http.get(T));",
        &[
            "'http_reqs{status:200}': ['count==1']",
            "'http_reqs{method:GET}': ['count==0']",
            "'http_reqs{scenario:default}': ['count==0']",
            "'http_reqs{group:::g}': ['count==0']",
        ],
    );
}

#[test]
fn names_keep_series_few() {
    check(
        "",
        "http.get(http.url`${T}/a?id=${7}`); http.get(`${T}/a?id=8`, { tags: { name: 'mine' } }); http.get(`${T}/a?id=9`);",
        &[
            "'http_reqs{name:${}/a?id=${}}': ['count==1']",
            "'http_reqs{name:mine}': ['count==1']",
            "'http_reqs{name:<T>/a?id=9}': ['count==1']",
        ],
    );
}

#[test]
fn tags_of_the_request_of_the_test_and_of_the_scenario() {
    check(
        "tags: { run: 'r', kind: 'run' }, scenarios: { s: { executor: 'per-vu-iterations', tags: { step: 's', kind: 'scenario' } } },",
        "http.get(T, { tags: { own: true, n: 1.5, kind: 'request' } }); http.get(T);",
        &[
            "'http_reqs{own:true}': ['count==1']",
            "'http_reqs{n:1.5}': ['count==1']",
            "'http_reqs{run:r}': ['count==2']",
            "'http_reqs{step:s}': ['count==2']",
            "'http_reqs{kind:request}': ['count==1']",
            "'http_reqs{kind:scenario}': ['count==1']",
            "'iterations{run:r}': ['count==1']",
            "'iterations{step:s}': ['count==1']",
        ],
    );
}

#[test]
fn redirects_are_requests_of_their_own() {
    check(
        "",
        "http.get(`${T}/redirect/2`);",
        &[
            "http_reqs: ['count==3']",
            "'http_reqs{status:302}': ['count==2']",
            "'http_reqs{status:200}': ['count==1']",
        ],
    );
}
