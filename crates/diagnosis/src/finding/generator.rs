//! `generator-bottleneck`: the load generator itself held the load back, so that the figures say nothing of the target.
//!
//! A second is *busy* when this process used more than 90 % of its processors (worker threads, or cores where these
//! are fewer), and *late* when iterations were dropped or started more than 100 ms after they were due
//! (`iteration_lag`, p99). The generator is to blame when the run as a whole was busy and late, when at least five
//! seconds were both, or, where virtual users loop and nothing can be late, when it was busy for ten seconds and half of
//! the run. On a machine that it shares with the target, both count together.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Judgement, RunInfo, Severity};
use flashcrowd_text::{Lang, messages};

use super::draft::{Draft, figure, has};
use super::kind::FindingText;
use super::stretch::{seconds, target_rate};
use crate::course::Second;
use crate::evidence::Evidence;
use crate::words::{number, percent, time};

pub(super) const ID: &str = "generator-bottleneck";

/// From this share of the processors on, the generator is busy.
const BUSY: f64 = 0.9;

/// Iterations that start later than this are not what was ordered, in milliseconds.
const LATE: f64 = 100.0;

/// So many seconds that are busy and late are no accident.
const LATE_SECONDS: usize = 5;

/// So many busy seconds are no accident, when they are half of the run.
const BUSY_SECONDS: usize = 10;

/// On a machine that both share, the generator is part of the problem from this share on.
const PART: f64 = 0.25;

messages! {
    fn title() { en: "The load generator was the bottleneck", ko: "부하 생성기가 병목입니다" }
    fn title_shared() {
        en: "Generator and target compete for the same processors",
        ko: "부하 생성기와 대상이 같은 CPU를 두고 경합합니다",
    }
    fn alone(share: &str, cores: &str) {
        en: "This process used {share} % of the processor time of {cores} core(s)",
        ko: "부하 생성기가 코어 {cores}개의 CPU 시간 중 {share}%를 사용했습니다",
    }
    fn together(share: &str, cores: &str) {
        en: "Generator and target run on the same machine and together used {share} % of the processor time of {cores} core(s)",
        ko: "부하 생성기와 대상이 같은 장비에서 실행되어 코어 {cores}개의 CPU 시간 중 {share}%를 함께 사용했습니다",
    }
    fn dropped(count: &str) { en: "; {count} iterations were dropped", ko: ". 반복 {count}건이 시작되지 못했습니다" }
    fn started_late(lag: &str) {
        en: "; iterations started {lag} late (iteration_lag, p99)",
        ko: ". 반복이 예정보다 {lag} 늦게 시작되었습니다(iteration_lag p99)",
    }
    fn distrust() {
        en: ". The times and rates measured are not those of the target, so nothing else is concluded from them.",
        ko: ". 측정된 응답 시간과 처리량은 대상의 성능이 아니므로 이 수치로 다른 결론을 내리지 않습니다.",
    }
    fn less() {
        en: "Order less load from this machine, or run the generator on one with more cores.",
        ko: "이 장비의 부하를 줄이거나 코어가 더 많은 장비에서 부하 생성기를 실행하십시오.",
    }
    fn apart() {
        en: "Run the generator on a machine of its own, in the same network as the target.",
        ko: "부하 생성기를 대상과 같은 네트워크의 별도 장비에서 실행하십시오.",
    }
    fn split() {
        en: "Split the test over several machines with --execution-segment.",
        ko: "--execution-segment로 테스트를 여러 장비에 나누어 실행하십시오.",
    }
    fn think() {
        en: "Give virtual users think time, so that fewer of them do not ask as fast as they can.",
        ko: "가상 사용자에 대기 시간(think time)을 주어 쉬지 않고 요청하지 않게 하십시오.",
    }
}

/// How hard the generator worked in one second.
#[derive(Clone, Copy, Debug)]
struct Effort {
    /// The share of the processors that it used.
    own: f64,
    /// The share that the target used; zero where it does not tell, or runs elsewhere.
    other: f64,
    late: bool,
}

impl Effort {
    fn is_busy(&self) -> bool {
        self.own > BUSY || (self.own > PART && self.own + self.other > BUSY)
    }
}

