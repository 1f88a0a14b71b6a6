//! `dropped-iterations`: iterations were due and no virtual user was free to start them.
//!
//! At least ten, and half a percent of those that were due. It is a symptom: there were too few virtual users, or the
//! target was too slow for the rate. How many virtual users would have been needed is Little's law: the rate at which
//! iterations were due while some were dropped, times the mean time of one, and a fifth more. Where the target gave way,
//! more virtual users only make its queue longer, and no number is told. It gave way when it broke, when a lock, a pool
//! or its processors were found to be at their limit, when it stopped answering, or when iterations took twice as long
//! as in the tenth of the seconds with the shortest ones.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use super::{lock, outage, pool, target_cpu};
use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::stats::little::in_system;
use crate::stats::robust::quantile;
use crate::words::{number, percent, time};

pub(crate) const ID: &str = "dropped-iterations";

const COUNT: f64 = 10.0;
const SHARE: f64 = 0.005;

/// Iterations that take longer than the shortest ones by this factor wait for the target.
const SLOWED: f64 = 2.0;

/// The share of the seconds whose iterations are the shortest.
const LIGHTEST: f64 = 0.1;

/// Virtual users beyond those that are needed on average.
const SPARE: f64 = 1.2;

messages! {
    fn title(count: &str) { en: "{count} iterations were dropped", ko: "반복 {count}건이 누락되었습니다" }
    fn seen(share: &str, second: &str, vus: &str, rate: &str, length: &str) {
        en: "{share}% of the iterations that were due from second {second} found none of the {vus} virtual users idle: {rate}/s that take {length} each. The target received less load than configured.",
        ko: "{second}초부터 시작되어야 할 반복의 {share}%가 유휴 가상 사용자가 없어 누락되었습니다(가상 사용자 {vus}명, 초당 {rate}건, 반복당 {length}). 대상이 받은 부하는 설정한 부하보다 작습니다.",
    }
    fn more(needed: &str) {
        en: "Allow {needed} virtual users (maxVUs), and start them before the run (preAllocatedVUs).",
        ko: "가상 사용자를 {needed}명까지 허용하고(maxVUs) 시작 전에 미리 준비하십시오(preAllocatedVUs).",
    }
    fn usual(usual: &str) {
        en: " In the lightest seconds, an iteration took {usual}.",
        ko: " 부하가 가장 가벼울 때는 반복당 {usual}였습니다.",
    }
    fn target_first() {
        en: "The target was too slow for this rate: find its bottleneck first. More virtual users would only make its queue longer.",
        ko: "대상이 이 처리율을 감당하지 못했으므로 대상의 병목부터 찾으십시오. 가상 사용자를 늘리면 대기열만 길어집니다.",
    }
    fn lower_rate() {
        en: "Until then, test at the rate that it serves.",
        ko: "그 전까지는 대상이 처리할 수 있는 처리율로 테스트하십시오.",
    }
    fn or_slow() {
        en: "If that is far more than expected, the target is too slow for this rate: check its response times first.",
        ko: "예상보다 훨씬 많다면 대상이 이 처리율을 감당하지 못하는 것이므로 응답 시간부터 확인하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let dropped = |second: &Second<'_>| second.stat(metric::DROPPED_ITERATIONS, "sum");
    let first = seconds.iter().position(|second| dropped(second) > 0.0)?;
    let short: Vec<&Second<'_>> = seconds[first..].iter().filter(|second| dropped(second) > 0.0).collect();
    let total = |of: &dyn Fn(&Second<'_>) -> f64| short.iter().map(|second| of(second)).sum::<f64>();
    // Of the whole run, as the summary says it: some were due in a rest of a second, or are counted after the end.
    let lost: f64 = context.all_seconds.iter().map(dropped).sum();
    let started: f64 = seconds[first..].iter().map(|second| second.stat(metric::ITERATIONS, "sum")).sum();
    let share = lost / (lost + started);
    if lost < COUNT || share < SHARE {
        return None;
    }
    let due = (total(&dropped) + total(&|second| second.stat(metric::ITERATIONS, "sum")))
        / total(&|second| second.length());
    let count = total(&|second| second.stat(metric::ITERATION_DURATION, "count"));
    let sum = total(&|second| second.stat(metric::ITERATION_DURATION, "sum"));
    let length = if count > 0.0 { sum / count } else { 0.0 };
    let vus = short.iter().map(|second| second.users()).fold(0.0, f64::max);
    let slowed = usual_length(seconds).filter(|usual| length > usual * SLOWED);
    let mut draft = Draft::new(ID, Severity::Warning);
    if slowed.is_some() || is_target_at_its_limit(context) {
        draft = draft.label("cause", "target");
    } else {
        draft = draft.figure("needed", (in_system(due, length / 1e3) * SPARE).ceil().max(vus + 1.0));
    }
    if let Some(usual) = slowed {
        draft = draft.figure("usual_ms", usual);
    }
    let finding = draft
        .figure("dropped", lost)
        .figure("share", share)
        .figure("second", seconds[first].start.floor())
        .figure("users", vus)
        .figure("rate", due)
        .figure("iteration_ms", length);
    Some(finding.finding(text))
}

/// How long iterations took in the seconds with the shortest ones, in milliseconds.
fn usual_length(seconds: &[Second<'_>]) -> Option<f64> {
    quantile(&seconds.iter().filter_map(Second::iteration_length).collect::<Vec<_>>(), LIGHTEST)
}

/// Whether anything else says that the target gave way.
fn is_target_at_its_limit(context: &Context<'_>) -> bool {
    let looks = [lock::look, pool::look, target_cpu::look, outage::look];
    context.judgement.breaking_point.is_some() || looks.iter().any(|look| look(context).is_some())
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let length = time(lang, figure(finding, "iteration_ms"));
    let share = percent(100.0 * figure(finding, "share"));
    let mut evidence = seen(lang, &share, &of("second"), &of("users"), &of("rate"), &length);
    if has(finding, "usual_ms") {
        evidence += &usual(lang, &time(lang, figure(finding, "usual_ms")));
    }
    FindingText {
        title: title(lang, &of("dropped")),
        evidence,
        remedies: if label(finding, "cause") == "target" {
            vec![target_first(lang), lower_rate(lang)]
        } else {
            vec![more(lang, &of("needed")), or_slow(lang)]
        },
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{BreakingPoint, Judgement};

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    /// Iterations take that long, in milliseconds, from when on some are dropped.
    fn slowed(slow: f64, judgement: &Judgement) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::Fixed(200.0) };
        let mut record = Simulation::of(&[(30.0, Load::Rate(80.0))], 0.0, station).run();
        for (at, line) in record.timeline.iter_mut().enumerate() {
            let (length, dropped) = if at < 10 { (200.0, 0.0) } else { (slow, 20.0) };
            line.metrics.insert("dropped_iterations".to_owned(), [("sum", dropped)].into());
            let duration = [("count", 60.0), ("sum", length * 60.0)];
            line.metrics.insert("iteration_duration".to_owned(), duration.into());
        }
        look(&context(&record, judgement))
    }

    fn found(dropped: f64) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::Fixed(200.0) };
        let mut record = Simulation::of(&[(30.0, Load::Rate(80.0))], 0.0, station).run();
        for line in record.timeline.iter_mut().skip(10) {
            let count = line.stat("iterations", "sum").unwrap();
            line.scenarios[0].vus = 16;
            line.metrics.insert("dropped_iterations".to_owned(), [("sum", dropped)].into());
            let duration = [("count", count), ("sum", 200.0 * count)];
            line.metrics.insert("iteration_duration".to_owned(), duration.into());
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn too_few_virtual_users_are_counted() {
        let finding = found(20.0).unwrap();
        assert!((22.0..28.0).contains(&finding.figures["needed"]), "{finding:?}");
        insta::assert_snapshot!(finding.evidence, @"19.7% of the iterations that were due from second 10 found none of the 16 virtual users idle: 102/s that take 200 ms each. The target received less load than configured.");
    }

    #[test]
    fn where_the_target_gave_way_no_virtual_users_are_asked_for() {
        let finding = slowed(900.0, &Judgement::default()).unwrap();
        assert!(!finding.figures.contains_key("needed") && !finding.remedy.contains("maxVUs"), "{finding:?}");
        assert!(
            finding.evidence.ends_with("In the lightest seconds, an iteration took 200 ms."),
            "{finding:?}"
        );
        let broken = Judgement { breaking_point: Some(BreakingPoint::default()), ..Judgement::default() };
        assert_eq!(label(&slowed(200.0, &broken).unwrap(), "cause"), "target");
    }

    #[test]
    fn none_and_hardly_any_are_no_finding() {
        assert_eq!(found(0.0), None);
        assert_eq!(found(0.3), None);
    }
}
