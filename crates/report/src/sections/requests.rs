//! Requests are what a run asked for, by method and name: how many there were, how many failed, how long they took.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::RequestNames;
use flashcrowd_record::{Results, Stats};
use flashcrowd_text::{Lang, figure, messages};

use crate::words;

/// The tags that make a row a part of a request, and not a request.
pub(crate) const PARTS: [&str; 4] = ["scenario", "group", "status", "error_code"];
/// The groups of what runs before and after the load.
const NOT_LOAD: [&str; 2] = ["::setup", "::teardown"];

messages! {
    pub(crate) fn heading() { en: "Response times by request", ko: "요청별 응답 시간" }
    pub(crate) fn request() { en: "Request", ko: "요청" }
    pub(crate) fn count() { en: "Count", ko: "건수" }
    pub(crate) fn average() { en: "avg", ko: "평균" }
    pub(crate) fn least() { en: "min", ko: "최소" }
    pub(crate) fn most() { en: "max", ko: "최대" }
}

/// The tags of a part, without those of its request.
pub(crate) type Tags = BTreeMap<&'static str, String>;

/// All requests with the same method and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// What it is called, for people.
    pub label: String,
    /// Whether it is a call of DynamoDB, which retries what was throttled.
    pub is_retried: bool,
    /// Its parts, by scenario, group, status and error code.
    pub parts: BTreeMap<Tags, Part>,
    /// The times of all parts together, where they are kept.
    pub times: Option<Stats>,
}

/// The samples of a request that share all tags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// How many there were.
    pub count: f64,
    /// How many failed.
    pub failed: f64,
    /// Whether anybody said if they failed.
    pub is_judged: bool,
    /// How long they took.
    pub times: Option<Stats>,
}

/// The requests of the load, the slowest first: by p95, or by the mean where no percentiles are known.
pub(crate) fn slowest_first(results: &Results) -> Vec<Request> {
    let (targets, names) = (origins(results), RequestNames::of_results(results));
    let mut requests: Vec<Request> = parts(results)
        .into_iter()
        .map(|((name, method), parts)| Request {
            label: label(&name, &method, &targets, &names),
            is_retried: names.is_dynamodb_call(&method, &name),
            parts,
            times: results.times_of(&method, &name).cloned(),
        })
        .filter(|request| request.total().count > 0.0)
        .collect();
    requests.sort_by(|left, right| right.slowness().total_cmp(&left.slowness()));
    requests
}

fn parts(results: &Results) -> BTreeMap<(String, String), BTreeMap<Tags, Part>> {
    let mut requests: BTreeMap<(String, String), BTreeMap<Tags, Part>> = BTreeMap::new();
    let told = ["http_req_failed", "dynamodb_attempts"];
    let is_told = told.iter().any(|name| results.metric(name).is_some());
    for row in results.rows.iter().filter(|row| row.view == "requests") {
        let tag = |name: &str| row.tags.get(name).cloned().unwrap_or_default();
        if NOT_LOAD.iter().any(|group| tag("group").starts_with(group)) {
            continue;
        }
        let request = requests.entry((tag("name"), tag("method"))).or_default();
        let part = request.entry(PARTS.iter().map(|name| (*name, tag(name))).collect()).or_default();
        match row.metric.as_str() {
            "http_reqs" => {
                part.count = row.stats.value("count");
                part.failed = if is_told || tag("error_code").is_empty() { part.failed } else { part.count };
            }
            "http_req_failed" => {
                part.failed = row.stats.value("passes");
                part.is_judged = row.samples > 0;
            }
            "http_req_duration" => part.times = Some(row.stats.clone()),
            _ => {}
        }
    }
    requests
}

impl Request {
    /// All parts in one. Records of earlier versions keep no percentiles of several parts together.
    pub(crate) fn total(&self) -> Part {
        let mut parts = self.parts.values().filter(|part| part.count > 0.0);
        let Some(first) = parts.next() else { return Part::default() };
        let sum = parts.fold(first.clone(), |sum, part| Part {
            count: sum.count + part.count,
            failed: sum.failed + part.failed,
            is_judged: sum.is_judged || part.is_judged,
            times: sum.times.zip(part.times.as_ref()).map(|(left, right)| merged(&left, right)),
        });
        Part { times: self.times.clone().or(sum.times), ..sum }
    }

