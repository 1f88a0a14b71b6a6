//! A call is a request of a plan as one thread has it: everything that is always the same was done beforehand.

use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_http::{HttpError, ResponseBody, Target, WorkerClient};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::answer::{EXPECTED, Rule};
use super::render::Rendering;
use crate::model::{self, Found, Slot, Sold, TestPlan};

/// A request as one thread has it.
pub(crate) struct Call {
    /// What its samples go under.
    pub(crate) name: Rc<str>,
    pub(super) method: Method,
    pub(super) url: Url,
    /// Headers that are always the same.
    pub(super) headers: HeaderMap,
    /// Headers with placeholders; one that needs a kept value that is not there yet is left out.
    pub(super) rendered: Vec<(HeaderName, Rendering)>,
    pub(super) content: Content,
    pub(super) timeout: Duration,
    pub(super) response_body: ResponseBody,
    /// The data sources it takes values from.
    pub(super) draws: Vec<usize>,
    /// The kept values without which it makes no sense.
    pub(super) needs: Vec<usize>,
    /// The kept values that it uses, needed or not.
    pub(super) saved: Vec<usize>,
    /// What must hold of the answer, with numbers of checks.
    pub(super) checks: Vec<(usize, Rule)>,
    pub(super) saves: Vec<Save>,
    /// What a success sells, by the position of the audit; with the number of the check whether that could be told.
    pub(super) sells: Vec<(usize, Sold, Option<usize>)>,
    /// Whether one of the checks looks at the status, so that an answer is not a failure for its status alone.
    pub(super) checks_status: bool,
    /// Statuses that checks allow.
    allowed: Vec<RangeInclusive<u16>>,
}

/// Where a request goes.
pub(super) enum Url {
    Fixed(Result<Rc<Target>, HttpError>),
    Rendered(Rendering),
}

/// What a request sends.
pub(super) enum Content {
    Fixed(Bytes),
    Rendered(Rendering),
}

/// What is kept of an answer.
pub(super) struct Save {
    pub(super) slot: usize,
    pub(super) from: Found,
    /// The number of the check whether it was there.
    pub(super) check: Option<usize>,
}

/// The names of all checks of a thread, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct CheckNames(Vec<Rc<str>>);

impl CheckNames {
    /// The number of a check.
    pub(super) fn number(&mut self, name: &str) -> usize {
        let known = self.0.iter().position(|other| **other == *name);
        known.unwrap_or_else(|| {
            self.0.push(name.into());
            self.0.len() - 1
        })
    }

    /// A check with its number.
    pub(super) fn get(&self, number: usize) -> (usize, &str) {
        (number, self.0.get(number).map_or("", |name| &**name))
    }
}

fn allowed(rule: &model::Rule) -> Vec<RangeInclusive<u16>> {
    match rule {
        model::Rule::Status(ranges) => ranges.clone(),
        _ => Vec::new(),
    }
}

impl Call {
    /// Makes a request of a plan ready for a thread.
    pub(crate) fn new(
        call: &model::Call,
        plan: &TestPlan,
        http: &WorkerClient,
        names: &mut CheckNames,
    ) -> Self {
        let path = Rendering::text(&call.path);
        let content = match &call.body {
            model::Body::None => Rendering::default(),
            model::Body::Text(template) => Rendering::text(template),
            model::Body::Json(json) => Rendering::json(json),
        };
        let (headers, rendered) = headers(call, plan);
        let checks: Vec<_> =
            call.checks.iter().map(|check| (names.number(&check.name), Rule::new(&check.rule))).collect();
        let (saves, sells) = (saves(call, names), sells(call, plan, names));
        let asked = || std::iter::once(&path).chain([&content]);
        let all = || asked().chain(rendered.iter().map(|(_, value)| value));
        let templates = checks.iter().filter_map(|(_, rule)| rule.rendering());
        let draws = all().chain(templates).flat_map(Rendering::slots).filter_map(source).collect();
        Self {
            name: call.name.as_str().into(),
            method: call.method.clone(),
            draws: sorted(draws),
            needs: sorted(asked().flat_map(Rendering::saved).collect()),
            saved: sorted(all().flat_map(Rendering::saved).collect()),
            timeout: call.timeout,
            response_body: response_body(call),
            checks_status: call.checks.iter().any(|check| matches!(check.rule, model::Rule::Status(_))),
            allowed: call.checks.iter().flat_map(|check| allowed(&check.rule)).collect(),
            checks,
            saves,
            sells,
            url: match path.constant() {
                Some(path) => Url::Fixed(http.target(&url(&plan.host, path))),
                None => Url::Rendered(path),
            },
            content: match content.constant() {
                Some(text) => Content::Fixed(Bytes::copy_from_slice(text.as_bytes())),
                None => Content::Rendered(content),
            },
            headers,
            rendered,
        }
    }

