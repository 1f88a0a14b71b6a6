//! The error rate is stable when it did not rise under a load that did not change.
//!
//! It rose when the last third of the soak has more errors than the first by more than 1 point and by more than three
//! standard errors of the two shares, or when the error rates of twelve blocks have an upward trend (Mann and Kendall,
//! p < 0.01) of more than 1 point.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::soak::{BLOCKS, by_block, soak};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::Second;
use crate::stats::robust::mean;
use crate::stats::trend::Trend;
use crate::tally::Tally;

/// A rise that is more likely than this by chance is none.
const CHANCE: f64 = 0.01;

/// A smaller rise of the share does not matter.
const MATTERS: f64 = 0.01;

/// A rise has to exceed this many standard errors.
const STANDARD_ERRORS: f64 = 3.0;

messages! {
    fn stable(first: &str, last: &str, seconds: &str) {
        en: "{first}% of the requests failed in the first third of {seconds} s of steady load, {last}% in the last",
        ko: "일정 부하 {seconds}초 중 처음 1/3의 오류율은 {first}%, 마지막 1/3은 {last}%로 안정적입니다",
    }
    fn rising(first: &str, last: &str, seconds: &str) {
        en: "errors rose: {first}% of the requests failed in the first third of {seconds} s of steady load, {last}% in the last",
        ko: "오류율이 증가했습니다. 일정 부하 {seconds}초 중 처음 1/3은 {first}%, 마지막 1/3은 {last}%입니다",
    }
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = soak(case)?;
    let third = seconds.len() / 3;
    let first = Tally::of(&seconds[..third], None);
    let last = Tally::of(&seconds[seconds.len() - third..], None);
    let (Some(before), Some(after)) = (first.error_rate(), last.error_rate()) else {
        return Err(Observation::not_measured("no-request").into());
    };
    let variance = |share: f64, count: f64| share * (1.0 - share) / count;
    let spread = (variance(before, first.requests) + variance(after, last.requests)).sqrt();
    let is_higher = after - before > (STANDARD_ERRORS * spread).max(MATTERS);
    let points: Vec<(f64, f64)> =
        seconds.iter().filter_map(|second| Some((second.end, second.error_rate()?))).collect();
    let rises = Trend::of(&by_block(&points, BLOCKS, mean))
        .is_some_and(|trend| trend.p_value < CHANCE && trend.end - trend.start > MATTERS);
    let is_stable = !is_higher && !rises;
    let seen = Observation::truth(is_stable, if is_stable { "errors-stable" } else { "errors-rising" })
        .figure("first", before * 100.0)
        .figure("last", after * 100.0)
        .figure("seconds", seconds.iter().map(Second::length).sum());
    Ok(seen)
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (first, last) = (said.percent("first"), said.percent("last"));
    let seconds = said.number("seconds");
    Some(match said.note() {
        "errors-stable" => stable(lang, &first, &last, &seconds),
        "errors-rising" => rising(lang, &first, &last, &seconds),
        _ => return None,
    })
}
