//! A request that was not sent, or not answered, has failed.

use super::odd::{asked, judged, odd};

#[test]
fn a_request_that_was_not_sent_has_failed() {
    let target = odd();
    for (body, count) in [
        ("http.get(`${__ENV.BASE_URL}/api`)", 1),
        ("http.get('localhost:8080/api')", 1),
        ("http.get('127.0.0.1:8080/api')", 1),
        ("http.get('/api')", 1),
        ("http.get('//127.0.0.1/api')", 1),
        ("http.get('')", 1),
        ("http.get('http:///api')", 1),
        ("http.get('ftp://127.0.0.1/api')", 1),
        ("http.get('http://a b/')", 1),
        ("http.get(`${T}/100%`)", 1),
        ("http.get(`${T}/a\\n`)", 1),
        ("http.get()", 1),
        ("http.get(null)", 1),
        ("http.get(http.url`/item/${1}`)", 1),
        ("http.head('/api')", 1),
        ("http.post('/api', 'x')", 1),
        ("http.put('/api', 'x')", 1),
        ("http.patch('/api', 'x')", 1),
        ("http.del('/api')", 1),
        ("http.options('/api')", 1),
        ("http.request('GET', '/api')", 1),
        ("http.request('G T', T)", 1),
        ("http.batch(['/a', '/b', http.url`/${3}`])", 3),
        ("http.batch({ a: '/a', b: { method: 'POST', url: '/b', body: 'x' } })", 2),
        ("http.batch([T, ['GET', T, null, { timeout: 'soon' }]])", 2),
        ("await http.asyncRequest('GET', '/api')", 1),
        ("await http.asyncRequest('POST', `${T}/x`, [1])", 1),
        ("http.get(T, { tags: { a: {} } })", 1),
        ("http.get(T, { headers: { 'a b': 'c' } })", 1),
        ("http.get(T, { headers: { a: 'b\\nc' } })", 1),
        ("http.post(T, 5)", 1),
        ("http.get(`${T}/gzip-bad`)", 1),
        ("http.get(`${T}/br-bad`)", 1),
        ("http.batch([`${T}/gzip-bad`])", 1),
        ("await http.asyncRequest('GET', `${T}/gzip-bad`)", 1),
    ] {
        let (outcome, metrics) = judged(&target, "", body);
        let failed = (&metrics["http_reqs"]["count"], &metrics["http_req_failed"]["passes"]);
        assert_eq!(failed, (&count.into(), &count.into()), "{body}: {outcome:?}");
        assert_eq!(metrics["http_reqs{status:200}"]["count"], 0, "{body}: {outcome:?}");
        assert_eq!(outcome.code, Some(99), "{body}: {outcome:?}");
    }
}

#[test]
fn a_redirect_that_leads_nowhere_is_a_request_that_failed() {
    let target = odd();
    for path in ["/to/ftp", "/to/nowhere"] {
        for call in [
            "http.get(`${T}{P}`)",
            "http.batch([`${T}{P}`])[0]",
            "await http.asyncRequest('POST', `${T}{P}`)",
        ] {
            let body =
                format!("const r = {}; console.log(r.status, r.error_code > 0);", call.replace("{P}", path));
            let (outcome, metrics) = judged(&target, "", &body);
            assert!(outcome.stdout.contains("0 true\n"), "{body}: {outcome:?}");
            let counted = (&metrics["http_reqs"]["count"], &metrics["http_req_failed"]["passes"]);
            assert_eq!((counted, outcome.code), ((&2.into(), &1.into()), Some(99)), "{body}: {outcome:?}");
        }
    }
    let (outcome, metrics) = judged(&target, "", "http.get(`${T}/to/here`)");
    assert_eq!((outcome.code, &metrics["http_reqs"]["count"]), (Some(0), &2.into()), "{outcome:?}");
}

#[test]
fn errors_of_wrong_urls_have_k6s_codes() {
    let code = |url: &str| {
        asked(&format!("console.log(http.get({url}).error_code);")).lines().last().unwrap().to_owned()
    };
    for (url, expected) in [
        ("'undefined/api'", "1000"),
        ("'localhost:1/x'", "1000"),
        ("'ftp://x/'", "1000"),
        ("'http://[::1'", "1020"),
        ("'127.0.0.1:1/x'", "1020"),
        ("`${T}/%zz`", "1020"),
        ("`${T}/gzip-bad`", "1701"),
        ("`${T}/status/400`", "1400"),
        ("`${T}/status/503`", "1503"),
        ("`${T}/status/600`", "1600"),
        ("`${T}/status/999`", "1999"),
        ("`${T}/status/399`", "0"),
    ] {
        assert_eq!(code(url), expected, "{url}");
    }
}

#[test]
fn further_arguments_of_get_and_head_have_no_effect_and_are_told() {
    for method in ["get", "head"] {
        let target = odd();
        let body = format!(
            "console.log(http.{method}(T, JSON.stringify({{ page: 1 }}), {{ headers: {{ 'X-A': 'b' }} }}).status);"
        );
        let (outcome, metrics) = judged(&target, "", &body);
        assert_eq!((outcome.code, &metrics["http_reqs"]["count"]), (Some(0), &1.into()), "{outcome:?}");
        assert!(
            outcome.stdout.contains("200\n")
                && outcome.stdout.contains(&format!("http.{method}() takes a URL")),
            "{outcome:?}"
        );
    }
    assert_eq!(
        asked("const r = http.get(T, 'text'); console.log(r.status, /X-A/.test(r.body));"),
        "200 false"
    );
    for params in [
        "5",
        "'text'",
        "null",
        "undefined",
        "[1]",
        "true",
        "{ headers: 'x', cookies: 1, jar: 'mine', auth: 'magic' }",
    ] {
        assert_eq!(asked(&format!("console.log(http.post(T, 'x', {params}).status);")), "200", "{params}");
    }
}
