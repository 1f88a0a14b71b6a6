//! The routes of the page: what each path does. Paths and answers are Locust's, so that scripts for its page go on working.

use std::rc::Rc;

use flashcrowd_web::{self as answer, Answer, Answers, Guard, Page};
use futures_util::future::LocalBoxFuture;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::figures;
use super::form::Form;
use super::page;
use crate::play::{Company, Event, Order, Phase};
use crate::stats::{CsvTable, file_time, html};

/// A form is not larger.
const LARGEST_FORM: usize = 1 << 20;

/// What answers.
struct Routes {
    company: Rc<Company>,
    guard: Guard,
    base: String,
}

/// Serves the page until the run is over.
pub(crate) async fn serve(page: Page, company: Rc<Company>) {
    let Page { listener, guard, base, .. } = page;
    let routes = Rc::new(Routes { company, guard, base });
    if answer::serve(listener, routes.clone()).await.is_err() {
        routes.company.books.warn("the page cannot be served");
    }
}

impl Answers for Routes {
    fn answer(&self, request: Request<Incoming>) -> LocalBoxFuture<'_, Answer> {
        Box::pin(self.answered(request))
    }
}

impl Routes {
    /// Answers a request.
    async fn answered(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        if let Err(refusal) = self.guard.check(&parts.uri, &parts.headers) {
            return answer::refused(refusal.status, refusal.why);
        }
        let path = parts.uri.path();
        let Some(path) =
            path.strip_prefix(self.base.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return answer::refused(StatusCode::NOT_FOUND, "the page has another --web-base-path");
        };
        if matches!(path, "" | "/")
            && parts.method == Method::GET
            && let Some(cookie) = self.guard.cookie(&parts.uri)
        {
            return self.remember(&cookie);
        }
        let kind =
            parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let Ok(body) = Limited::new(body, LARGEST_FORM).collect().await else {
            return answer::refused(StatusCode::PAYLOAD_TOO_LARGE, "a form is smaller than that");
        };
        let form = Form::read(kind, &body.to_bytes());
        self.route(&parts.method, path, &form).await
    }

    /// Keeps the token out of the address that people copy.
    fn remember(&self, cookie: &str) -> Answer {
        let mut found = answer::text("");
        *found.status_mut() = StatusCode::SEE_OTHER;
        let place = HeaderValue::from_str(&format!("{}/", self.base));
        if let (Ok(cookie), Ok(place)) = (HeaderValue::from_str(cookie), place) {
            found.headers_mut().insert(header::SET_COOKIE, cookie);
            found.headers_mut().insert(header::LOCATION, place);
        }
        found
    }

    async fn route(&self, method: &Method, path: &str, form: &Form) -> Answer {
        let is_get = matches!(*method, Method::GET | Method::HEAD);
        match path {
            "/swarm" if *method == Method::POST => self.swarm(form),
            "/swarm" => {
                answer::refused(StatusCode::METHOD_NOT_ALLOWED, "POST a form with user_count and spawn_rate")
            }
            // Locust has had both methods in its time.
            "/stop" => self.stop(),
            "/stats/reset" => self.reset(),
            _ if !is_get => answer::refused(StatusCode::METHOD_NOT_ALLOWED, "GET this"),
            "" | "/" => answer::html(page::page(&self.company.books, &self.base)),
            "/page.css" => answer::of_kind("text/css; charset=utf-8", answer::STYLE),
            "/page.js" => answer::of_kind("text/javascript; charset=utf-8", page::SCRIPT),
            "/charts" => answer::html(page::charts(&self.company.books)),
            "/stats/requests" => answer::json(&figures::requests(&self.company)),
            "/exceptions" => answer::json(&figures::exceptions(&figures::report(&self.company.books))),
            "/stats/requests/csv" => self.csv("requests", CsvTable::Stats),
            "/stats/failures/csv" => self.csv("failures", CsvTable::Failures),
            "/exceptions/csv" => self.csv("exceptions", CsvTable::Exceptions),
            "/stats/requests_full_history/csv" => self.history(),
            "/stats/report" => self.report(),
            "/tasks" => self.tasks().await,
            "/worker-count" => {
                answer::json(&json!({ "worker_count": self.company.workers().map_or(0, |all| all.len()) }))
            }
            _ => answer::refused(
                StatusCode::NOT_FOUND,
                "there is no such path; this is the page of flashcrowd locust",
            ),
        }
    }

