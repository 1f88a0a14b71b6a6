//! Clients of Locust files: what goes over the wire, how it is named and judged, and that it is counted once.

use std::io::{BufReader, Write as _};

use super::Python;
use crate::target::{Request, Target, answer};

/// One user that does this once.
fn once(kind: &str, body: &str) -> String {
    let body = body.lines().map(|line| format!("        {line}\n")).collect::<String>();
    format!(
        "from locust import FastHttpUser, HttpUser, constant, task\n\
         from locust.exception import ResponseError, StopUser\n\n\
         class One({kind}):\n    wait_time = constant(0)\n\n    @task\n    def all(self):\n        c = self.client\n{body}        raise StopUser()\n"
    )
}

#[test]
fn verdicts_names_cookies_and_redirects_are_those_of_requests() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|request| match request.path().split('?').next().unwrap() {
        "/missing" => answer(404, &[], "no"),
        "/moved" => answer(302, &[("Location", "/there"), ("Set-Cookie", "way=1; Path=/")], ""),
        "/there" => answer(200, &[], request.header("Cookie").unwrap_or("none")),
        "/body" => answer(200, &[], &request.body),
        _ => answer(200, &[("Content-Type", "application/json")], "{\"price\": 7}"),
    });
    let file = once(
        "HttpUser",
        r#"c.get("/missing")
with c.get("/missing", name="forgiven", catch_response=True) as r:
    r.success()
with c.get("/a", name="sold out", catch_response=True) as r:
    r.failure("sold out")
with c.get("/a", name="raised", catch_response=True) as r:
    raise ResponseError("odd")
print("price", c.get("/a?b=1").json()["price"])
r = c.get("/moved")
print("moved", r.status_code, r.text, [h.status_code for h in r.history], c.cookies.get("way"))
print("not", c.get("/moved", allow_redirects=False, name="stays").status_code)
print("json", c.post("/body", json={"a": [1, None]}).text, c.post("/body", {"k": "v w"}, name="form").text)
with c.rename_request("grouped"):
    c.get("/1"); c.get("/2")
c.get("/x", params={"q": "a b"})
c.get(self.host + "/absolute")
try:
    c.get("/missing", name="raises").raise_for_status()
except Exception as e:
    print(type(e).__name__)
c.post("/forgotten", catch_response=True)"#,
    );
    let outcome = python.run(&file, "-t 2s --csv out").args(&format!("--host {}", target.url())).go();
    for said in
        ["price 7", "moved 200 way=1 [302] 1", "not 302", "json {\"a\": [1, null]} k=v+w", "HTTPError"]
    {
        assert!(outcome.stdout.contains(said), "{said}: {outcome:?}");
    }
    let stats = outcome.read("out_stats.csv");
    for row in [
        "GET,/missing,1,1,",
        "GET,forgiven,1,0,",
        "GET,sold out,1,1,",
        "GET,raised,1,1,",
        "GET,/a?b=1,1,0,",
        "GET,/moved,1,0,",
        "GET,grouped,2,0,",
        "GET,/x?q=a+b,1,0,",
        "GET,/absolute,1,0,",
        "GET,raises,1,1,",
        ",Aggregated,14,4,",
    ] {
        assert!(stats.contains(row), "{row}: {stats}");
    }
    let failures = outcome.read("out_failures.csv");
    for text in [
        "HTTPError('404 Client Error: Not Found for url: /missing')",
        "CatchResponseError('sold out')",
        "ResponseError('odd')",
    ] {
        assert!(failures.contains(text), "{text}: {failures}");
    }
    // What was sent is what the target saw, redirects included; the one nobody judged is named.
    assert!(outcome.stderr.contains("1 requests were sent and are not counted"), "{outcome:?}");
    assert_eq!((outcome.code, target.requests()), (Some(1), 16));
}

/// A server that resets connections by closing them in the middle, and says how often it was asked.
fn rude() -> Target {
    Target::raw(|stream| {
        let mut reader = BufReader::new(&stream);
        while let Some(request) = Request::read(&mut reader) {
            let body: &[u8] = match request.path() {
                "/count" => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "/half" => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                _ => b"",
            };
            let _ = (&stream).write_all(body);
            if request.path() != "/count" {
                return;
            }
        }
    })
}

#[test]
fn a_request_goes_over_the_wire_once_and_what_breaks_has_pythons_words() {
    let Some(python) = Python::get() else { return };
    let body = r#"c.get("/count")
r = c.get("/close")
print("close", r.status_code, r.text)
c.get("/count")
r = c.get("/half")
print("half", r.status_code, r.text)"#;
    for (kind, words) in [
        (
            "HttpUser",
            &[
                "RemoteDisconnected('Remote end closed connection without response')",
                "IncompleteRead(4 bytes read, 6 more expected)",
            ][..],
        ),
        ("FastHttpUser", &["HTTPConnectionClosed('connection closed')"]),
    ] {
        let target = rude();
        let outcome =
            python.run(&once(kind, body), "-t 2s --csv out").args(&format!("--host {}", target.url())).go();
        let failures = outcome.read("out_failures.csv");
        for text in words {
            assert!(failures.contains(text), "{text}: {failures}");
        }
        // Each request that broke its connection was sent once, so that the next one needed a new connection.
        assert_eq!(target.connections(), 2, "{outcome:?}");
        let said = if kind == "HttpUser" { "half 0 \n" } else { "half 200 half\n" };
        assert!(outcome.stdout.contains(said), "{outcome:?}");
        assert_eq!(outcome.code, Some(1));
    }
}
