//! The figures of runs against DynamoDB that no metric has: throttles by attempt, waiting by iteration, units by table.

use std::collections::BTreeSet;

use flashcrowd_metrics::names::metric;
use flashcrowd_record::CapacityKind;

use super::estimate::Ratio;
use super::figure::{Figure, Worse};
use super::frame::Frame;
use super::side::Side;
use crate::course::Second;
use crate::dynamodb::{
    ATTEMPTS, BACK_OFF, CALLS, CONDITION_FAILED, CONFLICTS, GAVE_UP, Place, SERVED, THROTTLED,
    THROTTLED_TIME, consumed, place_name,
};

/// Which way a metric of such a run becomes worse; none where that does not depend on the target.
///
/// Attempts are made again because of throttles, and a throttle is answered fast: neither more of them nor faster ones
/// are better. Throttles, conflicts and calls given up grow with the calls a second: their shares are what becomes worse.
pub(super) fn direction(metric: &str) -> Option<Worse> {
    Some(match metric.split('{').next().unwrap_or_default() {
        SERVED => Worse::Less,
        THROTTLED | GAVE_UP | CONFLICTS => Worse::Neither,
        metric::HTTP_REQS | CONDITION_FAILED | THROTTLED_TIME => Worse::Neither,
        // How long a backoff is says how many there were before it; what matters is in the time of calls.
        BACK_OFF => Worse::Neither,
        name if name.starts_with("http_req_") && name != metric::HTTP_REQ_FAILED => Worse::Neither,
        _ => return None,
    })
}

/// The figures that both have, if both are runs against DynamoDB. One that is missing in one of them is zero there.
pub(super) fn of_dynamodb(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> Vec<Figure> {
    if !sides.iter().all(Side::is_dynamodb) {
        return Vec::new();
    }
    let of = |part: &'static str, all: &'static str| {
        move |second: &Second<'_>| Some((second.stat(part, "sum"), second.stat(all, "sum")))
    };
    let share = |name: &str, part, all| Figure::new(name, "%", Worse::More).share(frame, &of(part, all));
    let waited = of(BACK_OFF, metric::ITERATIONS);
    let waited: Ratio<'_> = &waited;
    let figures = [
        share("throttle rate", THROTTLED, ATTEMPTS),
        share("calls given up", GAVE_UP, CALLS),
        share("transaction conflicts", CONFLICTS, ATTEMPTS),
        Figure::new("back-off per iteration", "ms", Worse::More).ratio(frame, 1.0, [waited; 2]),
    ];
    figures.into_iter().chain(units(sides, frame)).filter(Figure::is_known).collect()
}

/// Units a second of each table and index that either has.
fn units(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> impl Iterator<Item = Figure> {
    let places: BTreeSet<Place> =
        sides.iter().flat_map(|side| &side.seconds).flat_map(|second| consumed(second).into_keys()).collect();
    places.into_iter().map(|place| {
        let kind = if place.kind == CapacityKind::Read { "read" } else { "write" };
        let name = format!("{} {kind} units", place_name(&place.table, place.index.as_deref()));
        let of: Ratio<'_> =
            &|second| Some((consumed(second).get(&place).copied().unwrap_or_default(), second.length()));
        Figure::new(name, "/s", Worse::Neither).ratio(frame, 1.0, [of; 2])
    })
}
