//! Recovery is the time until latency and errors are back where they were.
//!
//! After a spike it is counted from the spike's end until p95 and error rate are back in the band that they had before it:
//! p95 + max(3 · MAD, 20%, 5 ms), and for errors median + max(3 · MAD, 1 point). A second is outside if more than 5% of its
//! requests take longer, or more fail, than chance explains. The target has recovered where the seconds outside end: at
//! the moment up to which they exceed those inside by most. Without a spike it is the longest outage: from the first
//! second in error to the last.
//!
//! Requests that were turned down, as sold out, are no failures. What is compared with has to be healthy: in its median
//! second fewer than 10% of the requests fail. A target that did not recover while it was observed took at least so long:
//! the promise is broken if that is longer than promised, and else not measured.

use flashcrowd_record::{Mark, Phase};
use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::crash::loaded;
use super::terms::{Looked, Observation};
use super::text::Said;
use super::verdict::meets;
use crate::course::{Course, Second};
use crate::pace::Pace;
use crate::stats::robust::{least_share, mad, median};
use crate::tally::Tally;

/// How far above the median the band reaches, in median distances from it.
const SPREAD: f64 = 3.0;

/// How far it reaches at least: relative, in milliseconds, and as a share of errors.
const WIDER: f64 = 0.2;
const WIDER_MS: f64 = 5.0;
const WIDER_ERRORS: f64 = 0.01;

/// The share of the requests above the 95th percentile.
const ABOVE: f64 = 0.05;

/// A share exceeds another if it does by this many standard errors.
const BEYOND_CHANCE: f64 = 2.33;

/// A recovered target is observed for this many seconds; this share of all later seconds may be outside the band.
const CALM: usize = 3;
const STRAYS: f64 = 0.1;

/// A second is in error if the error rate exceeds the usual one by this much.
const IN_ERROR: f64 = 0.1;

/// Where as many requests fail, the target is not healthy.
const SICK: f64 = 0.1;

/// At least this many healthy seconds, and this share of all, define what is usual where most are not healthy.
const HEALTHY_SECONDS: usize = 3;
const HEALTHY_PART: f64 = 0.05;

/// Where this many responses are usual, none at all is an error.
const USUAL: f64 = 10.0;

/// Errors that pause for this many seconds are still one outage.
const PAUSE: usize = 3;

/// A second next to an outage is part of it as far as answers are missing, when more than this share is.
const MISSING: f64 = 0.1;

