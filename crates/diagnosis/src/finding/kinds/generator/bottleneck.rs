//! `generator-bottleneck`: the load generator itself held the load back, so that the figures say nothing of the target.
//!
//! A second is *busy* when this process used more than 90% of its CPU cores (worker threads, or cores where these
//! are fewer), and *late* when iterations were dropped or started more than 100 ms after they were due
//! (`iteration_lag`, p99). The generator is to blame when the run as a whole was busy and late, when at least five
//! seconds were both, or, where virtual users loop and nothing can be late, when it was busy for ten seconds and half of
//! the run. On a machine that it shares with the target, both count together.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, RunInfo, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::evidence::Evidence;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has};
use crate::finding::support::kind::FindingText;
use crate::finding::support::stretch::target_rate;
use crate::generator_load::{BUSY_SHARE, GeneratorLoad};
use crate::words::{number, percent, time};

pub(crate) const ID: &str = "generator-bottleneck";

/// The fewest seconds that have to be busy and late.
const LATE_SECONDS: usize = 5;

/// The fewest busy seconds, which also have to be half of the run.
const BUSY_SECONDS: usize = 10;

messages! {
    fn title() { en: "The load generator was the bottleneck", ko: "부하 발생기가 병목입니다" }
    fn title_shared() {
        en: "Generator and target compete for the same CPU cores",
        ko: "부하 발생기와 대상이 같은 CPU를 두고 경합합니다",
    }
    fn alone(share: &str, cores: &str) {
        en: "This process used {share}% of the CPU time of {cores} core(s)",
        ko: "부하 발생기가 코어 {cores}개의 CPU 시간 중 {share}%를 사용했습니다",
    }
    fn together(share: &str, cores: &str) {
        en: "Generator and target run on the same machine and together used {share}% of the CPU time of {cores} core(s)",
        ko: "부하 발생기와 대상이 같은 장비에서 실행되어 코어 {cores}개의 CPU 시간 중 {share}%를 함께 사용했습니다",
    }
    fn one(share: &str) {
        en: "One worker thread used {share}% of a core, as much as a thread can",
        ko: "워커 스레드 하나가 코어의 {share}%를 사용하여 더 이상 처리할 수 없었습니다",
    }
    fn spread() {
        en: "Give the work of that thread to several virtual users, which are on all worker threads, or do less of it in an iteration.",
        ko: "그 스레드의 작업을 모든 워커 스레드에 있는 여러 가상 사용자에게 나누거나 반복마다 하는 작업을 줄이십시오.",
    }
    fn dropped(count: &str) { en: "; {count} iterations were dropped", ko: ". 반복 {count}건이 누락되었습니다" }
    fn started_late(lag: &str) {
        en: "; iterations started {lag} late (iteration_lag, p99)",
        ko: ". 반복이 예정보다 {lag} 늦게 시작되었습니다(iteration_lag p99)",
    }
    fn distrust() {
        en: ". The measured times and rates are not the target's, so no other conclusions are drawn from them.",
        ko: ". 측정된 응답 시간과 처리량은 대상의 성능이 아니므로 이 수치로 다른 결론을 내리지 않습니다.",
    }
    fn less() {
        en: "Reduce the load from this machine, or run the generator on one with more cores.",
        ko: "이 장비의 부하를 줄이거나 코어가 더 많은 장비에서 부하 발생기를 실행하십시오.",
    }
    fn apart() {
        en: "Run the generator on its own machine, in the same network as the target.",
        ko: "부하 발생기를 대상과 같은 네트워크의 별도 장비에서 실행하십시오.",
    }
    fn split() {
        en: "Split the test over several machines with --execution-segment.",
        ko: "--execution-segment로 테스트를 여러 장비에 나누어 실행하십시오.",
    }
    fn think() {
        en: "Add think time, so that virtual users do not send requests as fast as they can.",
        ko: "대기 시간(think time)을 추가하여 가상 사용자가 쉬지 않고 요청을 보내지 않게 하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let seconds = &context.seconds;
    let loads = loads(seconds, context.evidence.run);
    if loads.is_empty() {
        return None;
    }
    let mean = |of: fn(&GeneratorLoad) -> f64| loads.iter().map(of).sum::<f64>() / loads.len() as f64;
    let busy: Vec<&GeneratorLoad> = loads.iter().filter(|load| load.is_busy()).collect();
    let is_late = |load: &&GeneratorLoad| (load.is_busy() && load.is_late()) || load.is_one_late();
    let late = loads.iter().filter(is_late).count();
    let whole = GeneratorLoad {
        own: mean(|load| load.own),
        target: mean(|load| load.target),
        busiest: mean(|load| load.busiest),
        dropped: context.all_seconds.iter().map(Second::dropped).sum(),
        lag_p99: lag(&context.evidence, seconds),
    };
    let is_late = is_late(&&whole) || late >= LATE_SECONDS;
    let is_long = busy.len() >= BUSY_SECONDS && busy.len() * 2 >= loads.len();
    if !is_late && !is_long {
        return None;
    }
    let is_one = busy.is_empty() && whole.busiest > BUSY_SHARE;
    let shown = |of: fn(&GeneratorLoad) -> f64| match busy.len() {
        0 => of(&whole),
        count => busy.iter().map(|load| of(load)).sum::<f64>() / count as f64,
    };
    let severity = if is_late { Severity::Critical } else { Severity::Warning };
    let draft = Draft::new(ID, severity)
        .figure("cpu_share", shown(|load| load.own))
        .figure("cores", processors(context.evidence.run));
    let draft = if shown(|load| load.own) > BUSY_SHARE {
        draft
    } else {
        draft.figure("target_share", shown(|load| load.target))
    };
    let draft = if is_one { draft.figure("busiest", whole.busiest) } else { draft };
    let draft = if is_late && whole.dropped > 0.0 { draft.figure("dropped", whole.dropped) } else { draft };
    let draft = if is_late && whole.starts_late() { draft.figure("lag_p99", whole.lag_p99) } else { draft };
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let cores = number(figure(finding, "cores"));
    let is_shared = has(finding, "target_share");
    let share = percent(100.0 * (figure(finding, "cpu_share") + figure(finding, "target_share")));
    let is_one = has(finding, "busiest");
    let mut evidence = if is_one {
        one(lang, &percent(100.0 * figure(finding, "busiest")))
    } else if is_shared {
        together(lang, &share, &cores)
    } else {
        alone(lang, &share, &cores)
    };
    if has(finding, "dropped") {
        evidence += &dropped(lang, &number(figure(finding, "dropped")));
    }
    if has(finding, "lag_p99") {
        evidence += &started_late(lang, &time(lang, figure(finding, "lag_p99")));
    }
    evidence += &distrust(lang);
    let first = if is_shared { apart(lang) } else { less(lang) };
    let loops = finding.severity == Severity::Warning;
    let remedies = if is_one {
        vec![spread(lang), split(lang)]
    } else if loops {
        vec![first, think(lang), split(lang)]
    } else {
        vec![first, split(lang)]
    };
    let title = if is_shared { title_shared(lang) } else { title(lang) };
    FindingText { title, evidence, remedies }
}

fn loads(seconds: &[Second<'_>], run: &RunInfo) -> Vec<GeneratorLoad> {
    let cores = processors(run);
    let is_shared = run.is_local();
    let pairs = seconds.windows(2).filter_map(|pair| {
        let [from, to] = pair else { return None };
        let used = to.line.process?.cpu_seconds - from.line.process?.cpu_seconds;
        let seconds = to.end - from.end;
        let target = target_rate(from, to, "process_cpu_seconds_total").filter(|_| is_shared);
        let known = cores > 0.0 && seconds > 0.0;
        known.then(|| GeneratorLoad {
            own: used / seconds / cores,
            target: target.unwrap_or_default() / cores,
            busiest: to
                .line
                .process
                .and_then(|process| process.workers)
                .map_or(0.0, |workers| workers.busiest),
            dropped: to.dropped(),
            lag_p99: to.stat(metric::ITERATION_LAG, "p99"),
        })
    });
    pairs.collect()
}

/// The CPU cores that the generator can use: worker threads, or cores if there are fewer.
fn processors(run: &RunInfo) -> f64 {
    let workers = run.workers.or_else(|| workers_of_args(&run.args));
    run.host.cpus.min(workers.unwrap_or(usize::MAX)) as f64
}

/// The worker threads on the command line, where records of older versions have them.
fn workers_of_args(args: &[String]) -> Option<usize> {
    let mut args = args.iter();
    args.find_map(|arg| arg.strip_prefix("--workers")).and_then(|rest| match rest {
        "" => args.next()?.parse().ok(),
        value => value.strip_prefix('=')?.parse().ok(),
    })
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

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn simulation(share: f64) -> Simulation {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        Simulation { generator: share, ..Simulation::of(&[(30.0, Load::Rate(100.0))], 0.0, station) }
    }

    #[test]
    fn a_busy_generator_that_was_late_is_to_blame() {
        for (share, lag, dropped, seconds, expected) in [
            (0.97, 250.0, 0.0, 30, true),
            (0.97, 1.0, 9.0, 30, true),
            // Half of the CPU cores were idle: the target is slow, or there are too few virtual users.
            (0.5, 250.0, 9.0, 30, false),
        ] {
            let mut record = simulation(share).run();
            for line in record.timeline.iter_mut().take(seconds) {
                line.metrics.insert("iteration_lag".to_owned(), [("count", 100.0), ("p99", lag)].into());
                line.metrics.insert("dropped_iterations".to_owned(), [("sum", dropped)].into());
            }
            let found = look(&context(&record, &Judgement::default()));
            assert_eq!(found.is_some(), expected, "{share} {lag} {dropped}");
            assert!(found.is_none_or(|found| found.severity == Severity::Critical));
        }
    }

    #[test]
    fn where_nothing_can_be_late_only_a_long_time_counts() {
        let found = |share| look(&context(&simulation(share).run(), &Judgement::default()));
        assert_eq!(found(0.97).map(|found| found.severity), Some(Severity::Warning));
        assert_eq!(found(0.85), None);
        let mut record = simulation(0.97).run();
        record.timeline.truncate(8);
        assert_eq!(look(&context(&record, &Judgement::default())), None);
    }

    #[test]
    fn worker_threads_that_are_fewer_than_cores_count() {
        let mut record = simulation(0.49).run();
        for (args, expected) in
            [(&["--workers=2"][..], true), (&["--workers", "2"], true), (&["--workers", "9"], false)]
        {
            record.run.args = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert_eq!(look(&context(&record, &Judgement::default())).is_some(), expected, "{args:?}");
        }
        record.run.workers = Some(2);
        assert!(look(&context(&record, &Judgement::default())).is_some(), "what is recorded overrides args");
    }

    #[test]
    fn on_one_machine_both_count() {
        let mut record = simulation(0.4).run();
        for line in &mut record.timeline {
            let used = 4.0 * 0.55 * line.load.unwrap();
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        assert_eq!(look(&context(&record, &Judgement::default())), None);
        record.run.args = vec!["run".to_owned(), "sale.yaml".to_owned()];
        record.run.target = Some("http://sale.example".to_owned());
        assert_eq!(look(&context(&record, &Judgement::default())), None);
        record.run.target = Some("http://127.0.0.1:8080".to_owned());
        assert!(look(&context(&record, &Judgement::default())).is_some());
        record.run.target = None;
        record.run.args.push("--host=http://127.0.0.1:8080".to_owned());
        let found = look(&context(&record, &Judgement::default())).unwrap();
        insta::assert_snapshot!(found.evidence, @"Generator and target run on the same machine and together used 95% of the CPU time of 4 core(s). The measured times and rates are not the target's, so no other conclusions are drawn from them.");
    }
}
