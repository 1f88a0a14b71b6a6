//! The numbers of runs against DynamoDB that no metric has: throttles by attempt, waiting by iteration, units by table.

use std::collections::BTreeSet;

use flashcrowd_record::CapacityKind;

use super::number::{Number, Worse};
use super::side::Side;
use crate::course::Second;
use crate::dynamodb::{ATTEMPTS, BACK_OFF, CALLS, GAVE_UP, Place, THROTTLED, consumed, place_name, sum};

/// Which way a metric of such a run becomes worse; none where that does not depend on the target.
///
/// Attempts are made again because of throttles, and a throttle is answered fast: neither more of them nor faster ones
/// are better.
pub(super) fn direction(metric: &str) -> Option<Worse> {
    Some(match metric.split('{').next().unwrap_or_default() {
        "dynamodb_served" => Worse::Less,
        "dynamodb_throttled" | "dynamodb_gave_up" | "dynamodb_conflicts" => Worse::More,
        "http_reqs" | "dynamodb_condition_failed" | "dynamodb_throttled_time" => Worse::Neither,
        // How long a back-off is says how many there were before it; what matters is in the time of calls.
        "dynamodb_back_off" => Worse::Neither,
        name if name.starts_with("http_req_") && name != "http_req_failed" => Worse::Neither,
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
    let waited = ratio(sides, "back-off per iteration", "ms", [BACK_OFF, "iterations"], 1.0);
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
