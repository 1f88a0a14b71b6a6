//! The routes of a page, and of k6's REST API: what each path answers.

use std::sync::Arc;

use flashcrowd_web::{
    Answer, Answers, Guard, events as stream, html, json, no_content, of_kind, refused, text,
};
use futures_util::future::LocalBoxFuture;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::api;
use crate::events::events;
use crate::hub::Hub;
use crate::page;

/// A document is not larger.
const LARGEST: usize = 64 << 10;

/// What answers.
pub(crate) struct Routes {
    pub(crate) hub: Arc<Hub>,
    pub(crate) guard: Guard,
    /// Whether there is a page, and not the REST API alone.
    pub(crate) has_page: bool,
}

impl Answers for Routes {
    fn answer(&self, request: Request<Incoming>) -> LocalBoxFuture<'_, Answer> {
        Box::pin(self.answered(request))
    }
}

impl Routes {
    async fn answered(&self, request: Request<Incoming>) -> Answer {
        if let Err(refusal) = self.guard.check(request.uri(), request.headers()) {
            return refused(refusal.status, refusal.why);
        }
        let path = request.uri().path().to_owned();
        if path == "/"
            && let Some(cookie) = self.guard.cookie(request.uri())
        {
            return remember(&cookie);
        }
        if let Some(path) = path.strip_prefix("/v1/") {
            return self.api(path, request).await;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return refused(StatusCode::METHOD_NOT_ALLOWED, "GET this");
        }
        if path == "/ping" {
            return text("ok");
        }
        if self.has_page { self.page(&path) } else { nowhere() }
    }

    fn page(&self, path: &str) -> Answer {
        match path {
            "/" => match self.hub.take_report() {
                Some(report) => flashcrowd_web::document(report),
                None => html(page::page()),
            },
            // The path of k6's page.
            "/ui" | "/ui/" => elsewhere("/"),
            "/page.css" => of_kind("text/css; charset=utf-8", page::STYLE.as_str()),
            "/live.js" => of_kind("text/javascript; charset=utf-8", page::SCRIPT),
            "/favicon.ico" => no_content(),
            "/history" => json(&self.hub.history()),
            "/events" => stream(events(&self.hub)),
            _ => nowhere(),
        }
    }

    async fn api(&self, path: &str, request: Request<Incoming>) -> Answer {
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        // The status is known without them.
        let results = if path.starts_with("status") { None } else { self.hub.results().await };
        let results = results.as_deref();
        match path.split_once('/').unwrap_or((path, "")) {
            ("status", "") if is_get => self.status(),
            ("status", "") if *request.method() == Method::PATCH => self.change(request).await,
            ("metrics", "") if is_get => json(&api::metrics(results)),
            ("metrics", name) if is_get => {
                found(api::metric(results, &decoded(name)), "No metric with that ID was found")
            }
            ("groups", "") if is_get => json(&api::groups(results)),
            ("groups", id) if is_get => found(api::group(results, id), "No group with that ID was found"),
            ("setup", "") if is_get => json(&api::setup(results)),
            ("setup" | "teardown", "") => {
                let detail = "setup() and teardown() run by themselves, before and after the load";
                failed(StatusCode::METHOD_NOT_ALLOWED, "Not supported", detail)
            }
            ("status" | "metrics" | "groups", _) => failed(
                StatusCode::METHOD_NOT_ALLOWED,
                "Method not allowed",
                "GET this; the status can be PATCHed",
            ),
            _ => failed(
                StatusCode::NOT_FOUND,
                "Not Found",
                "there are status, metrics, groups and setup below /v1",
            ),
        }
    }

    fn status(&self) -> Answer {
        json(&json!({ "data": { "type": "status", "id": "default", "attributes": self.hub.status() } }))
    }

    async fn change(&self, request: Request<Incoming>) -> Answer {
        let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
            return failed(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "a status is smaller than that");
        };
        match api::change(self.hub.control().as_deref(), &body.to_bytes()) {
            Ok(()) => {
                self.hub.refresh();
                self.status()
            }
            Err(detail) => failed(StatusCode::BAD_REQUEST, "Cannot change the status", &detail),
        }
    }
}

fn found(document: Option<Value>, title: &str) -> Answer {
    match document {
        Some(document) => json(&document),
        None => failed(StatusCode::NOT_FOUND, "Not Found", title),
    }
}

fn failed(status: StatusCode, title: &str, detail: &str) -> Answer {
    let mut answer = json(&api::failed(status.as_u16(), title, detail));
    *answer.status_mut() = status;
    answer
}

/// A name as it is in a path, where `{` and `}` of sub-metrics are escaped.
fn decoded(name: &str) -> String {
    url::form_urlencoded::parse(format!("name={}", name.replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(String::new, |(_, name)| name.into_owned())
}

fn nowhere() -> Answer {
    refused(StatusCode::NOT_FOUND, "there is no such path; the page is at /, and the REST API below /v1")
}

/// Keeps the token out of the address that people copy.
fn remember(cookie: &str) -> Answer {
    let mut answer = elsewhere("/");
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

fn elsewhere(place: &'static str) -> Answer {
    let mut answer = text("");
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(place));
    answer
}