    /// Starts a test, or changes the one that runs.
    fn swarm(&self, form: &Form) -> Answer {
        let books = &self.company.books;
        let order = match order(form, books.parts.hello.shape.as_deref(), books.phase.get().is_busy()) {
            Ok(order) => order,
            Err(why) => {
                return answer::json(&json!({ "success": false, "message": why, "host": self.host(None) }));
            }
        };
        let message = match (&order.users, &books.parts.hello.shape) {
            (None, Some(shape)) => format!("Swarming started using shape class '{shape}'"),
            _ => "Swarming started".to_owned(),
        };
        let mut found =
            json!({ "success": true, "message": message, "host": self.host(order.host.as_deref()) });
        if let Some(time) = order.time {
            found["run_time"] = time.into();
        }
        if let Some(classes) = &order.classes {
            found["user_classes"] = json!(classes);
        }
        if !books.phase.get().is_busy() {
            // Who asks next must not take the test before for this one.
            books.phase.set(Phase::Spawning);
        }
        books.tell(0, Event::Order(order));
        answer::json(&found)
    }

    fn host(&self, given: Option<&str>) -> Value {
        let hello = &self.company.books.parts.hello;
        let own = hello.classes.iter().find_map(|class| class.3.as_deref());
        json!(given.or(hello.options.host.as_deref()).or(own))
    }

    fn stop(&self) -> Answer {
        if self.company.books.phase.get().is_busy() {
            self.company.books.tell(0, Event::Stop);
        }
        answer::json(&json!({ "success": true, "message": "Test stopped" }))
    }

    fn reset(&self) -> Answer {
        self.company.books.reset();
        answer::text("ok")
    }

    fn csv(&self, what: &str, table: CsvTable) -> Answer {
        let books = &self.company.books;
        let report = books.table.borrow().report(books.now(), books.users(), &books.parts.hello.percentiles);
        let name = format!("{what}_{}.csv", file_time(books.now()));
        answer::file("text/csv; charset=utf-8", &name, table.text(&report))
    }

    /// The file that `--csv` and `--csv-full-history` write.
    fn history(&self) -> Answer {
        let options = &self.company.books.parts.hello.options;
        let prefix = options.csv_prefix.as_deref().filter(|_| options.stats_history_enabled);
        let found = prefix.and_then(|prefix| std::fs::read(format!("{prefix}_stats_history.csv")).ok());
        match found {
            Some(text) => answer::file("text/csv; charset=utf-8", "requests_full_history.csv", text),
            None => answer::refused(
                StatusCode::NOT_FOUND,
                "there is a history with --csv and --csv-full-history alone",
            ),
        }
    }

    fn report(&self) -> Answer {
        let books = &self.company.books;
        let report = books.report();
        answer::document(html(&report, &page::title(&books.parts.hello)))
    }

    async fn tasks(&self) -> Answer {
        let found = self.company.ask(json!({ "do": "ratios" })).await;
        answer::json(&found.unwrap_or_default())
    }
}

