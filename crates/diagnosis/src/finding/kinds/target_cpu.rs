//! `target-cpu-saturated`: the target uses all the CPU cores it has.
//!
//! The number of cores is not known, so saturation is seen by its use. Either under load it stays within 6% of a whole
//! number of CPU cores for at least ten seconds, in a part of the run in which requests take at least twice as long as in
//! the lightest; in a run of one load, at least twice as long as each computes; and where they wait in a [`Queue`], others may
//! have 12% of a single core. Or requests wait in a [`Queue`] at least as long as they are served, and the target computes for at
//! least 75% of the time of service: CPU cores / (throughput · time of service). Or a gauge of the use of CPU, such as
//! `process_cpu_usage`, is at 90% or more on average for ten seconds in which requests take at least twice as long as in
//! the lightest. On a machine that it shares with the
//! generator, `generator-bottleneck` comes first.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::finding::support::queue::{Queue, queue};
use crate::finding::support::stretch::stretches;
use crate::finding::support::target_pool::{self, latency};
use crate::instances::rate;
use crate::stats::robust::{mean, quantile};
use crate::words::{number, percent, time};

pub(crate) const ID: &str = "target-cpu-saturated";

/// CPU usage is steady over at least this many seconds.
const SECONDS: usize = 10;

/// How near CPU usage has to be to a whole number of cores.
const NEAR: f64 = 0.06;

/// How much of a single core others may have, on the whole and for some seconds.
const OTHERS: (f64, f64) = (0.12, 0.18);

/// How many times longer requests take when no CPU core is free.
const SLOWDOWN: f64 = 2.0;

/// How many are served at a time at least, where some wait for a core.
const BUSY: f64 = 0.5;

/// A request computes if it is on a CPU core for this share of its time of service; the readings of both do not add up if
/// it is for much more than all of it.
const COMPUTES: std::ops::RangeInclusive<f64> = 0.75..=1.2;

/// Counters of CPU seconds, the usual one first.
const CPU: [&str; 4] = [
    "process_cpu_seconds_total",
    "process_cpu_time_seconds_total",
    "dotnet_process_cpu_time_seconds_total",
    "container_cpu_usage_seconds_total",
];

/// What gauges of the use of CPU have in their names beside `cpu`; their values are shares, or percentages.
const USE: [&str; 6] = ["usage", "utilization", "utilisation", "percent", "load", "busy"];

/// From this share on it is all.
const ALL: f64 = 0.9;

