//! `lock-contention`: one request is served one at a time, and everybody else waits.
//!
//! From the outside, a lock is a [`Queue`] of one server: throughput times the time of service is between 0.6 and 1.7. It is
//! reported when a request takes at least eight times as long as without a queue, at least five of it are in the target
//! at a time, and other requests do not wait likewise; if they do, what is scarce is not a lock of this request. Where
//! the target counts, its counters decide: with 30% of the acquisitions contended and much of the time spent waiting
//! it is a lock whatever the queue looks like (also where it is half of a full pool that waits for it, and most requests
//! wait for a place in the pool), with less than 5% it is none; where it tells how long was waited and not
//! how often, the share is that of all response time. So it is with a database's rows: `innodb_row_lock_time` of MySQL, and
//! the sessions of PostgreSQL that wait for a lock. Where Redis is observed, what it says of the locks in it is added: the
//! keys that count as locks by their pattern, and the commands it carried out meanwhile. A queue of one server whose processor is busy throughout is a single
//! thread, not a lock.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use super::target_cpu::{computes, is_full};
use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::finding::support::queue::{Queue, UNBEARABLE, queue, unloaded};
use crate::finding::support::series::Series;
use crate::finding::support::target_pool;
use crate::instances::grown;
use crate::words::{number, percent, time};

pub(crate) const ID: &str = "lock-contention";

/// One server, give or take the part of a request that is outside the lock.
const ONE: std::ops::RangeInclusive<f64> = 0.6..=1.7;

/// How many times longer a request behind a lock takes under load.
const SLOWDOWN: f64 = 8.0;

/// The fewest requests that wait or are being served.
const IN_FLIGHT: f64 = 5.0;

/// Requests that wait for less than this share of the time do not wait for the same.
const NOT_WAITING: f64 = 0.3;

/// From this share of contended acquisitions on a lock is contended; below the other it is not.
const CONTENDED: f64 = 0.3;
const UNCONTENDED: f64 = 0.05;

/// A pool is held up by a lock when this share of it waits for one.
const HELD: f64 = 0.5;

/// With fewer acquisitions the counters say nothing.
const ACQUIRED: f64 = 100.0;

/// The same of seconds that a database's sessions waited.
const WAITED: f64 = 5.0;

messages! {
    fn title(name: &str) { en: "Lock contention in {name}", ko: "락 경합: {name}" }
    fn queue_seen(name: &str, base: &str, latency: &str, throughput: &str, servers: &str) {
        en: "{name} takes {base} without waiting and {latency} on average under load, while its throughput stays at {throughput}/s. That is {servers} at a time, as behind one lock or a single worker.",
        ko: "{name}: 대기가 없을 때 {base}, 부하 상태에서는 평균 {latency}가 걸리지만 처리량은 {throughput}/s에 머뭅니다. 동시에 처리되는 요청이 {servers}건으로, 하나의 락이나 단일 워커 뒤에서 줄을 선 모습입니다.",
    }
    fn others_fast(latency: &str) {
        en: " Other requests stayed fast ({latency}).",
        ko: " 다른 요청은 빠르게 처리되었습니다({latency}).",
    }
    fn counted(share: &str, wait: &str) {
        en: "According to the target's own counters, {share}% of its lock acquisitions had to wait; the mean wait over all of them was {wait}.",
        ko: "대상의 자체 지표로는 락 획득의 {share}%가 대기했으며, 전체 평균 대기 시간은 {wait}입니다.",
    }
    fn timed(share: &str, wait: &str) {
        en: "According to the target's own counters, {share}% of all response time was spent waiting for locks; the mean wait over all acquisitions was {wait}.",
        ko: "대상의 자체 지표로는 전체 응답 시간의 {share}%를 락 대기에 썼으며, 획득당 평균 대기 시간은 {wait}입니다.",
    }
    fn hold_pool(waiting: &str, size: &str, pool: &str) {
        en: " Of the {size} of {pool}, which were all in use, {waiting} on average were waiting for a lock.",
        ko: " 모두 사용 중이던 {pool} {size}개 중 평균 {waiting}개가 락을 기다리고 있었습니다.",
    }
    fn in_redis(pattern: &str, held: &str) {
        en: " Redis held {held} locks ({pattern}) at a time",
        ko: " Redis에는 락({pattern})이 동시에 {held}개 잡혀 있었고",
    }
    fn redis_served(commands: &str) {
        en: ", and carried out {commands} commands/s.",
        ko: " 초당 명령 {commands}건을 처리했습니다.",
    }
    fn shorten() {
        en: "Hold the lock for less time: move remote calls, reads and logging out of the transaction that holds it.",
        ko: "락을 잡는 시간을 줄이십시오. 외부 호출, 조회, 로깅을 락이 걸린 트랜잭션 밖으로 옮겨 트랜잭션 범위를 최소화합니다.",
    }
    fn atomic() {
        en: "Replace lock, read and write with one atomic step: a conditional UPDATE, a Redis DECR or a Lua script.",
        ko: "락-조회-갱신을 하나의 원자적 연산(조건부 UPDATE, Redis DECR 또는 Lua 스크립트)으로 바꾸십시오.",
    }
    fn split() {
        en: "Use finer locks: finer keys, or the stock of one product split into several shards.",
        ko: "락을 세분화하십시오. 키를 더 잘게 나누거나 한 상품의 재고를 여러 샤드로 나눕니다.",
    }
    fn later() {
        en: "Accept requests immediately and process them from a message queue.",
        ko: "요청을 먼저 접수하고 메시지 큐로 비동기 처리하십시오.",
    }
    fn not_the_timeout() {
        en: "Longer lock timeouts do not help: they only let the queue grow.",
        ko: "락 대기 시간(waitTime)을 늘려도 대기열만 길어질 뿐 개선되지 않습니다.",
    }
}

