//! Figures of Locust runs: CSV, JSON, the page, the table and the record say the same.

use super::{Python, interrupted};
use crate::target::{Target, answer};

#[test]
fn csv_json_page_table_and_record_are_equal() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|request| match request.path() {
        "/missing" => answer(404, &[], ""),
        _ => answer(200, &[], "0123456789"),
    });
    let file = "import locust.stats\nfrom locust import HttpUser, constant, task\n\
                locust.stats.PERCENTILES_TO_REPORT = [0.5, 0.95, 1.0]\n\
                class U(HttpUser):\n    wait_time = constant(0.02)\n    @task(4)\n    def look(self):\n        self.client.get('/look')\n    \
                @task\n    def miss(self):\n        self.client.get('/missing')\n    def on_stop(self):\n        self.client.post('/bye')\n";
    let line = format!(
        "-u 5 -r 5 -t 2s --csv sub/out --csv-full-history --json-file sub/all --html sub/{{u}}.html --record rec --host {}",
        target.url()
    );
    let outcome = python.run(file, &line).go();
    let csv = outcome.read("sub/out_stats.csv");
    assert!(
        csv.starts_with("Type,Name,Request Count,") && csv.lines().next().unwrap().ends_with("50%,95%,100%"),
        "{csv}"
    );
    let counts = |name: &str| -> (u64, u64) {
        let row = csv.lines().find(|row| row.split(',').nth(1) == Some(name)).unwrap();
        let field = |at: usize| row.split(',').nth(at).unwrap().parse().unwrap();
        (field(2), field(3))
    };
    let json = outcome.json("sub/all.json");
    for row in json.as_array().unwrap() {
        let of = |field: &str| row[field].as_u64().unwrap();
        assert_eq!(counts(row["name"].as_str().unwrap()), (of("num_requests"), of("num_failures")));
    }
    let (requests, failures) = counts("Aggregated");
    assert!(requests > 100 && failures == counts("/missing").0 && counts("/bye") == (5, 0), "{csv}");
    assert_eq!(target.requests(), requests + interrupted(&outcome), "what the target counted");
    let record = outcome.json("rec/result.json");
    let metric = |name: &str, field: &str| {
        let all = record["metrics"].as_array().unwrap();
        let found =
            all.iter().find(|metric| metric["name"] == name).unwrap_or_else(|| panic!("{name}: {record}"));
        found["stats"][field].as_f64().unwrap_or_else(|| panic!("{name}: {found}"))
    };
    assert_eq!(metric("http_reqs", "count"), requests as f64);
    assert!((metric("http_req_failed", "rate") - failures as f64 / requests as f64).abs() < 1e-9);
    assert_eq!(record["outcome"]["exit_code"], 1);
    let page = outcome.read("sub/5.html");
    assert!(page.contains("<td class=\"t\">/look") && page.matches("<svg").count() == 3, "{page}");
    assert!(page.contains(">users<b>") && !page.contains("nothing yet") && !page.contains("src="), "{page}");
    let total = outcome.stdout.lines().find(|line| line.contains("Aggregated")).unwrap();
    assert!(total.contains(&format!(" {requests} ")), "{total}");
    let history = outcome.read("sub/out_stats_history.csv");
    let last = history.lines().last().unwrap();
    assert!(last.contains(&format!(",{requests},{failures},")), "{last}");
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn files_of_an_earlier_run_are_not_taken_for_this_ones() {
    let Some(python) = Python::get() else { return };
    let run = python.run("raise RuntimeError('no data')", "-t 1s --csv out");
    let outcome = run.file("out_stats.csv", "Type,Name\nGET,/old\n").go();
    let stats = outcome.read("out_stats.csv");
    assert!(!stats.contains("/old") && stats.contains(",Aggregated,0,0,"), "{stats}");
    assert_eq!(outcome.code, Some(1));
}
