//! What an iteration did at one variant, by the samples that it added.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_metrics::{Builtin, Sample, TagSet, names};

use crate::pair::{Timed, Visit};

/// How many sets of tags a thread remembers.
const KEPT: usize = 10_000;

/// The names of requests, which are the same at both variants, on one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestNames(Rc<RefCell<HashMap<TagSet, Arc<str>>>>);

impl RequestNames {
    fn of(&self, tags: &TagSet) -> Arc<str> {
        let mut known = self.0.borrow_mut();
        if let Some(name) = known.get(tags) {
            return name.clone();
        }
        let name: Arc<str> = name(tags).into();
        if known.len() < KEPT {
            known.insert(tags.clone(), name.clone());
        }
        name
    }

    /// Adds samples to what is known of an iteration.
    pub(crate) fn record(&self, samples: &[Sample], expected: Option<&str>, visit: &mut Visit) {
        for sample in samples {
            match sample.metric {
                Builtin::HTTP_REQ_DURATION => {
                    visit.elsewhere += u64::from(is_elsewhere(&sample.tags, expected));
                    visit.requests.push(Timed {
                        name: self.of(&sample.tags),
                        millis: sample.value,
                        failed: sample.tags.get(names::tag::STATUS) == Some("0"),
                    });
                }
                // It comes after the time of the same request.
                Builtin::HTTP_REQ_FAILED if sample.value > 0.0 => {
                    if let Some(last) = visit.requests.last_mut() {
                        last.failed = true;
                    }
                }
                Builtin::CHECKS if sample.value == 0.0 => visit.failed = true,
                _ => {}
            }
        }
    }
}

/// Whether a request went somewhere else; not where its name is not its URL.
fn is_elsewhere(tags: &TagSet, expected: Option<&str>) -> bool {
    let url = tags.get(names::tag::NAME).filter(|name| name.contains("://"));
    url.zip(expected).is_some_and(|(url, expected)| !url.starts_with(expected))
}

/// The name of a request. A URL is told by its method and path: its origin is what differs between the variants.
fn name(tags: &TagSet) -> String {
    let name = tags.get(names::tag::NAME).or(tags.get(names::tag::URL)).unwrap_or_default();
    let Some((_, rest)) = name.split_once("://") else { return name.to_owned() };
    let path = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
    match tags.get(names::tag::METHOD) {
        Some(method) => format!("{method} {path}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sample(
        metric: flashcrowd_metrics::MetricId,
        value: f64,
        tags: &[(&'static str, &'static str)],
    ) -> Sample {
        Sample { metric, tags: TagSet::from_pairs(tags.iter().copied()), value, at: Duration::ZERO }
    }

    #[test]
    fn requests_and_failures_are_recognized() {
        let get = [("name", "http://a.test:81/x?y=1"), ("method", "GET"), ("status", "200")];
        let lost = [("name", "buy"), ("method", "POST"), ("status", "0")];
        let samples = [
            sample(Builtin::HTTP_REQ_DURATION, 5.0, &get),
            sample(Builtin::HTTP_REQ_FAILED, 1.0, &get),
            sample(Builtin::HTTP_REQ_DURATION, 6.0, &get),
            sample(Builtin::HTTP_REQ_FAILED, 0.0, &get),
            sample(Builtin::HTTP_REQ_DURATION, 7.0, &lost),
            sample(Builtin::CHECKS, 1.0, &get),
        ];
        let (names, mut visit) = (RequestNames::default(), Visit::default());
        names.record(&samples, Some("http://b.test"), &mut visit);
        let found: Vec<_> = visit.requests.iter().map(|one| (&*one.name, one.millis, one.failed)).collect();
        assert_eq!(found, [("GET /x?y=1", 5.0, true), ("GET /x?y=1", 6.0, false), ("buy", 7.0, true)]);
        assert_eq!((visit.failed, visit.elsewhere), (false, 2));
        names.record(&[sample(Builtin::CHECKS, 0.0, &get)], None, &mut visit);
        assert!(visit.failed);
    }
}
