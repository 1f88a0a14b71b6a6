//! Unconfirmed requests may have had an effect that their sender was not told of: they got an error of the server, or no
//! response.

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::Results;

/// Methods that change nothing.
const READS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// How many requests that could change something got a 5xx or no response.
pub(crate) fn unconfirmed(results: &Results) -> f64 {
    let rows =
        results.rows.iter().filter(|row| row.view == view::REQUESTS && row.metric == metric::HTTP_REQS);
    let is_unconfirmed = |tags: &std::collections::BTreeMap<String, String>| {
        let tag = |name: &str| tags.get(name).map_or("", String::as_str);
        let status = tag(tag::STATUS).parse::<u16>().unwrap_or_default();
        !READS.contains(&tag(tag::METHOD)) && (status == 0 || status >= 500)
    };
    rows.filter(|row| is_unconfirmed(&row.tags)).map(|row| row.stats.value("count")).sum()
}