pub(super) fn look(evidence: &Evidence<'_>, _: &Judgement) -> Option<Finding> {
    let seconds = seconds(evidence);
    let efforts = efforts(&seconds, evidence.run);
    if efforts.is_empty() {
        return None;
    }
    let mean = |of: fn(&Effort) -> f64| efforts.iter().map(of).sum::<f64>() / efforts.len() as f64;
    let busy: Vec<&Effort> = efforts.iter().filter(|effort| effort.is_busy()).collect();
    let late = busy.iter().filter(|effort| effort.late).count();
    let dropped: f64 = seconds.iter().map(|second| second.stat(metric::DROPPED_ITERATIONS, "sum")).sum();
    let lag = lag(evidence, &seconds);
    let whole = Effort { own: mean(|effort| effort.own), other: mean(|effort| effort.other), late: false };
    let was_late = dropped > 0.0 || lag > LATE;
    let is_late = (whole.is_busy() && was_late) || late >= LATE_SECONDS;
    let is_long = busy.len() >= BUSY_SECONDS && busy.len() * 2 >= efforts.len();
    if !is_late && !is_long {
        return None;
    }
    let shown = |of: fn(&Effort) -> f64| match busy.len() {
        0 => of(&whole),
        count => busy.iter().map(|effort| of(effort)).sum::<f64>() / count as f64,
    };
    let severity = if is_late { Severity::Critical } else { Severity::Warning };
    let draft = Draft::new(ID, severity)
        .figure("cpu_share", shown(|effort| effort.own))
        .figure("cores", processors(evidence.run));
    let draft = if shown(|effort| effort.own) > BUSY {
        draft
    } else {
        draft.figure("target_share", shown(|effort| effort.other))
    };
    let draft = if is_late && dropped > 0.0 { draft.figure("dropped", dropped) } else { draft };
    let draft = if is_late && lag > LATE { draft.figure("lag_p99", lag) } else { draft };
    Some(draft.finding(text))
}

/// Whether the generator held the load back: times and rates are then no evidence against the target.
pub(super) fn is_to_blame(evidence: &Evidence<'_>) -> bool {
    look(evidence, &Judgement::default()).is_some()
}

pub(super) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let cores = number(figure(finding, "cores"));
    let is_shared = has(finding, "target_share");
    let share = percent(100.0 * (figure(finding, "cpu_share") + figure(finding, "target_share")));
    let mut evidence = if is_shared { together(lang, &share, &cores) } else { alone(lang, &share, &cores) };
    if has(finding, "dropped") {
        evidence += &dropped(lang, &number(figure(finding, "dropped")));
    }
    if has(finding, "lag_p99") {
        evidence += &started_late(lang, &time(figure(finding, "lag_p99")));
    }
    evidence += &distrust(lang);
    let first = if is_shared { apart(lang) } else { less(lang) };
    let loops = finding.severity == Severity::Warning;
    let remedies = if loops { vec![first, think(lang), split(lang)] } else { vec![first, split(lang)] };
    let title = if is_shared { title_shared(lang) } else { title(lang) };
    FindingText { title, evidence, remedies }
}

fn efforts(seconds: &[Second<'_>], run: &RunInfo) -> Vec<Effort> {
    let cores = processors(run);
    let is_shared = is_local(run);
    let pairs = seconds.windows(2).filter_map(|pair| {
        let [from, to] = pair else { return None };
        let used = to.line.process?.cpu_seconds - from.line.process?.cpu_seconds;
        let seconds = to.end - from.end;
        let other = target_rate(from, to, "process_cpu_seconds_total").filter(|_| is_shared);
        let late =
            to.stat(metric::DROPPED_ITERATIONS, "sum") > 0.0 || to.stat(metric::ITERATION_LAG, "p99") > LATE;
        let known = cores > 0.0 && seconds > 0.0;
        known.then(|| Effort { own: used / seconds / cores, other: other.unwrap_or_default() / cores, late })
    });
    pairs.collect()
}

/// The processors that there are for the generator: worker threads, or cores where these are fewer.
fn processors(run: &RunInfo) -> f64 {
    let mut args = run.args.iter();
    let workers = args.find_map(|arg| arg.strip_prefix("--workers")).and_then(|rest| match rest {
        "" => args.next()?.parse().ok(),
        value => value.strip_prefix('=')?.parse().ok(),
    });
    run.host.cpus.min(workers.unwrap_or(usize::MAX)) as f64
}

/// How late iterations started, the 99th percentile in milliseconds; of a run that was killed, the mean of its seconds.
fn lag(evidence: &Evidence<'_>, seconds: &[Second<'_>]) -> f64 {
    let results = evidence.results.and_then(|results| results.metric(metric::ITERATION_LAG));
    results.and_then(|metric| metric.stats.get("p(99)")).unwrap_or_else(|| {
        let (mut sum, mut count) = (0.0, 0.0);
        for second in seconds {
            let samples = second.stat(metric::ITERATION_LAG, "count");
            (sum, count) = (sum + second.stat(metric::ITERATION_LAG, "p99") * samples, count + samples);
        }
        if count > 0.0 { sum / count } else { 0.0 }
    })
}

