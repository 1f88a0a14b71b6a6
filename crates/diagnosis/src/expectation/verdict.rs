//! Judging an expectation is to compare what was observed with what was promised.

use flashcrowd_record::{ExpectationResult, Judgement, Mark};
use flashcrowd_text::Lang;

use super::case::Case;
use super::reading::read;
use super::table::expectation_text;
use super::terms::Promise;
use super::terms::{Found, Observation};
use super::terms::{Op, Target};
use crate::course::Course;
use crate::evidence::Evidence;

/// A target that is missed by no more than this part of it is a warning.
const CLOSE: f64 = 0.1;

/// Numbers that differ by less are equal: what is left of a calculation.
const EQUAL: f64 = 1e-9;

/// Judges one expectation, as written, by a run whose steps are known.
pub(crate) fn judged(
    evidence: &Evidence<'_>,
    course: &Course<'_>,
    judgement: &Judgement,
    name: &str,
    target: &str,
) -> ExpectationResult {
    let (observation, mark) = match read(name, target) {
        Ok((kind, promise)) => {
            let case = Case { evidence, course, judgement, promise: &promise };
            let observation = (kind.look)(&case).unwrap_or_else(|nothing| *nothing);
            let mark = mark(&promise, &observation);
            (observation, mark)
        }
        Err(error) => {
            let unknown = Observation::not_measured("not-understood").label("problem", error.to_string());
            (unknown, Mark::NotMeasured)
        }
    };
    let mut result = ExpectationResult {
        name: name.to_owned(),
        target: target.to_owned(),
        value: observation.value,
        unit: observation.unit.to_owned(),
        result: mark,
        evidence: String::new(),
        note: observation.note.to_owned(),
        figures: observation.figures,
        labels: observation.labels,
    };
    result.evidence = expectation_text(Lang::En, &result);
    result
}

/// Whether a number meets the promise.
pub(super) fn meets(promise: &Promise, value: f64) -> bool {
    mark(promise, &Observation::number(value, "", "")) == Mark::Pass
}

fn mark(promise: &Promise, observation: &Observation) -> Mark {
    match (observation.found, promise.target) {
        (Found::Nothing, _) => Mark::NotMeasured,
        _ if observation.mark.is_some() => observation.mark.unwrap_or(Mark::NotMeasured),
        (Found::Truth(found), Target::Truth(wanted)) if found == wanted => Mark::Pass,
        (Found::Truth(_), _) | (Found::Number(_), Target::Truth(_)) => Mark::Fail,
        (Found::Number(value), Target::Bound { op, limit, .. }) => {
            let reach = if promise.counts_what_lacks { 100.0 - limit } else { limit };
            compared(op, value, limit, reach.abs() * CLOSE)
        }
    }
}

/// How a value compares with its limit, when it may miss it by `band` for a warning.
fn compared(op: Op, value: f64, limit: f64, band: f64) -> Mark {
    if value.is_nan() {
        return Mark::NotMeasured;
    }
    let equal = EQUAL * limit.abs().max(1.0);
    let holds = match op {
        Op::Below => value < limit,
        Op::AtMost => value <= limit + equal,
        Op::Above => value > limit,
        Op::AtLeast => value >= limit - equal,
        Op::Equal => (value - limit).abs() <= equal,
    };
    let missed = match op {
        Op::Below | Op::AtMost => value - limit,
        Op::Above | Op::AtLeast => limit - value,
        Op::Equal => (value - limit).abs(),
    };
    match () {
        () if holds => Mark::Pass,
        () if band > 0.0 && missed <= band + equal => Mark::Warn,
        () => Mark::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, target: &str, value: f64) -> Mark {
        let promise = read(name, target).unwrap().1;
        mark(&promise, &Observation::number(value, "", ""))
    }

    #[test]
    fn a_target_missed_by_a_tenth_is_a_warning() {
        for (name, target, value, expected) in [
            ("response_time_p99", "< 500ms", 499.9, Mark::Pass),
            ("response_time_p99", "< 500ms", 500.0, Mark::Warn),
            ("response_time_p99", "< 500ms", 550.0, Mark::Warn),
            ("response_time_p99", "< 500ms", 550.1, Mark::Fail),
            ("tps", "> 100", 100.0, Mark::Warn),
            ("tps", "100", 100.0, Mark::Pass),
            ("tps", "> 100", 90.0, Mark::Warn),
            ("tps", "> 100", 89.9, Mark::Fail),
            ("error_rate", "< 1%", 1.05, Mark::Warn),
            ("error_rate", "0%", 0.0, Mark::Pass),
            ("error_rate", "0%", 0.000_1, Mark::Fail),
            ("error_rate", "== 0", 0.0, Mark::Pass),
            ("checks", "> 99%", 98.95, Mark::Warn),
            ("checks", "> 99%", 98.8, Mark::Fail),
            ("stock_accuracy", "100%", 100.0, Mark::Pass),
            ("stock_accuracy", "100%", 99.999, Mark::Fail),
            ("dropped", "0", 1.0, Mark::Fail),
            ("concurrency", "== 50", 50.0, Mark::Pass),
            ("concurrency", "== 50", 46.0, Mark::Warn),
        ] {
            assert_eq!(check(name, target, value), expected, "{name}: {target} is {value}");
        }
        assert_eq!(check("tps", "> 100", f64::NAN), Mark::NotMeasured);
    }

    #[test]
    fn truths_have_no_band() {
        for (target, truth, expected) in
            [("true", true, Mark::Pass), ("false", true, Mark::Fail), ("false", false, Mark::Pass)]
        {
            let promise = read("memory_leak", target).unwrap().1;
            assert_eq!(mark(&promise, &Observation::truth(truth, "")), expected);
        }
    }
}
