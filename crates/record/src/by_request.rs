//! A request is all rows of the view `requests` with the same name and method, whatever its scenario, group and status.
//!
//! Its times are those of all these rows together: distributions are merged, percentiles never averaged. What setup and
//! teardown request is no part of it.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::{tag, view};
use flashcrowd_metrics::{Builtin, Sink, SinkKey, Totals};

/// The tags that make a request.
const TAGS: [&str; 2] = [tag::METHOD, tag::NAME];

/// The groups of what runs before and after the load.
const NOT_LOAD: [&str; 2] = ["::setup", "::teardown"];

/// The tags of the request that a row of `requests` is a part of; none of a row that is no part of the load.
pub(crate) fn request_of(tags: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let group = tags.get(tag::GROUP).map_or("", String::as_str);
    let tags = TAGS.iter().filter_map(|name| Some(((*name).to_owned(), tags.get(*name)?.clone())));
    (!NOT_LOAD.iter().any(|other| group.starts_with(other))).then(|| tags.collect())
}

/// The times of each request of the load.
pub(crate) fn times_by_request(totals: &Totals) -> BTreeMap<BTreeMap<String, String>, Sink> {
    let plan = totals.plan();
    let mut found: BTreeMap<BTreeMap<String, String>, Sink> = BTreeMap::new();
    for (key, sink, _) in totals.iter() {
        let SinkKey::Row { view: at, metric, tags } = key else { continue };
        if plan.views[*at].name != view::REQUESTS || *metric != Builtin::HTTP_REQ_DURATION {
            continue;
        }
        let tags = tags.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let Some(request) = request_of(&tags) else { continue };
        found.entry(request).and_modify(|sum| sum.merge(sink)).or_insert_with(|| sink.clone());
    }
    found
}