    /// Whether an answer of that status is no failure.
    pub(super) fn expects(&self, status: u16) -> bool {
        EXPECTED.contains(&status) || self.allowed.iter().any(|range| range.contains(&status))
    }

    /// The same with the answer's body kept, whether or not the plan looks at it.
    pub(crate) fn keeping_body(self) -> Self {
        Self { response_body: ResponseBody::Keep, ..self }
    }

    /// Whether any of its placeholders is a kept value.
    pub(crate) fn uses_saved(&self) -> bool {
        !self.saved.is_empty()
    }

    /// Whether there is nothing to do with an answer but to count it.
    pub(super) fn is_plain(&self) -> bool {
        self.checks.is_empty() && self.saves.is_empty() && self.sells.is_empty()
    }
}

/// Whether a path of a plan is a whole URL.
pub(super) fn is_whole(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

fn url(host: &str, path: &str) -> String {
    if is_whole(path) { path.to_owned() } else { format!("{host}{path}") }
}

/// The headers of all requests, then its own in the place of those with the same name.
fn headers(call: &model::Call, plan: &TestPlan) -> (HeaderMap, Vec<(HeaderName, Rendering)>) {
    let own = |name: &HeaderName| call.headers.iter().any(|(other, _)| other == name);
    let common = plan.headers.iter().filter(|(name, _)| !own(name));
    let (mut fixed, mut rendered) = (HeaderMap::new(), Vec::new());
    for (name, template) in common.chain(&call.headers) {
        let value = Rendering::text(template);
        match value.constant().map(HeaderValue::from_str) {
            Some(Ok(text)) => {
                fixed.insert(name, text);
            }
            // What cannot be sent is told by the request's sample.
            Some(Err(_)) | None => rendered.push((name.clone(), value)),
        }
    }
    let said = rendered.iter().any(|(name, _)| *name == header::CONTENT_TYPE);
    if matches!(call.body, model::Body::Json(_)) && !said {
        let json = HeaderValue::from_static("application/json");
        fixed.entry(header::CONTENT_TYPE).or_insert(json);
    }
    (fixed, rendered)
}

fn saves(call: &model::Call, names: &mut CheckNames) -> Vec<Save> {
    let save = |save: &model::Save| Save {
        slot: save.slot,
        from: save.from.clone(),
        check: Some(names.number(&format!("{}: saves {}", call.name, save.name))),
    };
    call.saves.iter().map(save).collect()
}

fn sells(call: &model::Call, plan: &TestPlan, names: &mut CheckNames) -> Vec<(usize, Sold, Option<usize>)> {
    let sell = |(audit, sold): &(usize, Sold)| {
        let told = plan.audits.get(*audit).filter(|_| !matches!(sold, Sold::Fixed(_)));
        let check = told.map(|audit| names.number(&format!("{}: sells {}", call.name, audit.name)));
        (*audit, sold.clone(), check)
    };
    call.sells.iter().map(sell).collect()
}

fn source(slot: &Slot) -> Option<usize> {
    match slot {
        Slot::Data(at) | Slot::Column(at, _) => Some(*at),
        Slot::Saved(_) | Slot::Range(_) | Slot::Choice(_) | Slot::Vu | Slot::Iteration => None,
    }
}

fn sorted(mut positions: Vec<usize>) -> Vec<usize> {
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// Bodies are kept where something looks at them.
fn response_body(call: &model::Call) -> ResponseBody {
    let checked = call.checks.iter().any(|check| match check.rule {
        model::Rule::Contains(_) | model::Rule::Matches(_) | model::Rule::Json(..) => true,
        model::Rule::Status(_) | model::Rule::Within(_) => false,
    });
    let saved = call.saves.iter().any(|save| matches!(save.from, Found::Json(_)));
    let sold = call.sells.iter().any(|(_, sold)| matches!(sold, Sold::Answered(_)));
    if checked || saved || sold { ResponseBody::Keep } else { ResponseBody::Discard }
}
