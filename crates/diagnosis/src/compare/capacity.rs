//! The numbers of runs against DynamoDB that no metric has: throttles by attempt, waiting by iteration, units by table.

use std::collections::BTreeSet;

use flashcrowd_metrics::names::metric;
use flashcrowd_record::CapacityKind;

use super::number::{Number, Worse};
use super::side::Side;
use crate::course::Second;
use crate::dynamodb::{
    ATTEMPTS, BACK_OFF, CALLS, CONDITION_FAILED, CONFLICTS, GAVE_UP, Place, SERVED, THROTTLED,
    THROTTLED_TIME, consumed, place_name, sum,
};

/// Which way a metric of such a run becomes worse; none where that does not depend on the target.
///
/// Attempts are made again because of throttles, and a throttle is answered fast: neither more of them nor faster ones
/// are better.
pub(super) fn direction(metric: &str) -> Option<Worse> {
    Some(match metric.split('{').next().unwrap_or_default() {
        SERVED => Worse::Less,
        THROTTLED | GAVE_UP | CONFLICTS => Worse::More,
        metric::HTTP_REQS | CONDITION_FAILED | THROTTLED_TIME => Worse::Neither,
        // How long a backoff is says how many there were before it; what matters is in the time of calls.
        BACK_OFF => Worse::Neither,
        name if name.starts_with("http_req_") && name != metric::HTTP_REQ_FAILED => Worse::Neither,
        _ => return None,
    })
}

/// The numbers that both have, if both are runs against DynamoDB. One that is missing in one of them is zero there.
pub(super) fn of_dynamodb(sides: &[Side<'_>; 2]) -> Vec<Number> {
    if !sides.iter().all(Side::is_dynamodb) {
        return Vec::new();
    }
    let throttled = ratio(sides, "throttle rate", "%", [THROTTLED, ATTEMPTS], 100.0);
    let given_up = ratio(sides, "calls given up", "%", [GAVE_UP, CALLS], 100.0);
    let waited = ratio(sides, "back-off per iteration", "ms", [BACK_OFF, metric::ITERATIONS], 1.0);
    [throttled, given_up, waited].into_iter().chain(units(sides)).collect()
}

/// What one counter comes to for each of another.
fn ratio(
    sides: &[Side<'_>; 2],
    name: &str,
    unit: &'static str,
    [part, all]: [&str; 2],
    scale: f64,
) -> Number {
    let of = |seconds: &[Second<'_>]| {
        let all = sum(seconds, all);
        (all > 0.0).then(|| scale * sum(seconds, part) / all)
    };
    let [before, after] = sides.each_ref().map(|side| of(&side.seconds));
    Number::new(name.to_owned(), unit, Worse::More)
        .whole(before, after)
        .measured(sides, |second| of(&[*second]))
}

/// Units a second of each table and index that either has.
fn units(sides: &[Side<'_>; 2]) -> impl Iterator<Item = Number> {
    let places: BTreeSet<Place> =
        sides.iter().flat_map(|side| &side.seconds).flat_map(|second| consumed(second).into_keys()).collect();
    places.into_iter().map(|place| {
        let kind = if place.kind == CapacityKind::Read { "read" } else { "write" };
        let name = format!("{} {kind} units", place_name(&place.table, place.index.as_deref()));
        let of = |second: &Second<'_>| consumed(second).get(&place).copied().unwrap_or_default();
        let [before, after] = sides.each_ref().map(|side| {
            let length: f64 = side.seconds.iter().map(Second::length).sum();
            (length > 0.0).then(|| side.seconds.iter().map(of).sum::<f64>() / length)
        });
        Number::new(name, "/s", Worse::Neither)
            .whole(before, after)
            .measured(sides, |second| Some(of(second) / second.length()))
    })
}