/// What a form asks for. A test that runs may be given other users without a word of its time.
fn order(form: &Form, shape: Option<&str>, is_running: bool) -> Result<Order, String> {
    const OWN: [&str; 7] =
        ["user_count", "spawn_rate", "host", "run_time", "user_classes", "shape_class", "token"];
    let others = form.pairs().filter(|(name, _)| !OWN.contains(name));
    let options = others.map(|(name, _)| (name.to_owned(), value_of(form, name))).collect();
    let host =
        form.get("host").map(|host| host.trim().replace(['<', '>'], "")).filter(|host| !host.is_empty());
    let classes = Some(form.all("user_classes")).filter(|classes| !classes.is_empty());
    let given = form.get("run_time").map(str::trim).filter(|time| !time.is_empty());
    let time = given.map(timespan).transpose()?;
    let base =
        Order { host, classes, time, sets_time: given.is_some() || !is_running, options, ..Order::default() };
    if shape.is_some() {
        return Ok(Order { rate: 1.0, ..base });
    }
    let missing = "Missing or invalid user_count or spawn_rate from /swarm request";
    let users = form.get("user_count").ok_or(missing)?.trim();
    let users =
        users.parse().map_err(|_| format!("Invalid user_count value: '{users}' (must be an integer)"))?;
    let rate = form.get("spawn_rate").ok_or(missing)?.trim();
    let rate: f64 =
        rate.parse().map_err(|_| format!("Invalid spawn_rate value: '{rate}' (must be a number)"))?;
    match rate.is_finite() && rate > 0.0 {
        true => Ok(Order { users: Some(users), rate, ..base }),
        false => Err(missing.to_owned()),
    }
}

/// One value as a text, several as a list.
fn value_of(form: &Form, name: &str) -> Value {
    match form.all(name).as_slice() {
        [one] => json!(one),
        all => json!(all),
    }
}

/// A time as Locust takes it: `20`, `20s`, `3m`, `1h20m`.
fn timespan(text: &str) -> Result<u64, String> {
    let wrong = || "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.".to_owned();
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let (mut seconds, mut rest, mut last) = (0_u64, text, u64::MAX);
    while !rest.is_empty() {
        let at = rest.find(|one: char| !one.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..at].parse().map_err(|_| wrong())?;
        let unit = match rest[at..].chars().next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        if unit >= last {
            return Err(wrong());
        }
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(wrong)?;
        (last, rest) = (unit, &rest[at + 1..]);
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, is_running: bool) -> Result<Order, String> {
        order(&Form::read("", text.as_bytes()), None, is_running)
    }

    #[test]
    fn a_form_is_an_order() {
        let found =
            of("user_count=5&spawn_rate=0.5&host=http://a&run_time=1m30s&tenant=kr&tag=a&tag=b", false)
                .unwrap();
        assert_eq!((found.users, found.rate, found.time), (Some(5), 0.5, Some(90)));
        assert_eq!((found.host.as_deref(), found.sets_time), (Some("http://a"), true));
        assert_eq!(Value::Object(found.options), json!({ "tenant": "kr", "tag": ["a", "b"] }));
        assert!(!of("user_count=5&spawn_rate=1", true).unwrap().sets_time, "the time goes on");
        for (text, wrong) in [
            ("spawn_rate=1", "Missing or invalid"),
            ("user_count=5", "Missing or invalid"),
            ("user_count=5&spawn_rate=0", "Missing or invalid"),
            ("user_count=5&spawn_rate=inf", "Missing or invalid"),
            ("user_count=-5&spawn_rate=1", "must be an integer"),
            ("user_count=five&spawn_rate=1", "must be an integer"),
            ("user_count=5&spawn_rate=fast", "must be a number"),
            ("user_count=5&spawn_rate=1&run_time=soon", "Valid run_time formats"),
        ] {
            let found = of(text, false).unwrap_err();
            assert!(found.contains(wrong), "{text}: {found}");
        }
        let shape = order(&Form::read("", b"host=http://a"), Some("Wave"), false).unwrap();
        assert_eq!((shape.users, shape.rate), (None, 1.0));
    }

    #[test]
    fn times_are_locusts() {
        for (text, seconds) in
            [("20", 20), ("20s", 20), ("3m", 180), ("1h20m", 4800), ("3h30m10s", 12610), ("0", 0)]
        {
            assert_eq!(timespan(text), Ok(seconds), "{text}");
        }
        for text in ["", "s", "1x", "1m1h", "-1", "1.5h", "99999999999999999999s", "9999999999999999h"] {
            assert!(text.is_empty() || timespan(text).is_err(), "{text}");
        }
    }
}
