//! The page over the wire: what it is told, and how it becomes the report.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::{Served, script, shop};
use crate::run::{Run, Signal};

/// The events of a page, as long as there are any.
fn events(address: &str) -> impl Iterator<Item = (String, Value)> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    std::iter::from_fn(move || {
        let name = lines.find_map(|line| line.strip_prefix("event: ").map(str::to_owned))?;
        let data = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned))?;
        Some((name, serde_json::from_str(&data).unwrap()))
    })
}

/// One row a request, and what came of thresholds, checks and scenarios.
fn tables_are_whole(last: &Value) {
    let rows = last["requests"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "one row a request: {rows:?}");
    assert!(
        rows.iter().all(|row| row["count"] == 120.0 && row["times"].as_array().unwrap().len() == 5),
        "{rows:?}"
    );
    assert_eq!(
        (&last["errors"][0]["code"], last["errors"][0]["count"].as_f64()),
        (&"503".into(), Some(120.0))
    );
    assert_eq!(last["thresholds"].as_array().unwrap().len(), 2);
    assert!(last["thresholds"].as_array().unwrap().iter().all(|one| one["ok"] == true));
    assert_eq!(
        (&last["checks"][0]["passes"], &last["scenarios"][0]["completed"]),
        (&120.into(), &120.into())
    );
}

#[test]
fn the_last_second_says_what_the_summary_says_and_the_page_becomes_the_report() {
    let target = shop();
    let steady =
        r#"{ steady: { executor: "constant-arrival-rate", rate: 40, duration: "3s", preAllocatedVUs: 10 } }"#;
    let run = Run::new()
        .script(&script(&target, steady))
        .args("--web=127.0.0.1:0 --web-export report.html --linger --summary-export s.json");
    let run = Served::of(run, "page");
    let page = run.ask("GET /", "", "");
    assert!(
        page.1.contains("content-security-policy: default-src 'self'") && page.2.contains("live.js"),
        "{page:?}"
    );
    let mut last = Value::Null;
    let over = events(&run.address).find_map(|(name, data)| {
        if name == "state" && !data["view"].is_null() {
            last = data["view"].clone();
        }
        (name == "over").then_some(data)
    });
    assert_eq!(over.unwrap()["report"], true);
    run.started.err_line("lingering");
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(run.started.path("s.json")).unwrap()).unwrap();
    let (metrics, totals) = (&summary["metrics"], &last["totals"]);
    assert_eq!(totals["requests"].as_f64(), metrics["http_reqs"]["count"].as_f64());
    assert_eq!(totals["requests"].as_f64(), Some(target.requests() as f64), "what the target counted");
    for (ours, theirs) in [("p50", "med"), ("p95", "p(95)"), ("p99", "p(99)"), ("max", "max"), ("avg", "avg")]
    {
        assert_eq!(totals[ours].as_f64(), metrics["http_req_duration"][theirs].as_f64(), "{ours}");
    }
    assert_eq!(totals["failed"].as_f64(), Some(120.0));
    tables_are_whole(&last);
    let points = run.get("/history");
    let points = points["points"].as_array().unwrap();
    let charted: f64 =
        points.iter().map(|point| point["rate"].as_f64().unwrap() * point["seconds"].as_f64().unwrap()).sum();
    assert!((charted - 240.0).abs() < 1.0, "the charts have all requests: {charted}");
    let (status, head, report) = run.ask("GET /", "", "");
    assert!(status == 200 && head.contains("default-src 'none'") && report.contains("<h1"), "{head}");
    assert_eq!(report, std::fs::read_to_string(run.started.path("report.html")).unwrap());
    run.started.signal(Signal::TERM);
    assert_eq!(run.started.end().code, Some(0));
}

#[test]
fn k6s_variables_put_the_page_where_they_put_k6s() {
    let target = shop();
    let once = r#"{ once: { executor: "per-vu-iterations", vus: 1, iterations: 1 } }"#;
    let run = || Run::new().script(&script(&target, once)).env("K6_WEB_DASHBOARD", "true");
    let outcome = run().env("K6_WEB_DASHBOARD_PORT", "-1").env("K6_WEB_DASHBOARD_EXPORT", "out.html").go();
    assert!(outcome.code == Some(0) && !outcome.stderr.contains("page   "), "{outcome:?}");
    assert!(outcome.read("out.html").contains("</html>"));
    let outcome = run().env("K6_WEB_DASHBOARD_PORT", "0").go();
    assert!(outcome.code == Some(0) && outcome.stderr.contains("page   http://127.0.0.1:"), "{outcome:?}");
    let outcome = run().env("K6_WEB_DASHBOARD_PORT", "-1").args("--web-export no/such/folder.html").go();
    assert!(outcome.code == Some(255) && outcome.stderr.contains("no/such/folder.html"), "{outcome:?}");
}