messages! {
    fn back(at: &str, seconds: &str, p95: &str, errors: &str) {
        en: "{seconds} s after the spike's end at second {at}, p95 was below {p95} and the error rate below {errors}%, as before the spike",
        ko: "스파이크가 {at}초에 끝나고 {seconds}초 뒤 p95가 {p95}, 오류율이 {errors}% 아래로 스파이크 이전 수준을 회복했습니다",
    }
    fn back_to_own(at: &str, seconds: &str, p95: &str, errors: &str) {
        en: "{seconds} s after the spike's end at second {at}, p95 was below {p95} and the error rate below {errors}%, as at the end of the run; there is no healthy step before the spike to compare with",
        ko: "스파이크가 {at}초에 끝나고 {seconds}초 뒤 p95가 {p95}, 오류율이 {errors}% 아래로 안정되었습니다. 비교할 정상적인 스파이크 이전 단계는 없습니다",
    }
    fn never(at: &str, seconds: &str, p95: &str, errors: &str) {
        en: "not recovered: within {seconds} s after the spike's end at second {at}, p95 and the error rate did not stay below {p95} and {errors}%",
        ko: "회복되지 않았습니다. 스파이크가 {at}초에 끝난 뒤 {seconds}초 동안 p95 {p95}, 오류율 {errors}% 아래로 유지되지 못했습니다",
    }
    fn not_yet(at: &str, seconds: &str) {
        en: "not measured: the target had not recovered when the run ended {seconds} s after the spike's end at second {at}, which is too early to tell",
        ko: "측정되지 않았습니다. 스파이크가 {at}초에 끝난 뒤 {seconds}초 만에 테스트가 끝났고 그때까지 회복되지 않아 판단하기에는 이릅니다",
    }
    fn outage_not_over(at: &str, seconds: &str) {
        en: "not measured: requests failed or got no response from second {at} until the run ended {seconds} s later, which is too early to tell how long it takes",
        ko: "측정되지 않았습니다. {at}초 시점부터 테스트가 끝날 때까지 {seconds}초 동안 요청이 실패하거나 응답이 없었으며, 회복에 걸리는 시간을 판단하기에는 이릅니다",
    }
    fn never_healthy(at: &str, seconds: &str) {
        en: "not recovered: at least 10% of the requests failed before the spike, and still did {seconds} s after its end at second {at}",
        ko: "회복되지 않았습니다. 스파이크 이전은 물론 스파이크가 {at}초에 끝난 뒤 {seconds}초 동안에도 요청의 10% 이상이 실패했습니다",
    }
    fn sick_from_the_first(at: &str, seconds: &str) {
        en: "not recovered: at least 10% of the requests failed until {seconds} s after the spike's end at second {at}; there is no step before it",
        ko: "회복되지 않았습니다. 스파이크가 {at}초에 끝난 뒤 {seconds}초 동안에도 요청의 10% 이상이 실패했습니다. 스파이크 이전 단계는 없습니다",
    }
    fn no_health(errors: &str) {
        en: "not measured: {errors}% of the requests failed in the best part of the run, so there is no healthy state to recover to",
        ko: "측정되지 않았습니다. 가장 양호한 구간에서도 요청의 {errors}%가 실패하여 회복 기준으로 삼을 정상 구간이 없습니다",
    }
    fn no_tail() {
        en: "not measured: the run ended before there was a second after the spike to evaluate",
        ko: "측정되지 않았습니다. 스파이크 이후를 확인하기 전에 테스트가 끝났습니다",
    }
    fn outage(at: &str, seconds: &str) {
        en: "requests failed or got no response for {seconds} s from second {at}",
        ko: "{at}초 시점부터 {seconds}초 동안 요청이 실패하거나 응답이 없었습니다",
    }
    fn outage_to_end(at: &str, seconds: &str) {
        en: "not recovered: requests failed or got no response from second {at} until the end, for {seconds} s",
        ko: "회복되지 않았습니다. {at}초 시점부터 끝까지 {seconds}초 동안 요청이 실패하거나 응답이 없었습니다",
    }
    fn undisturbed() {
        en: "there was nothing to recover from: neither a spike nor a second with more failed requests than usual",
        ko: "회복이 필요한 상황이 없었습니다. 스파이크도, 평소보다 오류가 많은 구간도 없었습니다",
    }
}

/// Where p95 and errors belong.
#[derive(Clone, Copy, Debug)]
struct Band {
    p95: f64,
    errors: f64,
    /// Requests per second.
    rate: f64,
    /// Whether it is that of the time before the spike.
    is_before: bool,
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let course = case.course;
    if course.seconds.iter().all(|second| second.requests() == 0.0) {
        return Err(Observation::not_measured("no-request").into());
    }
    match spike(course.phases) {
        Some(at) => after_spike(case, at),
        None => longest_outage(case),
    }
}

/// A target that did not recover while it was observed: whether the promise is broken depends on how long that was.
fn not_recovered(case: &Case<'_>, seconds: f64, note: &'static str, too_early: &'static str) -> Observation {
    let seen = match meets(case.promise, seconds) {
        true => Observation::not_measured(too_early),
        false => Observation::number(seconds, "s", note).marked(Mark::Fail),
    };
    seen.figure("seconds", seconds)
}

/// The position of the phase with the largest load, if a smaller one follows.
fn spike(phases: &[Phase]) -> Option<usize> {
    let load = |phase: &Phase| phase.rate.or(phase.users.map(|users| users as f64)).unwrap_or_default();
    let largest = phases.iter().map(load).reduce(f64::max)?;
    let at = phases.iter().rposition(|phase| load(phase) >= largest)?;
    let next = load(phases.get(at + 1)?);
    (next > 0.0 && next < largest).then_some(at)
}