messages! {
    fn title() { en: "The target's CPU is saturated", ko: "대상 CPU가 포화되었습니다" }
    fn seen(used: &str, cores: &str, seconds: &str, latency: &str, light: &str) {
        en: "For {seconds} s, the target used {used} CPU core(s), which suggests that it has {cores}, and the mean response time was {latency} instead of {light}.",
        ko: "대상 CPU 사용량이 {seconds}초 동안 코어 {used}개(한도 {cores}개로 추정)에 머물렀고, 평균 응답 시간이 {light}에서 {latency}로 늘었습니다.",
    }
    fn computing(used: &str, cores: &str, seconds: &str, latency: &str, computes: &str) {
        en: "For {seconds} s, the target used {used} CPU core(s), which suggests that it has {cores}. A request took {latency}, of which it was on a CPU core for {computes}; the rest it waited.",
        ko: "{seconds}초 동안 대상 CPU 사용량이 코어 {used}개(한도 {cores}개로 추정)에 머물렀습니다. 요청은 {latency}가 걸렸고, 그중 CPU를 쓴 시간은 {computes}이며 나머지는 대기 시간입니다.",
    }
    fn gauge_seen(name: &str, share: &str, seconds: &str, latency: &str, light: &str) {
        en: "For {seconds} s, the target's {name} was at {share}%, and the mean response time was {latency} instead of {light}.",
        ko: "{seconds}초 동안 대상의 {name} 값이 {share}%였고, 평균 응답 시간이 {light}에서 {latency}로 늘었습니다.",
    }
    fn waits(used: &str, share: &str, seconds: &str, servers: &str) {
        en: "For {seconds} s, requests waited for CPU: {servers} were served at a time, and the target used {used} CPU core(s) for that, {share}% of the time of service.",
        ko: "{seconds}초 동안 요청이 CPU를 기다렸습니다. 동시에 처리된 요청은 {servers}건이고 대상은 여기에 CPU 코어 {used}개, 처리 시간의 {share}%를 썼습니다.",
    }
    fn slower(latency: &str, light: &str) {
        en: " The mean response time was {latency} instead of {light}.",
        ko: " 평균 응답 시간이 {light}에서 {latency}로 늘었습니다.",
    }
    fn scale() {
        en: "Scale out, or give the target more CPU cores. Do so before the event, because new instances take time to start.",
        ko: "스케일 아웃하거나 CPU를 늘리십시오. 새 인스턴스는 준비에 시간이 걸리므로 이벤트 전에 미리 늘립니다.",
    }
    fn workers() {
        en: "If it uses only one of several cores, run one worker process per core.",
        ko: "여러 코어 중 하나만 사용한다면 코어 수만큼 워커 프로세스를 실행하십시오.",
    }
    fn profile() {
        en: "Profile it under this load and optimise what uses most of the time: serialisation, logging, queries.",
        ko: "이 부하에서 프로파일링하여 직렬화, 로깅, 쿼리 등 CPU를 많이 쓰는 코드를 최적화하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    by_use(context)
        .or_else(|| by_queue(context))
        .or_else(|| by_gauge(context))
        .map(|draft| draft.finding(text))
}

/// Whether the requests in these queues wait for a CPU core.
pub(crate) fn computes(queues: &[&Queue], seconds: &[Second<'_>]) -> bool {
    let servers: f64 = queues.iter().map(|queue| queue.servers()).sum();
    loaded(queues)
        .and_then(|part| used(&seconds[part]))
        .is_some_and(|used| COMPUTES.contains(&(used / servers)))
}

/// Whether requests wait in it, and keep somebody busy: those of users that come all at once do so for a moment alone.
fn is_slow(queue: &Queue) -> bool {
    queue.slowdown() >= SLOWDOWN && queue.servers() >= BUSY
}

/// From the first second in which one of them was loaded to the last.
fn loaded(queues: &[&Queue]) -> Option<std::ops::RangeInclusive<usize>> {
    let loaded = || queues.iter().flat_map(|queue| &queue.loaded);
    Some(*loaded().min()?..=*loaded().max()?)
}

/// By a whole number of cores in use.
fn by_use(context: &Context<'_>) -> Option<Draft> {
    let seconds = &context.seconds;
    let means: Vec<f64> = seconds.iter().filter_map(latency).collect();
    let light = quantile(&means, 0.05).filter(|light| *light > 0.0)?;
    let parts = stretches(seconds, &context.evidence.run.phases, SECONDS + 1);
    let is_one_load = parts.len() == 1;
    let waits_in_line =
        || context.series.iter().filter_map(|series| queue(series, seconds)).any(|one| is_slow(&one));
    let below = if is_one_load && waits_in_line() { OTHERS } else { (NEAR, NEAR) };
    let saturated = parts.into_iter().filter_map(|part| {
        let part = &seconds[part];
        let used = use_of(part, below)?;
        let latency = mean(&part.iter().filter_map(latency).collect::<Vec<_>>())?;
        let requests: f64 = part.iter().map(Second::requests).sum();
        let computes = used * length(part) / requests.max(1.0) * 1e3;
        let is_slower = latency >= SLOWDOWN * light;
        let waits = is_one_load && latency >= SLOWDOWN * computes;
        (is_slower || waits).then_some((part, used, latency, (!is_slower).then_some(computes)))
    });
    let (part, used, latency, computes) = saturated.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let draft = Draft::new(ID, Severity::Warning)
        .figure("used", used)
        .figure("cores", used.round().max(1.0))
        .figure("seconds", length(part))
        .figure("latency_ms", latency);
    Some(match computes {
        Some(computes) => draft.figure("computes_ms", computes),
        None => draft.figure("light_ms", light),
    })
}

/// Whether all that the target has is in use, whatever requests do.
pub(crate) fn is_full(context: &Context<'_>) -> bool {
    by_use(context).or_else(|| by_gauge(context)).is_some()
}

/// By what requests do while they are served.
fn by_queue(context: &Context<'_>) -> Option<Draft> {
    let seconds = &context.seconds;
    let queues: Vec<Queue> = context.series.iter().filter_map(|series| queue(series, seconds)).collect();
    let slow: Vec<&Queue> = queues.iter().filter(|queue| is_slow(queue)).collect();
    if target_pool::named(seconds).is_some() || !computes(&slow, seconds) {
        return None;
    }
    let part = &seconds[loaded(&slow)?];
    let throughput: f64 = slow.iter().map(|queue| queue.throughput).sum();
    let mean = |of: fn(&Queue) -> f64| {
        slow.iter().map(|queue| of(queue) * queue.throughput).sum::<f64>() / throughput
    };
    let servers: f64 = slow.iter().map(|queue| queue.servers()).sum();
    let used = used(part)?;
    let draft = Draft::new(ID, Severity::Warning)
        .figure("used", used)
        .figure("servers", servers)
        .figure("share", 100.0 * (used / servers).min(1.0))
        .figure("seconds", part.iter().map(Second::length).sum())
        .figure("latency_ms", mean(|queue| queue.latency))
        .figure("light_ms", mean(|queue| queue.base));
    Some(draft)
}

/// By a gauge that says so.
fn by_gauge(context: &Context<'_>) -> Option<Draft> {
    let seconds = &context.seconds;
    let light = quantile(&seconds.iter().filter_map(latency).collect::<Vec<_>>(), 0.05)?;
    let parts = stretches(seconds, &context.evidence.run.phases, SECONDS);
    let saturated = parts.into_iter().filter_map(|part| {
        let part = &seconds[part];
        let time = mean(&part.iter().filter_map(latency).collect::<Vec<_>>())?;
        let (name, share) = busiest(part)?;
        (time >= SLOWDOWN * light && share >= ALL).then_some((part, name, share, time))
    });
    let (part, name, share, time) = saturated.max_by(|one, other| one.2.total_cmp(&other.2))?;
    let draft = Draft::new(ID, Severity::Warning)
        .label("gauge", name)
        .figure("share", 100.0 * share)
        .figure("seconds", part.iter().map(Second::length).sum())
        .figure("latency_ms", time)
        .figure("light_ms", light);
    Some(draft)
}

/// The gauge of the use of CPU that was highest over these seconds, and its mean as a share.
fn busiest<'a>(seconds: &[Second<'a>]) -> Option<(&'a str, f64)> {
    let names = seconds.first()?.line.target.keys();
    let is_use = |name: &str| name.contains("cpu") && USE.iter().any(|word| name.contains(word));
    let gauges = names.map(|series| series.split('{').next().unwrap_or(series)).filter(|name| is_use(name));
    let shares = gauges.filter_map(|name| {
        let told: Vec<f64> = seconds.iter().filter_map(|second| second.target(name)).collect();
        let whole = if name.contains("percent") { 100.0 } else { 1.0 };
        let is_share = told.iter().all(|value| (0.0..=1.1 * whole).contains(value));
        Some((name, mean(&told).filter(|_| is_share && told.len() * 2 >= seconds.len())? / whole))
    });
    shares.max_by(|one, other| one.1.total_cmp(&other.1))
}