/// Whether every address of the plan, on the command line and in the variables is of the machine itself.
fn is_local(run: &RunInfo) -> bool {
    let texts = run.args.iter().chain(run.env.values()).chain(&run.target);
    let mut hosts = texts.flat_map(|text| text.split("://").skip(1)).peekable();
    let is_here = |host: &str| ["127.", "localhost", "[::1]"].iter().any(|here| host.starts_with(here));
    hosts.peek().is_some() && hosts.all(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Load, Service, Simulation, Station, evidence};

    fn simulation(share: f64) -> Simulation {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        Simulation { generator: share, ..Simulation::of(&[(30.0, Load::Rate(100.0))], 0.0, station) }
    }

    #[test]
    fn a_busy_generator_that_was_late_is_to_blame() {
        for (share, lag, dropped, seconds, expected) in [
            (0.97, 250.0, 0.0, 30, true),
            (0.97, 1.0, 9.0, 30, true),
            // Half of the processors were idle: the target is slow, or there are too few virtual users.
            (0.5, 250.0, 9.0, 30, false),
        ] {
            let mut record = simulation(share).run();
            for line in record.timeline.iter_mut().take(seconds) {
                line.metrics.insert("iteration_lag".to_owned(), [("count", 100.0), ("p99", lag)].into());
                line.metrics.insert("dropped_iterations".to_owned(), [("sum", dropped)].into());
            }
            let found = look(&evidence(&record), &Judgement::default());
            assert_eq!(found.is_some(), expected, "{share} {lag} {dropped}");
            assert!(found.is_none_or(|found| found.severity == Severity::Critical));
        }
    }

    #[test]
    fn where_nothing_can_be_late_only_a_long_time_counts() {
        let found = |share| look(&evidence(&simulation(share).run()), &Judgement::default());
        assert_eq!(found(0.97).map(|found| found.severity), Some(Severity::Warning));
        assert_eq!(found(0.85), None);
        let mut record = simulation(0.97).run();
        record.timeline.truncate(8);
        assert_eq!(look(&evidence(&record), &Judgement::default()), None);
    }

    #[test]
    fn worker_threads_that_are_fewer_than_cores_count() {
        let mut record = simulation(0.49).run();
        for (args, expected) in
            [(&["--workers=2"][..], true), (&["--workers", "2"], true), (&["--workers", "9"], false)]
        {
            record.run.args = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert_eq!(look(&evidence(&record), &Judgement::default()).is_some(), expected, "{args:?}");
        }
    }

    #[test]
    fn on_one_machine_both_count() {
        let mut record = simulation(0.4).run();
        for line in &mut record.timeline {
            let used = 4.0 * 0.55 * line.load.unwrap();
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        assert_eq!(look(&evidence(&record), &Judgement::default()), None);
        record.run.args = vec!["run".to_owned(), "sale.yaml".to_owned()];
        record.run.target = Some("http://sale.example".to_owned());
        assert_eq!(look(&evidence(&record), &Judgement::default()), None);
        record.run.target = Some("http://127.0.0.1:8080".to_owned());
        assert!(look(&evidence(&record), &Judgement::default()).is_some());
        record.run.target = None;
        record.run.args.push("--host=http://127.0.0.1:8080".to_owned());
        let found = look(&evidence(&record), &Judgement::default()).unwrap();
        insta::assert_snapshot!(found.evidence, @"Generator and target run on the same machine and together used 95 % of the processor time of 4 core(s). The times and rates measured are not those of the target, so nothing else is concluded from them.");
    }
}