/// What the target counts about its locks while there is load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockCounters {
    /// The share of acquisitions that had to wait; where that is not told, of all response time that was spent waiting.
    pub(crate) contended: f64,
    /// Whether it is a share of time.
    pub(crate) is_time: bool,
    /// The mean wait over all of them, in milliseconds.
    pub(crate) wait: f64,
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let all = &context.series;
    let counters = lock_counters(seconds);
    let queues: Vec<Queue> = all.iter().filter_map(|series| queue(series, seconds)).collect();
    let draft = match counters {
        Some(counters) if counters.contended < UNCONTENDED => return None,
        // Where the lock goes to whoever comes first, few had to wait, and those for long.
        Some(counters) if counters.contended >= CONTENDED || held_pool(seconds).is_some() => {
            by_counters(counters, &queues, all, seconds)
        }
        _ if target_pool::named(seconds).is_some() || is_full(context) => None,
        _ => queues
            .iter()
            .filter(|queue| is_lock(queue, all, seconds))
            .max_by(|one, other| one.slowdown().total_cmp(&other.slowdown()))
            .map(|queue| by_queue(queue, all)),
    };
    draft.map(|draft| with_redis(draft, seconds).finding(text))
}

/// What the target counts about its locks; none where it does not, or too few were acquired.
pub(crate) fn lock_counters(seconds: &[Second<'_>]) -> Option<LockCounters> {
    let grown = |name| grown(seconds, name);
    let Some(acquired) = grown("lock_acquired_total").filter(|acquired| *acquired >= ACQUIRED) else {
        return of_database(seconds);
    };
    let (contended, waited) = (grown("lock_contended_total"), grown("lock_wait_seconds_sum"));
    // A lock counts as contended before it is acquired, and the last ones may still wait.
    let failed = grown("lock_failed_total").unwrap_or_default();
    let asked = (acquired + failed).max(contended.unwrap_or_default());
    let wait = waited.unwrap_or_default() / asked * 1e3;
    let all: f64 = seconds.iter().map(|second| second.stat(metric::HTTP_REQ_DURATION, "sum")).sum();
    match (contended, waited) {
        (Some(contended), _) => Some(LockCounters { contended: contended / asked, is_time: false, wait }),
        (None, Some(waited)) if all > 0.0 => {
            Some(LockCounters { contended: (waited * 1e3 / all).min(1.0), is_time: true, wait })
        }
        (None, _) => None,
    }
}

/// What a database tells of sessions that waited for others' rows; none where they hardly did, which says nothing of the
/// locks of the application.
fn of_database(seconds: &[Second<'_>]) -> Option<LockCounters> {
    let (waited, waits) = match grown(seconds, "mysql_global_status_innodb_row_lock_time") {
        Some(millis) => (millis / 1e3, grown(seconds, "mysql_global_status_innodb_row_lock_waits")?),
        None => {
            let waiting =
                |second: &Second<'_>| Some(second.target("pg_stat_activity_lock_waits")? * second.length());
            let waited = seconds.iter().filter_map(waiting).reduce(|all, more| all + more)?;
            (waited, seconds.iter().map(Second::requests).sum())
        }
    };
    let all = seconds.iter().map(|second| second.stat(metric::HTTP_REQ_DURATION, "sum")).sum::<f64>() / 1e3;
    let contended = waited / all.max(waited);
    (waited >= WAITED && waits > 0.0 && contended >= UNCONTENDED).then(|| LockCounters {
        contended,
        is_time: true,
        wait: waited / waits * 1e3,
    })
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let name = label(finding, "request");
    let mut evidence = String::new();
    if has(finding, "base_ms") {
        evidence += &queue_seen(
            lang,
            name,
            &time(lang, figure(finding, "base_ms")),
            &time(lang, figure(finding, "latency_ms")),
            &number(figure(finding, "throughput")),
            &number(figure(finding, "servers")),
        );
    }
    if has(finding, "others_ms") {
        evidence += &others_fast(lang, &time(lang, figure(finding, "others_ms")));
    }
    let wait = time(lang, figure(finding, "lock_wait_ms"));
    for (share, says) in [("contended_share", counted as fn(_, &_, &_) -> _), ("waiting_share", timed)] {
        if has(finding, share) {
            evidence += if evidence.is_empty() { "" } else { " " };
            evidence += &says(lang, &percent(100.0 * figure(finding, share)), &wait);
        }
    }
    if has(finding, "pool_waiting") {
        evidence += &hold_pool(
            lang,
            &number(figure(finding, "pool_waiting")),
            &number(figure(finding, "pool_size")),
            label(finding, "pool"),
        );
    }
    if has(finding, "redis_locks") {
        evidence += &in_redis(lang, label(finding, "redis_pattern"), &number(figure(finding, "redis_locks")));
        evidence += &redis_served(lang, &number(figure(finding, "redis_commands")));
    }
    let remedies = vec![shorten(lang), atomic(lang), split(lang), later(lang), not_the_timeout(lang)];
    FindingText { title: title(lang, name), evidence, remedies }
}

/// Whether the queue is one of a lock.
fn is_lock(queue: &Queue, all: &[Series], seconds: &[Second<'_>]) -> bool {
    let waits_likewise = others(queue, all).any(|other| {
        let waiting = other.total(queue.loaded.iter().copied()).mean() - unloaded(other);
        waiting > NOT_WAITING * queue.wait()
    });
    ONE.contains(&queue.servers())
        && queue.slowdown() >= SLOWDOWN
        && queue.in_flight() >= IN_FLIGHT
        && !waits_likewise
        && !computes(&[queue], seconds)
}

/// The other requests that are a real part of the load.
fn others<'a>(queue: &'a Queue, all: &'a [Series]) -> impl Iterator<Item = &'a Series> {
    let count: f64 = all.iter().map(Series::count).sum();
    all.iter().filter(move |series| series.name != queue.name && series.count() >= count * 0.05)
}

fn by_queue(queue: &Queue, all: &[Series]) -> Draft {
    let is_slow = queue.latency >= UNBEARABLE;
    let severity = if is_slow { Severity::Critical } else { Severity::Warning };
    let draft = Draft::new(ID, severity)
        .label("request", &queue.name)
        .figure("base_ms", queue.base)
        .figure("latency_ms", queue.latency)
        .figure("throughput", queue.throughput)
        .figure("servers", queue.servers());
    let means = others(queue, all).map(|other| other.total(queue.loaded.iter().copied()).mean());
    match means.reduce(f64::max) {
        Some(slowest) => draft.figure("others_ms", slowest),
        None => draft,
    }
}

/// By the target's own counters; the queue that fits it best adds what was seen from the outside.
fn by_counters(
    counters: LockCounters,
    queues: &[Queue],
    all: &[Series],
    seconds: &[Second<'_>],
) -> Option<Draft> {
    let slowest = queues.iter().max_by(|one, other| one.wait().total_cmp(&other.wait()));
    let fitting = slowest.filter(|queue| ONE.contains(&queue.servers()) && queue.slowdown() >= 2.0);
    let draft = match fitting {
        Some(queue) => by_queue(queue, all),
        None => {
            let slowest = all.iter().max_by(|one, other| mean(one).total_cmp(&mean(other)))?;
            let held = held_pool(seconds);
            // Waiting that nobody feels is no finding.
            if counters.wait < mean(slowest) / 4.0 && held.is_none() {
                return None;
            }
            let is_slow = counters.wait >= UNBEARABLE || (held.is_some() && mean(slowest) >= UNBEARABLE);
            let severity = if is_slow { Severity::Critical } else { Severity::Warning };
            let draft = Draft::new(ID, severity).label("request", &slowest.name);
            match held {
                Some((pool, waiting)) => draft
                    .label("pool", pool.name)
                    .figure("pool_size", pool.size)
                    .figure("pool_waiting", waiting),
                None => draft,
            }
        }
    };
    let share = if counters.is_time { "waiting_share" } else { "contended_share" };
    Some(draft.figure(share, counters.contended).figure("lock_wait_ms", counters.wait))
}

/// The full pool of which at least half waits for a lock, and how many of it that are.
fn held_pool(seconds: &[Second<'_>]) -> Option<(target_pool::Pool, f64)> {
    let pool = target_pool::named(seconds)?;
    let length: f64 = seconds.iter().map(Second::length).sum();
    // As many wait at a time as seconds are waited in a second.
    let waiting = grown(seconds, "lock_wait_seconds_sum")? / length;
    (waiting >= HELD * pool.size && waiting <= 1.1 * pool.size).then_some((pool, waiting))
}

/// What Redis says of the locks in it, where keys of such a pattern are counted.
fn with_redis(draft: Draft, seconds: &[Second<'_>]) -> Draft {
    let series =
        seconds.iter().flat_map(|second| second.line.target.keys()).find(|series| is_lock_key(series));
    let Some(series) = series else { return draft };
    let held: Vec<f64> =
        seconds.iter().filter_map(|second| second.line.target.get(series)).copied().collect();
    let length: f64 = seconds.iter().map(Second::length).sum();
    let (Some(commands), true) = (grown(seconds, "redis_commands_processed_total"), length > 0.0) else {
        return draft;
    };
    draft
        .label("redis_pattern", pattern(series))
        .figure("redis_locks", held.iter().sum::<f64>() / held.len() as f64)
        .figure("redis_commands", commands / length)
}

fn is_lock_key(series: &str) -> bool {
    series.starts_with("redis_keys_count{") && pattern(series).to_ascii_lowercase().contains("lock")
}

/// The pattern of the keys that are counted.
fn pattern(series: &str) -> &str {
    series.split_once("key=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

fn mean(series: &Series) -> f64 {
    series.total(0..series.points.len()).mean()
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    const READ: Service = Service::LogNormal { median: 5.0, sigma: 0.6 };

    fn steps() -> [(f64, Load); 4] {
        [5, 20, 80, 160].map(|users| (15.0, Load::Users(users)))
    }

    fn mutex(steps: &[(f64, Load)]) -> Simulation {
        let station = Station { servers: 1, service: Service::Fixed(10.0) };
        Simulation::of(steps, 100.0, station)
    }

    fn found(simulation: &Simulation) -> Option<Finding> {
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn a_mutex_of_ten_milliseconds_is_found() {
        let finding = found(&mutex(&steps())).unwrap();
        assert_eq!((finding.id.as_str(), finding.severity), (ID, Severity::Critical));
        insta::assert_snapshot!(finding.evidence, @"POST /purchase/1 takes 12.3 ms without waiting and 1,484 ms on average under load, while its throughput stays at 100/s. That is 1.23 at a time, as behind one lock or a single worker.");
        let finding = found(&mutex(&steps()).with_reads(1.0, READ)).unwrap();
        insta::assert_snapshot!(text(Lang::Ko, &finding).evidence, @"POST /purchase/1: 대기가 없을 때 12.6 ms, 부하 상태에서는 평균 1,367 ms가 걸리지만 처리량은 100/s에 머뭅니다. 동시에 처리되는 요청이 1.26건으로, 하나의 락이나 단일 워커 뒤에서 줄을 선 모습입니다. 다른 요청은 빠르게 처리되었습니다(6.09 ms).");
        assert!(found(&mutex(&[(30.0, Load::Users(100))]).with_reads(1.0, READ)).is_some());
        assert!(found(&mutex(&[(30.0, Load::Users(100))])).is_some());
        assert!(found(&Simulation { phases: false, ..mutex(&steps()) }).is_some());
        let bearable = found(&mutex(&steps()[..3])).unwrap();
        assert_eq!(bearable.severity, Severity::Warning);
    }

    #[test]
    fn an_atomic_step_and_a_pool_are_no_lock() {
        for servers in [2, 20, usize::MAX] {
            for service in [Service::Fixed(50.0), READ] {
                let simulation = Simulation::of(&steps(), 0.0, Station { servers, service });
                assert_eq!(found(&simulation), None, "{servers} {service:?}");
                assert_eq!(found(&simulation.with_reads(1.0, READ)), None, "{servers} {service:?}");
            }
        }
    }

    #[test]
    fn what_all_requests_wait_for_is_no_lock_of_one() {
        let mut simulation = mutex(&steps());
        simulation.kinds.push(crate::simulator::Kind { name: "GET /inventory/1", station: 0, weight: 1.0 });
        assert_eq!(found(&simulation), None);
    }

    #[test]
    fn a_single_thread_that_computes_is_no_lock() {
        let mut record = mutex(&steps()).run();
        for line in &mut record.timeline {
            let used = 0.97 * line.load.unwrap();
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        assert_eq!(look(&context(&record, &Judgement::default())), None);
    }

    fn with_counters(simulation: &Simulation, contended: f64, wait: f64) -> Option<Finding> {
        let mut record = simulation.run();
        for (at, line) in record.timeline.iter_mut().enumerate() {
            let acquired = at as f64 * 100.0;
            line.target.extend([
                ("lock_acquired_total".to_owned(), acquired),
                ("lock_contended_total".to_owned(), acquired * contended),
                ("lock_wait_seconds_sum".to_owned(), acquired * wait / 1e3),
            ]);
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn the_targets_counters_decide() {
        assert_eq!(with_counters(&mutex(&steps()), 0.01, 0.0), None);
        let both = with_counters(&mutex(&steps()), 0.96, 400.0).unwrap();
        assert!(both.figures.contains_key("base_ms") && both.figures.contains_key("contended_share"));
        let free = Station { servers: usize::MAX, service: Service::LogNormal { median: 60.0, sigma: 0.8 } };
        let hidden = with_counters(&Simulation::of(&steps(), 0.0, free), 0.7, 45.0).unwrap();
        insta::assert_snapshot!(hidden.evidence, @"According to the target's own counters, 70% of its lock acquisitions had to wait; the mean wait over all of them was 45 ms.");
        assert_eq!(with_counters(&Simulation::of(&steps(), 0.0, free), 0.7, 2.0), None);
    }

    #[test]
    fn threads_that_wait_for_a_lock_are_held_up_by_it() {
        let found = |waiting: f64| {
            let mut record = mutex(&[(30.0, Load::Users(300))]).run();
            for (at, line) in record.timeline.iter_mut().enumerate() {
                let acquired = at as f64 * 100.0;
                line.target.extend([
                    ("lock_acquired_total".to_owned(), acquired),
                    ("lock_contended_total".to_owned(), acquired * 0.4),
                    ("lock_wait_seconds_sum".to_owned(), at as f64 * waiting),
                    ("app_threads_busy".to_owned(), 20.0),
                    ("app_threads_max".to_owned(), 20.0),
                    ("app_threads_queued".to_owned(), 280.0),
                ]);
            }
            held_pool(&context(&record, &Judgement::default()).seconds)
                .map(|(pool, waiting)| (pool.name, waiting.round()))
        };
        assert_eq!(found(18.0), Some(("app_threads".to_owned(), 17.0)));
        assert_eq!(found(5.0), None);
    }

    #[test]
    fn redis_tells_of_the_locks_in_it() {
        let mut record = mutex(&steps()).run();
        for (at, line) in record.timeline.iter_mut().enumerate() {
            line.target.extend([
                ("redis_keys_count{db=\"db0\",key=\"lock:*\"}".to_owned(), 2.0),
                ("redis_keys_count{db=\"db0\",key=\"cart:*\"}".to_owned(), 50.0),
                ("redis_commands_processed_total".to_owned(), at as f64 * 700.0),
            ]);
        }
        let finding = look(&context(&record, &Judgement::default())).unwrap();
        assert!(
            finding
                .evidence
                .ends_with("Redis held 2 locks (lock:*) at a time, and carried out 688 commands/s."),
            "{}",
            finding.evidence
        );
        assert_eq!(finding.figures["redis_locks"], 2.0);
    }

    #[test]
    fn time_spent_waiting_is_contention_where_nobody_counts_who_waited() {
        let free = Station { servers: usize::MAX, service: Service::LogNormal { median: 400.0, sigma: 0.3 } };
        let found = |wait: f64| {
            let mut record = Simulation::of(&[(20.0, Load::Users(8))], 10.0, free).run();
            for line in &mut record.timeline {
                let acquired = 19.0 * line.load.unwrap();
                line.target.insert("lock_acquired_total".to_owned(), acquired);
                line.target.insert("lock_failed_total".to_owned(), 0.0);
                line.target.insert("lock_wait_seconds_sum".to_owned(), acquired * wait);
            }
            look(&context(&record, &Judgement::default()))
        };
        let finding = found(0.35).unwrap();
        assert!(finding.figures["waiting_share"] > 0.7 && finding.evidence.contains("of all response time"));
        assert_eq!(found(0.002), None);
    }

    #[test]
    fn sessions_of_a_database_that_wait_for_rows_are_contention() {
        let free = Station { servers: usize::MAX, service: Service::LogNormal { median: 400.0, sigma: 0.3 } };
        let found = |series: [(&str, f64); 2], grows: bool| {
            let mut record = Simulation::of(&[(20.0, Load::Users(8))], 10.0, free).run();
            for line in &mut record.timeline {
                let times = if grows { line.load.unwrap() } else { 1.0 };
                line.target.extend(series.map(|(name, value)| (name.to_owned(), value * times)));
            }
            look(&context(&record, &Judgement::default()))
        };
        let mysql = |millis| {
            let time = ("mysql_global_status_innodb_row_lock_time", millis);
            found([time, ("mysql_global_status_innodb_row_lock_waits", 18.0)], true)
        };
        assert!(mysql(6_000.0).is_some_and(|finding| finding.figures["waiting_share"] > 0.5));
        assert_eq!(mysql(100.0), None);
        let postgres = |waiting| {
            let connections = ("pg_settings_max_connections", 100.0);
            found([("pg_stat_activity_lock_waits", waiting), connections], false)
        };
        assert!(postgres(6.0).is_some_and(|finding| finding.figures["waiting_share"] > 0.5));
        assert_eq!(postgres(0.1), None);
    }

    #[test]
    fn locks_that_are_still_waited_for_were_asked_for_too() {
        let found = with_counters(&mutex(&steps()), 1.02, 270.0).unwrap();
        assert_eq!(found.figures["contended_share"], 1.0);
    }

    #[test]
    fn nothing_is_said_where_the_generator_is_to_blame() {
        assert_eq!(found(&Simulation { generator: 0.98, ..mutex(&steps()) }), None);
    }
}
