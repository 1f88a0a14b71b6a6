//! A row is one kind of requests in one interval: those that share name, method, status and error code.

use flashcrowd_metrics::names;
use flashcrowd_record::TimelineRow;

/// The statuses with which a target that works turns a request down: payment required, sold out, gone.
const REFUSALS: [&str; 3] = ["402", "409", "410"];

/// A tag of a row, empty where it has none.
pub(crate) fn tag<'a>(row: &'a TimelineRow, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}

/// Whether the row is of requests that are part of the load, and not of setup or teardown.
pub(crate) fn is_load(row: &TimelineRow) -> bool {
    let group = tag(row, names::tag::GROUP);
    row.view == names::view::REQUESTS
        && !["::setup", "::teardown"].iter().any(|other| group.starts_with(other))
}

/// Whether requests of the row got an answer, whatever it was.
pub(crate) fn is_answered(row: &TimelineRow) -> bool {
    tag(row, names::tag::STATUS) != "0"
}

/// Whether requests of the row were turned down by a target that works.
pub(crate) fn is_refusal(row: &TimelineRow) -> bool {
    REFUSALS.contains(&tag(row, names::tag::STATUS))
}