    /// Whether its percentiles are not known, since it has several parts.
    pub(crate) fn lacks_percentiles(&self) -> bool {
        self.total().times.is_some_and(|times| times.get("med").is_none())
    }

    fn slowness(&self) -> f64 {
        let times = self.total().times;
        times.and_then(|times| times.get("p(95)").or(times.get("avg"))).unwrap_or_default()
    }
}

/// The origins that requests went to, as their names tell.
pub(crate) fn origins(results: &Results) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let names = results.rows.iter().filter_map(|row| row.tags.get("name"));
    for origin in names.filter_map(|name| origin(name)) {
        if !found.contains(&origin) {
            found.push(origin);
        }
    }
    found
}

/// Scheme, host and port of an address; user names and passwords are left out.
pub(crate) fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://").filter(|(scheme, _)| scheme.starts_with("http"))?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    let host = authority.rsplit('@').next()?;
    Some(format!("{scheme}://{host}"))
}

/// What is known exactly of two trends together.
fn merged(left: &Stats, right: &Stats) -> Stats {
    let sum = |name: &str| left.value(name) + right.value(name);
    [
        ("count", sum("count")),
        ("sum", sum("sum")),
        ("avg", sum("sum") / sum("count").max(1.0)),
        ("min", left.value("min").min(right.value("min"))),
        ("max", left.value("max").max(right.value("max"))),
    ]
    .into()
}

/// The name, with the method where the name does not say it, and without the target where there is but one.
fn label(name: &str, method: &str, targets: &[String], names: &RequestNames<'_>) -> String {
    let path = match targets {
        [only] => name.strip_prefix(only.as_str()).filter(|path| path.starts_with('/')),
        _ => None,
    };
    let shown = path.unwrap_or(name);
    let is_clear = method.is_empty() || shown.starts_with(method) || names.is_dynamodb_call(method, name);
    if is_clear { shown.to_owned() } else { format!("{method} {shown}") }
}

/// The heads of a table of requests in short, and a row for each; none of a run without requests.
pub(crate) fn short_table(lang: Lang, requests: &[Request], seconds: f64) -> Vec<Vec<String>> {
    let numbers = [count(lang), "TPS".to_owned(), words::errors(lang), average(lang)];
    let times = ["p50", "p95", "p99"].map(str::to_owned);
    let head = [request(lang)].into_iter().chain(numbers).chain(times).chain([most(lang)]).collect();
    let row = |request: &Request| {
        let total = request.total();
        let time = |name: &str| total.times.as_ref().and_then(|times| times.get(name));
        let times = ["avg", "med", "p(95)", "p(99)", "max"];
        [request.label.clone(), figure::count(total.count as u64), total.rate(seconds), total.errors()]
            .into_iter()
            .chain(times.map(|name| shown(lang, time(name))))
            .collect()
    };
    [head].into_iter().chain(requests.iter().map(row)).collect()
}

impl Part {
    /// How many there were a second.
    pub(crate) fn rate(&self, seconds: f64) -> String {
        if seconds > 0.0 { figure::number(self.count / seconds) } else { figure::NOTHING.to_owned() }
    }

    /// The share that failed.
    pub(crate) fn errors(&self) -> String {
        figure::percent(self.failed / self.count)
    }
}

/// A time, or the sign that there is none.
pub(crate) fn shown(lang: Lang, ms: Option<f64>) -> String {
    ms.map_or_else(|| figure::NOTHING.to_owned(), |ms| figure::duration(lang, ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_is_not_known_anyway() {
        let target = ["http://shop:8080".to_owned()];
        for (name, method, expected) in [
            ("http://shop:8080/items/1", "GET", "GET /items/1"),
            ("http://shop:8080", "GET", "GET http://shop:8080"),
            ("http://shop:80800/items", "GET", "GET http://shop:80800/items"),
            ("POST /orders", "POST", "POST /orders"),
            ("orders", "", "orders"),
            ("Query products", "POST", "POST Query products"),
        ] {
            assert_eq!(label(name, method, &target, &RequestNames::default()), expected);
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_password() {
        for (address, expected) in [
            ("http://127.0.0.1:8080/products/1?x=1", Some("http://127.0.0.1:8080")),
            ("https://me:secret@shop.example", Some("https://shop.example")),
            ("GET /inventory/{id}", None),
            ("http://", None),
        ] {
            assert_eq!(origin(address).as_deref(), expected, "{address}");
        }
    }
}
