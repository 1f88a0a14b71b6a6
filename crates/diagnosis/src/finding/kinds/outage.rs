//! `outage`: for some seconds there was no successful response.
//!
//! At least two seconds in a row without a single successful response (nor one that turns the request down, such as sold out), while load ran and before that at least five seconds had
//! ten successful responses or more each second. Its length is that of these seconds, and of the parts of the seconds before
//! and after in which answers are missing. Where DynamoDB throttled up to twenty seconds before, a second without any
//! request is none of it: calls that back off send none.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::{Second, streaks};
use crate::dynamodb::backs_off;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure};
use crate::finding::support::kind::FindingText;
use crate::generator_load::Lateness;
use crate::stats::robust::median;
use crate::words::number;

pub(crate) const ID: &str = "outage";

/// This many seconds in a row without a successful response.
const SILENT: usize = 2;

/// The fewest seconds before, and their successful responses per second.
const BEFORE: usize = 5;
const USUAL: f64 = 10.0;

/// A generator that stood still for so long, in seconds, noticed no answers meanwhile.
const STOOD_STILL: f64 = 1.0;

messages! {
    fn title(seconds: &str) { en: "No successful responses for {seconds} s", ko: "{seconds}초 동안 정상 응답이 없었습니다" }
    fn seen(seconds: &str, second: &str, usual: &str) {
        en: "From second {second}, there was no successful response for {seconds} s, where {usual}/s were usual.",
        ko: "평소 초당 {usual}건이던 정상 응답이 {second}초부터 {seconds}초 동안 한 건도 없었습니다.",
    }
    fn more(count: &str) { en: " It happened {count} times; this was the longest.", ko: " 총 {count}회 발생했으며 그중 가장 긴 구간입니다." }
    fn never_back() { en: " The target did not recover before the end of the run.", ko: " 테스트가 끝날 때까지 복구되지 않았습니다." }
    fn restart() {
        en: "Check the log for restarts, memory shortage (OOM) and long garbage collection pauses.",
        ko: "로그에서 재시작, 메모리 부족(OOM), 긴 GC 정지가 있었는지 확인하십시오.",
    }
    fn instances() {
        en: "Run several instances behind health checks, so that the service survives the loss of one.",
        ko: "헬스 체크를 갖춘 여러 인스턴스로 구성하여 한 대가 중단되어도 서비스가 이어지게 하십시오.",
    }
    fn shared() {
        en: "If all instances stopped at the same time, check what they share: database, cache, network.",
        ko: "모든 인스턴스가 동시에 멈췄다면 공유하는 데이터베이스, 캐시, 네트워크를 확인하십시오.",
    }
}

/// Some seconds without successful responses.
#[derive(Clone, Copy, Debug)]
struct Outage {
    start: f64,
    seconds: f64,
    usual: f64,
    is_over: bool,
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.evidence.results.is_some_and(|results| Lateness::of(results).longest >= STOOD_STILL) {
        return None;
    }
    let outages = outages(&context.seconds);
    let longest = outages.iter().max_by(|one, other| one.seconds.total_cmp(&other.seconds))?;
    let finding = Draft::new(ID, Severity::Critical)
        .figure("seconds", longest.seconds)
        .figure("second", longest.start.floor())
        .figure("usual", longest.usual)
        .figure("count", outages.len() as f64)
        .figure("recovered", f64::from(u8::from(longest.is_over)));
    Some(finding.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let mut evidence = seen(lang, &of("seconds"), &of("second"), &of("usual"));
    if figure(finding, "count") > 1.0 {
        evidence += &more(lang, &of("count"));
    }
    if figure(finding, "recovered") < 1.0 {
        evidence += &never_back(lang);
    }
    let remedies = vec![restart(lang), shared(lang), instances(lang)];
    FindingText { title: title(lang, &of("seconds")), evidence, remedies }
}

fn outages(seconds: &[Second<'_>]) -> Vec<Outage> {
    let silent = streaks(seconds.len(), SILENT, |at| is_silent(seconds, at));
    silent.into_iter().filter_map(|silent| outage(seconds, silent.start, silent.len())).collect()
}

fn is_silent(seconds: &[Second<'_>], at: usize) -> bool {
    let backs_off = || seconds[at].requests() == 0.0 && backs_off(seconds, at);
    seconds[at].served_rate() == 0.0 && !backs_off()
}

fn outage(seconds: &[Second<'_>], at: usize, silent: usize) -> Option<Outage> {
    let rate = |second: &Second<'_>| second.served_rate();
    let before: Vec<f64> = seconds[..at].iter().rev().take(2 * BEFORE).map(rate).collect();
    let usual = median(&before).filter(|usual| before.len() >= BEFORE && *usual >= USUAL)?;
    // A second that had half of the usual answers was silent for half of it.
    let missing = |second: &Second<'_>| (1.0 - rate(second) / usual).clamp(0.0, 1.0) * second.length();
    let lead = seconds[..at].last().map_or(0.0, missing);
    let tail = seconds.get(at + silent).map_or(0.0, missing);
    let whole: f64 = seconds[at..at + silent].iter().map(Second::length).sum();
    let is_over = at + silent < seconds.len();
    Some(Outage { start: seconds[at].start - lead, seconds: whole + lead + tail, usual, is_over })
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn simulation(users: usize) -> Simulation {
        let station = Station { servers: usize::MAX, service: Service::Fixed(30.0) };
        Simulation::of(&[(40.0, Load::Users(users))], 100.0, station)
    }

    fn found(simulation: &Simulation) -> Option<Finding> {
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn a_pause_of_three_seconds_is_found() {
        let paused = simulation(20).fate(|at, answer, _| match at {
            at if (20.0..23.0).contains(&at) => Answer { ms: (23.0 - at) * 1e3 + answer.ms, ..answer },
            _ => answer,
        });
        let finding = found(&paused).unwrap();
        assert!((finding.figures["seconds"] - 3.0).abs() < 0.5, "{finding:?}");
        let refused = simulation(20).fate(|at, answer, _| match at {
            at if at > 30.0 => Answer { status: 0, code: 1212, ms: 0.2 },
            _ => answer,
        });
        insta::assert_snapshot!(found(&refused).unwrap().evidence, @"From second 30, there was no successful response for 9.97 s, where 154/s were usual. The target did not recover before the end of the run.");
    }

    #[test]
    fn a_slow_second_and_few_users_are_no_outage() {
        let slow = simulation(20).fate(|at, answer, _| match at {
            at if (20.0..21.0).contains(&at) => Answer { ms: answer.ms + 1000.0, ..answer },
            _ => answer,
        });
        assert_eq!(found(&slow), None);
        assert_eq!(found(&Simulation { think: 1500.0, ..simulation(1) }), None);
    }
}
