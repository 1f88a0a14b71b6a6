//! The page of Locust files: what scripts know of Locust's, tests one after the other, and who may ask.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::Python;
use crate::run::{Run, Signal, Started, wait_until};
use crate::target::{Target, answer};

const FILE: &str = r###"
from locust import HttpUser, constant, events, task
@events.init_command_line_parser.add_listener
def options(parser):
    parser.add_argument("--tenant", default="kr", help="which shop")
    parser.add_argument("--key", is_secret=True, default="s3cret")
@events.test_start.add_listener
def start(environment, **_):
    print("start", environment.parsed_options.tenant, environment.host, environment.parsed_options.num_users, flush=True)
@events.test_stop.add_listener
def stop(environment, **_):
    print("stop", environment.runner.state, environment.stats.total.num_requests > 0, flush=True)
@events.quitting.add_listener
def quitting(environment, **_):
    print("quitting", flush=True)
class Buyer(HttpUser):
    wait_time = constant(0.05)
    @task
    def buy(self):
        self.client.get("/buy")
    @task
    def miss(self):
        self.client.get("/missing")
    @task
    def bug(self):
        raise KeyError("<price>")
"###;

/// A page that is being served.
struct Page {
    address: String,
    started: Started,
    token: String,
}

impl Page {
    fn of(run: Run) -> Self {
        let started = run.start();
        let line = started.err_line("page   http://");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        let rest = url.strip_prefix("http://").unwrap();
        let (address, path) = rest.split_once('/').unwrap();
        let port = address.rsplit_once(':').unwrap().1;
        let token = path.split_once("token=").map_or("", |(_, token)| token).to_owned();
        Self { address: format!("127.0.0.1:{port}"), started, token }
    }

    /// What is answered to a request, with these lines in its head: status, head and body.
    fn ask(&self, line: &str, head: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let host = if head.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.address) };
        write!(stream, "{line} HTTP/1.1\r\n{host}Connection: close\r\n{kind}\r\nContent-Length: {length}\r\n{head}\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    fn json(&self, line: &str, body: &str) -> Value {
        let (status, _, body) = self.ask(line, "", body);
        assert_eq!(status, 200, "{line}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{line}: {error}: {body}"))
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        wait_until(what, || {
            found = self.json("GET /stats/requests", "");
            is_so(&found)
        });
        found
    }
}

fn run(python: &Python, target: &Target, line: &str) -> Run {
    python.page(FILE, &format!("--web-port 0 --host {} {line}", target.url()))
}

fn shop() -> Target {
    Target::answering(|request| match request.path() {
        "/missing" => answer(404, &[], ""),
        _ => answer(200, &[], "ok"),
    })
}

#[test]
fn tests_start_change_and_stop_as_scripts_know_them() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let page = Page::of(run(python, &target, "--csv out"));
    let ready = page.json("GET /stats/requests", "");
    assert_eq!((&ready["state"], &ready["user_count"]), (&"ready".into(), &0.into()));
    for (form, wrong) in
        [("user_count=x&spawn_rate=1", "must be an integer"), ("user_count=3", "Missing or invalid")]
    {
        let refused = page.json("POST /swarm", form);
        assert!(
            refused["success"] == false && refused["message"].as_str().unwrap().contains(wrong),
            "{refused}"
        );
    }
    let begun = page.json("POST /swarm", "user_count=5&spawn_rate=5&tenant=jp");
    assert_eq!((&begun["success"], &begun["host"]), (&true.into(), &target.url().into()), "{begun}");
    let running = page.wait("five users that run", |found| {
        found["state"] == "running"
            && found["user_count"] == 5
            && found["errors"][0]["occurrences"].as_u64() > Some(3)
    });
    let rows = running["stats"].as_array().unwrap();
    assert_eq!((&rows[0]["name"], &rows[2]["name"], rows.len()), (&"/buy".into(), &"Aggregated".into(), 3));
    assert!(
        rows[0]["response_time_percentile_0.95"].is_number() && running["fail_ratio"].as_f64() > Some(0.0)
    );
    page.json("POST /swarm", "user_count=2&spawn_rate=10");
    page.wait("two users", |found| found["user_count"] == 2);
    let exceptions = page.json("GET /exceptions", "");
    assert_eq!(exceptions["exceptions"][0]["msg"], "'<price>'");
    assert_eq!(page.json("POST /stop", "")["success"], true);
    let stopped = page.wait("the end of the test", |found| found["state"] == "stopped");
    assert_eq!(stopped["user_count"], 0);
    let sent = target.requests();
    // Those on their way at the end are told at the end of the run.
    let counted = stopped["stats"][2]["num_requests"].as_u64().unwrap();
    assert!((sent - 5..=sent).contains(&counted), "{counted} of {sent}");
    for (path, head) in [
        ("/stats/requests/csv", "Type,Name,Request Count"),
        ("/stats/failures/csv", "Method,Name,Error,Occurrences"),
        ("/exceptions/csv", "Count,Message,Traceback,Nodes"),
    ] {
        let (status, kept, text) = page.ask(&format!("GET {path}"), "", "");
        assert!(
            status == 200 && kept.contains("attachment; filename=") && text.starts_with(head),
            "{path}: {text}"
        );
    }
    // The next test begins with nothing, stops by its time, and a GET stops one, too.
    again(&page, sent);
    page.started.signal(Signal::INT);
    let outcome = page.started.end();
    let told: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with(['s', 'q'])).collect();
    let url = target.url();
    let (first, other) = (format!("start jp {url} 5"), format!("start jp {url} 1"));
    let expected = [
        &first[..],
        "stop stopped True",
        &other,
        "stop stopped True",
        &other,
        "stop stopped True",
        "quitting",
    ];
    assert_eq!(told, expected, "{outcome:?}");
    assert!(outcome.read("out_stats.csv").contains(",Aggregated,"), "{outcome:?}");
}