fn length(seconds: &[Second<'_>]) -> f64 {
    seconds.iter().map(Second::length).sum()
}

/// How many CPU cores the target used.
fn used(seconds: &[Second<'_>]) -> Option<f64> {
    CPU.iter().find_map(|name| rate(seconds, name))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let (latency, light) =
        (time(lang, figure(finding, "latency_ms")), time(lang, figure(finding, "light_ms")));
    let used = format!("{:.2}", figure(finding, "used"));
    let evidence = match has(finding, "servers") {
        _ if !has(finding, "used") => {
            let share = percent(figure(finding, "share"));
            gauge_seen(lang, label(finding, "gauge"), &share, &of("seconds"), &latency, &light)
        }
        true => {
            let share = percent(figure(finding, "share"));
            waits(lang, &used, &share, &of("seconds"), &of("servers")) + &slower(lang, &latency, &light)
        }
        false if has(finding, "computes_ms") => {
            let computes = time(lang, figure(finding, "computes_ms"));
            computing(lang, &used, &of("cores"), &of("seconds"), &latency, &computes)
        }
        false => seen(lang, &used, &of("cores"), &of("seconds"), &latency, &light),
    };
    FindingText { title: title(lang), evidence, remedies: vec![scale(lang), workers(lang), profile(lang)] }
}

/// How many CPU cores the target used in this part, if it is all it has: a whole number throughout.
fn use_of(part: &[Second<'_>], others: (f64, f64)) -> Option<f64> {
    let whole = used(part)?;
    let cores = whole.round().max(1.0);
    // Blocks of seconds, since a counter that is read once a second is read now early, now late.
    let blocks: Vec<f64> = part.windows(6).step_by(5).filter_map(used).collect();
    let (below, at_times) = if cores == 1.0 { others } else { (NEAR, NEAR) };
    let is_near = |used: f64, below: f64| (cores * (1.0 - below)..=cores * (1.0 + NEAR)).contains(&used);
    let is_all = is_near(whole, below) && blocks.iter().all(|used| is_near(*used, at_times));
    (blocks.len() >= 2 && is_all).then_some(whole)
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(servers: usize, cpu: impl Fn(usize, f64) -> f64) -> Option<Finding> {
        let steps = [1, 4, 20].map(|users| (20.0, Load::Users(users)));
        let mut record =
            Simulation::of(&steps, 0.0, Station { servers, service: Service::Fixed(10.0) }).run();
        let mut used = 0.0;
        for (at, line) in record.timeline.iter_mut().enumerate() {
            used += cpu(at, line.scenarios[0].vus as f64);
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn a_target_that_computes_all_the_time_is_saturated() {
        let jitter = |at: usize| if at.is_multiple_of(2) { 0.08 } else { -0.08 };
        let finding = found(2, |at, users| users.min(1.98) + jitter(at)).unwrap();
        insta::assert_snapshot!(finding.evidence, @"For 20 s, the target used 1.98 CPU core(s), which suggests that it has 2, and the mean response time was 99.7 ms instead of 10 ms.");
    }

    #[test]
    fn a_single_thread_on_a_busy_machine_is_saturated() {
        // Ten milliseconds of service, of which it computes for nine; every third reading is late.
        let finding = found_of(1, |at, busy| if at % 3 == 1 { 0.0 } else { 1.35 * 0.9 * busy }).unwrap();
        assert!((finding.figures["used"] - 0.81).abs() < 0.1, "{finding:?}");
        assert!((finding.figures["servers"] - 1.0).abs() < 0.1, "{finding:?}");
        assert!(finding.evidence.contains("requests waited for CPU"), "{finding:?}");
        // The same load on a pool, which computes for a part of the time alone.
        assert_eq!(found_of(2, |_, busy| 0.4 * busy), None);
    }

    /// A target of so many servers, by how many of them are busy.
    fn found_of(servers: usize, cpu: impl Fn(usize, f64) -> f64) -> Option<Finding> {
        found(servers, |at, users| cpu(at, (users / 3.0).min(servers as f64)))
    }

    #[test]
    fn under_one_load_requests_that_wait_for_a_core_are_seen_by_what_they_compute() {
        let of = |servers: usize, cores: f64, users: usize| {
            let station = Station { servers, service: Service::Fixed(10.0) };
            let mut record = Simulation::of(&[(20.0, Load::Users(users))], 20.0, station).run();
            let mut used = 0.0;
            for line in &mut record.timeline {
                used += cores;
                line.target.insert("process_cpu_seconds_total".to_owned(), used);
            }
            look(&context(&record, &Judgement::default()))
        };
        let finding = of(1, 0.99, 12).unwrap();
        insta::assert_snapshot!(finding.evidence, @"For 20 s, the target used 0.99 CPU core(s), which suggests that it has 1. A request took 100 ms, of which it was on a CPU core for 9.9 ms; the rest it waited.");
        // Other programs have some of its core.
        assert!(of(1, 0.9, 12).is_some());
        assert_eq!(of(1, 1.85, 12), None);
        assert_eq!(of(usize::MAX, 0.9, 12), None, "nobody waits");
        // Half a core, and one user who waits for nobody.
        assert_eq!(of(usize::MAX, 0.5, 12), None);
        assert_eq!(of(1, 0.99, 1), None);
    }

    #[test]
    fn users_that_come_all_at_once_to_an_idle_target_saturate_nothing() {
        // What was seen of twelve users that all slept for a second.
        let queue = |throughput: f64| Queue {
            name: "GET /work".to_owned(),
            base: 0.12,
            latency: 0.76,
            throughput,
            loaded: Vec::new(),
        };
        assert!(!is_slow(&queue(12.0)) && is_slow(&queue(8_000.0)));
    }

    #[test]
    fn a_gauge_of_the_use_of_cpu_is_read_whatever_it_is_called() {
        let of = |name: &str, value: f64| {
            let steps = [1, 4, 20].map(|users| (20.0, Load::Users(users)));
            let mut record =
                Simulation::of(&steps, 0.0, Station { servers: 1, service: Service::Fixed(10.0) }).run();
            for line in &mut record.timeline {
                let share = if line.scenarios[0].vus > 1 { value } else { value / 3.0 };
                line.target.insert(name.to_owned(), share);
            }
            look(&context(&record, &Judgement::default()))
        };
        let finding = of("process_cpu_usage", 0.993).unwrap();
        insta::assert_snapshot!(finding.evidence, @"For 20 s, the target's process_cpu_usage was at 99.3%, and the mean response time was 199 ms instead of 10 ms.");
        assert!(of("node_cpu_percent{mode=\"all\"}", 97.0).is_some());
        assert_eq!(of("process_cpu_usage", 0.6), None);
        assert_eq!(of("cpu_load_minutes", 8.0), None);
        assert_eq!(of("cache_usage", 0.99), None);
    }

    #[test]
    fn neither_a_fraction_nor_speed_is_saturation() {
        assert_eq!(found(2, |_, users| users.min(1.3)), None);
        assert_eq!(found(2, |at, _| 2.0 + (at as f64 / 6.0).sin()), None);
        assert_eq!(found(usize::MAX, |_, _| 1.0), None);
    }
}