fn after_spike(case: &Case<'_>, at: usize) -> Looked {
    let course = case.course;
    let (spike, next) = (&course.phases[at], &course.phases[at + 1]);
    let tail = course.between(spike.end, next.end);
    let Some(last) = tail.last() else { return Err(Observation::not_measured("no-tail").into()) };
    let observed = last.end - spike.end;
    let before = at.checked_sub(1).and_then(|before| band(&course.settled(&course.phases[before]), true));
    let Some(band) = before.or_else(|| band(&tail[tail.len() * 2 / 3..], false)) else {
        let note = if at > 0 { "never-healthy" } else { "sick-from-the-first" };
        return Ok(not_recovered(case, observed, note, "not-yet").figure("at", spike.end));
    };
    let outside: Vec<f64> = tail.iter().map(|second| band.outside(second)).collect();
    let seen = match recovered(&outside) {
        Some(from) => {
            let last = from.checked_sub(1).map(|last| tail[last].start + outside[last] * tail[last].length());
            // Tenths of a second: intervals do not tell more.
            let seconds = last.map_or(0.0, |last| ((last - spike.end).max(0.0) * 10.0).round() / 10.0);
            let note = if band.is_before { "recovered" } else { "recovered-to-own" };
            Observation::number(seconds, "s", note).figure("seconds", seconds)
        }
        None => not_recovered(case, observed, "never", "not-yet"),
    };
    Ok(seen.figure("at", spike.end).figure("p95", band.p95).figure("errors", band.errors * 100.0))
}

/// The position of the first second of the recovered target, by the part of each second that is outside the band: the
/// one up to which the seconds outside exceed those inside by most, the earliest of several. None where too few are left,
/// or too many of them are outside.
fn recovered(outside: &[f64]) -> Option<usize> {
    let (mut excess, mut most, mut from) = (0_i64, 0_i64, 0);
    for (at, part) in outside.iter().enumerate() {
        excess += if *part > 0.0 { 1 } else { -1 };
        if excess > most {
            (most, from) = (excess, at + 1);
        }
    }
    let rest = &outside[from..];
    let strays = rest.iter().filter(|part| **part > 0.0).count();
    let is_calm = least_share(strays as f64, rest.len() as f64, BEYOND_CHANCE) <= STRAYS;
    (rest.len() >= CALM.min(outside.len()) && is_calm).then_some(from)
}

/// The band of some calm seconds; none where they are not healthy.
fn band(seconds: &[Second<'_>], is_before: bool) -> Option<Band> {
    let p95: Vec<f64> = seconds.iter().filter_map(|second| second.latency("p95")).collect();
    let errors: Vec<f64> = seconds.iter().filter_map(fault_rate).collect();
    let rates: Vec<f64> = seconds.iter().map(|second| second.requests() / second.length()).collect();
    let all = Tally::of(seconds, None).durations.percentile(100.0 * (1.0 - ABOVE))?;
    let usual = median(&errors).filter(|usual| *usual < SICK)?;
    Some(Band {
        p95: all + (SPREAD * mad(&p95)?).max(WIDER * all).max(WIDER_MS),
        errors: usual + (SPREAD * mad(&errors)?).max(WIDER_ERRORS),
        rate: median(&rates)?,
        is_before,
    })
}

impl Band {
    /// For which part of it a second is outside the band: zero for one inside.
    fn outside(&self, second: &Second<'_>) -> f64 {
        let requests = second.requests();
        if requests == 0.0 {
            // No answer is strange only where there usually are some.
            return if self.rate * second.length() < USUAL { 0.0 } else { 1.0 };
        }
        let times = Tally::of(&[*second], None).durations;
        let slow = times.share_above(self.p95).unwrap_or_default();
        let parts = [(slow, times.count(), ABOVE), (second.faults() / requests, requests, self.errors)];
        let exceeds = |(share, count, usual): &(f64, f64, f64)| {
            least_share(share * count, *count, BEYOND_CHANCE) > *usual
        };
        parts.iter().filter(|part| exceeds(part)).map(|part| part.0.min(1.0)).fold(0.0, f64::max)
    }
}

/// The share of the requests that failed, those that were turned down left out.
fn fault_rate(second: &Second<'_>) -> Option<f64> {
    let requests = second.requests();
    (requests > 0.0).then(|| (second.faults() / requests).min(1.0))
}

/// What is usual in a part of the run.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    /// Requests per second that do not fail.
    good: f64,
    /// The share of errors above which a second is in error.
    errors: f64,
}

fn longest_outage(case: &Case<'_>) -> Looked {
    let course = case.course;
    let seconds = loaded(course);
    let usual = usual(course)?;
    let pace = Pace::of(&seconds);
    let bad: Vec<bool> =
        seconds.iter().map(|second| is_in_error(second, usual_at(&usual, course, second), pace)).collect();
    let missing: Vec<f64> =
        seconds.iter().map(|second| missing(second, usual_at(&usual, course, second))).collect();
    let outage = runs(&bad)
        .into_iter()
        .map(|(first, last)| (span(&seconds, &missing, first, last), last))
        .max_by(|a, b| (a.0.1 - a.0.0).total_cmp(&(b.0.1 - b.0.0)));
    let Some(((start, end), last)) = outage else {
        return Ok(Observation::number(0.0, "s", "undisturbed"));
    };
    let seen = match last + 1 < seconds.len() {
        true => Observation::number(end - start, "s", "outage").figure("seconds", end - start),
        false => not_recovered(case, end - start, "outage-to-end", "outage-not-over"),
    };
    Ok(seen.figure("at", start))
}

