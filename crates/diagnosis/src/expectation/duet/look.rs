//! What a duet came to, as an observation.

use flashcrowd_record::{Duet, DuetAnswer, DuetObstacle, DuetTimes, Mark};

use super::super::case::Case;
use super::super::terms::{Looked, Observation};

/// The name under which duets expect this of themselves.
pub(crate) const NAME: &str = "duet";

pub(in super::super) fn look(case: &Case<'_>) -> Looked {
    let Some(duet) = case.evidence.results.and_then(|results| results.duet.as_ref()) else {
        let is_cut = case.evidence.results.is_none();
        return Err(Observation::not_measured(if is_cut { "duet-cut" } else { "duet-none" }).into());
    };
    let times = match &duet.request {
        None => duet.times,
        Some(name) => duet.requests.iter().find(|one| one.name == *name).and_then(|one| one.times),
    };
    let seen = match duet.answer {
        DuetAnswer::Slower if duet.request.is_some() => measured(duet, times, "duet-slower-request"),
        DuetAnswer::Slower => measured(duet, times, "duet-slower"),
        DuetAnswer::Faster => measured(duet, times, "duet-faster"),
        DuetAnswer::NoDifference => measured(duet, times, "duet-no-difference"),
        DuetAnswer::FailsMore => measured(duet, times, "duet-fails-more"),
        DuetAnswer::FailsLess => measured(duet, times, "duet-fails-less"),
        DuetAnswer::Unknown => return Err(with_figures(unmeasured(duet), duet, times).into()),
    };
    Ok(seen)
}

fn measured(duet: &Duet, times: Option<DuetTimes>, note: &'static str) -> Observation {
    let mark = match duet.answer {
        DuetAnswer::Slower | DuetAnswer::FailsMore => Mark::Fail,
        DuetAnswer::Faster | DuetAnswer::FailsLess | DuetAnswer::NoDifference => Mark::Pass,
        DuetAnswer::Unknown => Mark::NotMeasured,
    };
    let seen = match times {
        Some(times) => Observation::truth(true, note).shown(rounded(times.difference * 100.0), "%"),
        None => Observation::truth(true, note),
    };
    with_figures(seen.marked(mark), duet, times)
}

fn unmeasured(duet: &Duet) -> Observation {
    Observation::not_measured(match duet.obstacle.unwrap_or(DuetObstacle::TooShort) {
        DuetObstacle::TooShort => "duet-too-short",
        DuetObstacle::NoPairs => "duet-no-pairs",
        DuetObstacle::Elsewhere => "duet-elsewhere",
        DuetObstacle::AFails => "duet-a-fails",
        DuetObstacle::BothFail => "duet-both-fail",
        DuetObstacle::MostlyFailed => "duet-mostly-failed",
        DuetObstacle::NotTheSame => "duet-not-the-same",
    })
}

fn with_figures(seen: Observation, duet: &Duet, times: Option<DuetTimes>) -> Observation {
    let mut seen = seen
        .figure("pairs", duet.pairs as f64)
        .figure("unpaired", duet.unpaired as f64)
        .figure("only_a", duet.failures.only_a as f64)
        .figure("only_b", duet.failures.only_b as f64)
        .figure("margin", duet.rules.margin * 100.0);
    if let Some(name) = &duet.request {
        seen = seen.label("request", name);
    }
    let Some(times) = times else { return seen };
    seen = seen.figure("difference", rounded(times.difference * 100.0));
    for (name, bound) in [("lower", times.lower), ("upper", times.upper)] {
        if let Some(bound) = bound {
            seen = seen.figure(name, rounded(bound * 100.0));
        }
    }
    seen
}

/// To hundredths: what is shown is what is recorded.
fn rounded(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}