/// Two more tests on the same page, after one that has sent so many requests.
fn again(page: &Page, sent: u64) {
    page.json("POST /swarm", "user_count=1&spawn_rate=1&run_time=1s");
    let ended = page.wait("the end by time", |found| found["state"] == "stopped");
    assert!(
        ended["stats"].as_array().unwrap().last().unwrap()["num_requests"].as_u64().unwrap() < sent,
        "{ended}"
    );
    page.json("POST /swarm", "user_count=1&spawn_rate=1");
    page.wait("the third test", |found| {
        found["state"] == "running" && found["stats"].as_array().is_some_and(|rows| rows.len() > 1)
    });
    page.json("GET /stop", "");
    page.wait("its end", |found| found["state"] == "stopped");
    assert_eq!(page.ask("POST /stats/reset", "", "").2, "ok");
    assert_eq!(page.json("GET /stats/requests", "")["stats"].as_array().unwrap().len(), 1);
}

#[test]
fn the_page_shows_text_as_text_and_no_secret() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let page = Page::of(run(python, &target, "--autostart -u 2 -r 2 --web-base-path shop"));
    wait_until("requests", || target.requests() > 4);
    let (status, head, body) = page.ask("GET /shop/", "", "");
    assert_eq!(status, 200);
    assert!(head.contains("content-security-policy: default-src 'self'"), "{head}");
    for part in ["name=\"tenant\"", "which shop", "/shop/page.js", "locustfile.py"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("s3cret"), "{body}");
    for (path, kind) in [("page.js", "text/javascript"), ("page.css", "text/css"), ("charts", "text/html")] {
        let (status, head, body) = page.ask(&format!("GET /shop/{path}"), "", "");
        assert!(status == 200 && head.contains(kind) && body.len() > 500, "{path}: {head}");
    }
    wait_until("an exception", || page.ask("GET /shop/exceptions", "", "").2.contains("price"));
    let report = page.ask("GET /shop/stats/report", "", "").2;
    assert!(
        report.contains("&lt;price&gt;") && !report.contains("<price>") && report.contains("<svg"),
        "{report}"
    );
    assert_eq!(page.ask("GET /", "", "").0, 404);
    assert_eq!(page.ask("GET /shop/nothing", "", "").0, 404);
    assert_eq!(page.ask("GET /shop/swarm", "", "").0, 405);
}

#[test]
fn others_need_the_token_and_pages_of_others_are_refused() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let own = Page::of(run(python, &target, ""));
    assert_eq!(own.token, "");
    let form = "user_count=1&spawn_rate=1";
    assert_eq!(own.ask("POST /swarm", "Origin: http://evil.example\r\n", form).0, 403);
    assert_eq!(own.ask("GET /stop", "Sec-Fetch-Site: cross-site\r\n", "").0, 403);
    assert_eq!(own.ask("GET /stats/requests", "Host: evil.example\r\n", "").0, 403);
    let open = Page::of(run(python, &target, "--web-host 0.0.0.0"));
    assert_eq!(open.token.len(), 32);
    for path in
        ["GET /", "POST /swarm", "GET /stop", "GET /stats/requests", "GET /exceptions/csv", "GET /page.js"]
    {
        let (status, _, body) = open.ask(path, "", "");
        assert!(status == 401 && body.contains("token"), "{path}: {body}");
    }
    let (status, head, _) = open.ask(&format!("GET /?token={}", open.token), "", "");
    assert!(status == 303 && head.contains("HttpOnly; SameSite=Strict"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).unwrap();
    assert_eq!(open.ask("GET /stats/requests", &format!("Cookie: {cookie}\r\n"), "").0, 200);
    assert_eq!(
        open.ask("GET /stats/requests", &format!("Authorization: Bearer {}\r\n", open.token), "").0,
        200
    );
    assert_eq!(target.requests(), 0);
}

#[test]
fn an_automatic_test_leaves_by_itself_and_a_busy_port_is_told() {
    let Some(python) = Python::get() else { return };
    let target = shop();
    let line = "--autostart --autoquit 1 -u 1 -t 1s";
    let page = Page::of(run(python, &target, line));
    let port = page.address.rsplit_once(':').unwrap().1;
    let busy = python.page(FILE, &format!("--web-port {port}")).go();
    assert!(busy.stderr.contains("--web-port") && busy.code == Some(1), "{busy:?}");
    page.wait("the end of the test", |found| found["state"] == "stopped");
    let outcome = page.started.end();
    assert!(outcome.code == Some(1) && outcome.stdout.contains("quitting"), "{outcome:?}");
}