/// What is usual in each phase; in the whole run where there are no phases. If the target never was healthy, that.
fn usual(course: &Course<'_>) -> Result<Vec<Usual>, Box<Observation>> {
    let parts: Vec<Vec<Second<'_>>> = match course.phases {
        [] => vec![loaded(course)],
        phases => phases.iter().map(|phase| course.settled(phase)).collect(),
    };
    let of = |seconds: &Vec<Second<'_>>| {
        let errors: Vec<f64> = seconds.iter().filter_map(fault_rate).collect();
        let goods: Vec<f64> = seconds.iter().map(Second::served_rate).filter(|good| *good > 0.0).collect();
        Some((median(&errors)?, Usual { good: median(&goods).unwrap_or_default(), errors: limit(&errors)? }))
    };
    let found: Vec<Option<(f64, Usual)>> = parts.iter().map(of).collect();
    let share = found.iter().flatten().map(|(share, _)| *share).fold(1.0, f64::min);
    let least = match share < SICK {
        true => found.iter().flatten().map(|(_, usual)| usual.errors).fold(1.0, f64::min),
        false => healthy(course)
            .ok_or_else(|| Observation::not_measured("no-health").figure("errors", share * 100.0))?,
    };
    // Where most of a phase is in error, that is not what is usual.
    Ok(found.into_iter().map(|usual| Usual { errors: least, ..usual.unwrap_or_default().1 }).collect())
}

/// The share of errors from which on a second is in error.
fn limit(errors: &[f64]) -> Option<f64> {
    Some(median(errors)? + (SPREAD * mad(errors)?).max(IN_ERROR))
}

/// That limit, by the healthy seconds of a run most of which is not; none where there are too few of them.
fn healthy(course: &Course<'_>) -> Option<f64> {
    let errors: Vec<f64> = loaded(course).iter().filter_map(fault_rate).collect();
    let needed = HEALTHY_SECONDS.max((errors.len() as f64 * HEALTHY_PART) as usize);
    let healthy: Vec<f64> = errors.into_iter().filter(|share| *share < SICK).collect();
    if healthy.len() >= needed { limit(&healthy) } else { None }
}

fn usual_at(usual: &[Usual], course: &Course<'_>, second: &Second<'_>) -> Usual {
    let middle = second.start.midpoint(second.end);
    let at = course.phases.iter().position(|phase| (phase.start..phase.end).contains(&middle)).unwrap_or(0);
    usual.get(at).copied().unwrap_or_default()
}

fn is_in_error(second: &Second<'_>, usual: Usual, pace: Pace) -> bool {
    match fault_rate(second) {
        Some(errors) => errors > usual.errors,
        None => (usual.good * second.length()).max(pace.expects(second)) >= USUAL,
    }
}

/// First and last of each run of seconds in error; short pauses do not end it.
fn runs(bad: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in (0..bad.len()).filter(|at| bad[*at]) {
        match runs.last_mut() {
            Some((_, last)) if at - *last <= PAUSE => *last = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}

/// For how much of a second successful responses are missing.
fn missing(second: &Second<'_>, usual: Usual) -> f64 {
    let share =
        if usual.good > 0.0 { (1.0 - second.served_rate() / usual.good).clamp(0.0, 1.0) } else { 1.0 };
    if share > MISSING { share * second.length() } else { 0.0 }
}

/// When an outage began and ended: its first and last second, and those beside it, count as far as answers are missing.
fn span(seconds: &[Second<'_>], missing: &[f64], first: usize, last: usize) -> (f64, f64) {
    let before = first.checked_sub(1).map_or(0.0, |before| missing[before]);
    let after = missing.get(last + 1).copied().unwrap_or_default();
    if first == last {
        let start = seconds[first].start - before;
        return (start, start + before + missing[first] + after);
    }
    (seconds[first].end - missing[first] - before, seconds[last].start + missing[last] + after)
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (at, seconds) = (said.number("at"), said.number("seconds"));
    let (p95, errors) = (said.time(lang, "p95"), said.percent("errors"));
    Some(match said.note() {
        "recovered" => back(lang, &at, &seconds, &p95, &errors),
        "recovered-to-own" => back_to_own(lang, &at, &seconds, &p95, &errors),
        "not-yet" => not_yet(lang, &at, &seconds),
        "outage-not-over" => outage_not_over(lang, &at, &seconds),
        "never" => never(lang, &at, &seconds, &p95, &errors),
        "never-healthy" => never_healthy(lang, &at, &seconds),
        "sick-from-the-first" => sick_from_the_first(lang, &at, &seconds),
        "no-health" => no_health(lang, &errors),
        "no-tail" => no_tail(lang),
        "outage" => outage(lang, &at, &seconds),
        "outage-to-end" => outage_to_end(lang, &at, &seconds),
        "undisturbed" => undisturbed(lang),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{ExpectationResult, Judgement, Record};

    use super::*;
    use crate::expectation::judged;
    use crate::simulator::{Answer, Load, Service, Simulation, Station, evidence};

    fn judge(record: &Record, target: &str) -> ExpectationResult {
        let evidence = evidence(record);
        judged(&evidence, &Course::of(&evidence), &Judgement::default(), "system_recovery_time", target)
    }

    /// A shop that answers so much later for so long after a spike that ends at second 35.
    fn slow_after(users: usize, sigma: f64, seconds: f64, later: f64, observed: f64) -> Simulation {
        let steps =
            [(20.0, Load::Users(users)), (15.0, Load::Users(users * 6)), (observed, Load::Users(users))];
        let service = Service::LogNormal { median: 20.0, sigma };
        Simulation::of(&steps, 200.0, Station { servers: usize::MAX, service }).fate(
            move |at, answer, rng| {
                let slow = (35.0..35.0 + seconds).contains(&at);
                // A stall of a second from time to time is no relapse.
                let stall = (50.0..51.0).contains(&at) && rng.f64() < 0.5;
                Answer { ms: answer.ms + if slow || stall { later } else { 0.0 }, ..answer }
            },
        )
    }

    #[test]
    fn a_shop_that_is_slow_for_eight_seconds_recovers_in_eight() {
        for (users, sigma, later) in [(20, 0.3, 400.0), (20, 0.9, 400.0), (5, 0.6, 700.0), (60, 0.5, 150.0)] {
            let values: Vec<f64> = (1..=20)
                .map(|seed| {
                    let record = slow_after(users, sigma, 8.0, later, 45.0).seed(seed).run();
                    let found = judge(&record, "< 10s");
                    assert_eq!(found.note, "recovered", "{found:?}");
                    found.value.unwrap()
                })
                .collect();
            let right = values.iter().filter(|value| (**value - 8.0).abs() <= 1.5).count();
            assert!(right >= 19, "{users} {sigma}: {values:?}");
        }
    }

    #[test]
    fn a_target_that_was_observed_too_briefly_is_not_measured() {
        let early = judge(&slow_after(20, 0.3, 60.0, 400.0, 3.0).run(), "< 10s");
        assert_eq!((early.result, early.value, early.note.as_str()), (Mark::NotMeasured, None, "not-yet"));
        let never = judge(&slow_after(20, 0.3, 60.0, 400.0, 35.0).run(), "< 10s");
        assert_eq!((never.result, never.value, never.note.as_str()), (Mark::Fail, Some(35.0), "never"));
    }

    #[test]
    fn a_sale_that_is_sold_out_has_nothing_to_recover_from() {
        let sold_out = |at, answer: Answer| match at > 25.0 {
            true => Answer { status: 409, ms: answer.ms / 4.0, ..answer },
            false => answer,
        };
        let spike = slow_after(20, 0.3, 0.0, 0.0, 45.0).fate(move |at, answer, _| sold_out(at, answer)).run();
        let found = judge(&spike, "< 10s");
        assert_eq!((found.result, found.value), (Mark::Pass, Some(0.0)), "{found:?}");
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let sale = Simulation::of(&[(50.0, Load::Users(20))], 100.0, station)
            .fate(move |at, answer, _| sold_out(at, answer))
            .run();
        let found = judge(&sale, "< 10s");
        assert_eq!((found.value, found.note.as_str()), (Some(0.0), "undisturbed"), "{found:?}");
    }
}
