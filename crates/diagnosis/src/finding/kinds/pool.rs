//! `pool-saturation`: a fixed number of requests is served at a time, however many arrive.
//!
//! If the target tells of a [pool](target_pool), it is saturated when for at least five seconds all of it was in use and
//! requests waited for it. Else it is the sum over all requests that wait, of throughput times time of service
//! (see [`queue`]): that many are served at a time. It is reported when those requests take at least twice as long
//! as without a queue, with at least 1.7 at a time; with one at a time only if several requests share it, since one
//! alone is a lock.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use super::lock;
use super::target_cpu;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::finding::support::queue::{Queue, UNBEARABLE, queue};
use crate::finding::support::target_pool;
use crate::words::{number, time};

pub(crate) const ID: &str = "pool-saturation";

/// How many times longer a request takes under load when it waits, and when the pool is known to be full.
const SLOWDOWN: f64 = 2.0;
const FULL_SLOWDOWN: f64 = 1.5;

/// From this number at a time, it is more than one.
const SEVERAL: f64 = 1.7;

/// Below this, nothing was served all the time.
const FEWEST: f64 = 0.6;

messages! {
    fn title_named(pool: &str, size: &str) {
        en: "Connection pool {pool} ({size}) is exhausted",
        ko: "커넥션 풀 고갈: {pool}({size}개)",
    }
    fn title_other(pool: &str, size: &str) {
        en: "{pool} is exhausted: all {size} in use",
        ko: "{pool} 고갈: {size}개 모두 사용 중",
    }
    fn title(servers: &str) {
        en: "Only {servers} requests are served at a time",
        ko: "동시에 처리되는 요청이 {servers}건으로 제한됩니다",
    }
    fn named_seen(size: &str, pending: &str, seconds: &str) {
        en: "For {seconds} s, all {size} were in use and {pending} requests on average were waiting for one.",
        ko: "{seconds}초 동안 {size}개가 모두 사용 중이었고 평균 {pending}건의 요청이 기다렸습니다.",
    }
    fn full(size: &str, seconds: &str) {
        en: "For {seconds} s, all {size} were in use while requests took longer than before.",
        ko: "{seconds}초 동안 {size}개가 모두 사용 중이었고 그동안 응답 시간이 길어졌습니다.",
    }
    fn agrees(name: &str, size: &str, seconds: &str) {
        en: " The target's {name} says the same: it stayed at {size} for {seconds} s.",
        ko: " 대상 지표 {name}도 {seconds}초 동안 {size}에 머물러 이를 뒷받침합니다.",
    }
    fn law(names: &str, throughput: &str, base: &str, servers: &str) {
        en: "{names}: {throughput}/s that take {base} each without waiting are {servers} at a time (Little's law)",
        ko: "{names}: 대기 없이 {base}가 걸리는 요청이 초당 {throughput}건이므로 동시에 {servers}건이 처리됩니다(리틀의 법칙)",
    }
    fn flat(in_flight: &str, latency: &str) {
        en: ", even while {in_flight} were in progress; waiting increased the response time to {latency}.",
        ko: ". {in_flight}건이 진행 중일 때도 늘지 않았고, 대기 때문에 응답 시간이 {latency}로 늘었습니다.",
    }
    fn who() {
        en: " The limit may be a connection pool, worker threads or CPU cores of that number.",
        ko: " 같은 수의 커넥션 풀, 워커 스레드 또는 코어가 원인일 수 있습니다.",
    }
    fn larger() {
        en: "Enlarge the pool if what is behind it, such as the database, can take more.",
        ko: "풀 뒤의 자원(데이터베이스 등)에 여유가 있다면 풀 크기를 늘리십시오.",
    }
    fn release() {
        en: "Hold connections for less time: no remote calls inside a transaction, shorter queries, better indexes.",
        ko: "커넥션 점유 시간을 줄이십시오. 트랜잭션 안에서 외부 호출을 하지 않고 쿼리와 인덱스를 최적화합니다.",
    }
    fn caches() {
        en: "Move reads elsewhere: to a cache or to read replicas.",
        ko: "조회 부하를 캐시나 읽기 복제본(read replica)으로 분산하십시오.",
    }
    fn compare() {
        en: "Compare that number with the sizes of connection pools and the numbers of worker threads and CPU cores, and raise the one that matches.",
        ko: "이 값을 커넥션 풀, 워커 스레드, 코어 수와 비교하여 일치하는 자원을 늘리십시오.",
    }
    fn scale() {
        en: "Scale out: each additional instance adds the same capacity.",
        ko: "스케일 아웃하십시오. 인스턴스마다 같은 수만큼 처리 능력이 늘어납니다.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let named = target_pool::named(seconds);
    let slow = slow(context, if named.is_some() { FULL_SLOWDOWN } else { SLOWDOWN });
    let servers: f64 = slow.iter().map(Queue::servers).sum();
    let is_several = servers >= SEVERAL || (slow.len() > 1 && servers >= FEWEST);
    if named.is_none() {
        let has_other_reason = || lock::look(context).is_some() || target_cpu::look(context).is_some();
        if !is_several || has_other_reason() {
            return None;
        }
    }
    let latency = slow.iter().map(|queue| queue.latency).fold(0.0, f64::max);
    let severity = if latency >= UNBEARABLE { Severity::Critical } else { Severity::Warning };
    let mut draft = Draft::new(ID, severity);
    let is_named = named.is_some();
    if let Some(pool) = named {
        draft = draft.label("pool", pool.name).figure("size", pool.size).figure("full_seconds", pool.seconds);
        if let Some(pending) = pool.pending {
            draft = draft.figure("pending", pending);
        }
    }
    if is_several {
        let mut loaded: Vec<usize> = slow.iter().flat_map(|queue| queue.loaded.iter().copied()).collect();
        loaded.sort_unstable();
        loaded.dedup();
        if let Some(gauge) = target_pool::counted(seconds, &loaded, servers).filter(|_| !is_named) {
            draft = draft
                .label("gauge", gauge.name)
                .figure("stayed", gauge.size)
                .figure("stayed_seconds", gauge.seconds);
        }
        draft = by_law(draft, &slow, servers);
    }
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let servers = figure(finding, "servers");
    let servers = number(if servers > 3.0 { servers.round() } else { servers });
    let mut sentences = Vec::new();
    let is_named = has(finding, "size");
    if is_named {
        sentences.push(match has(finding, "pending") {
            true => named_seen(lang, &of("size"), &of("pending"), &of("full_seconds")),
            false => full(lang, &of("size"), &of("full_seconds")),
        });
    }
    if has(finding, "servers") {
        let (base, latency) =
            (time(lang, figure(finding, "base_ms")), time(lang, figure(finding, "latency_ms")));
        let names = label(finding, "requests");
        let seen =
            law(lang, names, &of("throughput"), &base, &servers) + &flat(lang, &of("in_flight"), &latency);
        sentences.push(match (is_named, has(finding, "stayed")) {
            (true, _) => seen,
            (false, true) => {
                seen + &agrees(lang, label(finding, "gauge"), &of("stayed"), &of("stayed_seconds"))
            }
            (false, false) => seen + &who(lang),
        });
    }
    let remedies = if is_named {
        vec![release(lang), larger(lang), caches(lang), scale(lang)]
    } else {
        vec![compare(lang), release(lang), scale(lang)]
    };
    let pool = label(finding, "pool");
    let title = match is_named {
        true if target_pool::has_connections(pool) => title_named(lang, pool, &of("size")),
        true => title_other(lang, pool, &of("size")),
        false => title(lang, &servers),
    };
    FindingText { title, evidence: sentences.join(" "), remedies }
}

/// The requests that wait.
fn slow(context: &Context<'_>, slowdown: f64) -> Vec<Queue> {
    let queues = context.series.iter().filter_map(|series| queue(series, &context.seconds));
    queues.filter(|queue| queue.slowdown() >= slowdown).collect()
}

fn by_law(draft: Draft, slow: &[Queue], servers: f64) -> Draft {
    let throughput: f64 = slow.iter().map(|queue| queue.throughput).sum();
    let in_flight: f64 = slow.iter().map(Queue::in_flight).sum();
    let names: Vec<&str> = slow.iter().map(|queue| queue.name.as_str()).take(3).collect();
    draft
        .label("requests", names.join(", "))
        .figure("servers", servers)
        .figure("throughput", throughput)
        .figure("base_ms", servers / throughput * 1e3)
        .figure("in_flight", in_flight)
        .figure("latency_ms", in_flight / throughput * 1e3)
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Kind, Load, Service, Simulation, Station};

    fn pool(servers: usize, ms: f64) -> Simulation {
        let steps = [5, 10, 20, 40, 80].map(|users| (12.0, Load::Users(users)));
        Simulation::of(&steps, 0.0, Station { servers, service: Service::Fixed(ms) })
    }

    fn found(simulation: &Simulation) -> Option<Finding> {
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn a_pool_of_twenty_is_counted_from_outside() {
        let finding = found(&pool(20, 50.0)).unwrap();
        assert!((finding.figures["servers"] - 20.0).abs() < 2.0, "{finding:?}");
        insta::assert_snapshot!(finding.evidence, @"POST /purchase/1: 400/s that take 50 ms each without waiting are 20 at a time (Little's law), even while 60.6 were in progress; waiting increased the response time to 151 ms. The limit may be a connection pool, worker threads or CPU cores of that number.");
        // Two requests of different lengths share it.
        let mut mixed = pool(20, 50.0);
        mixed.stations.push(mixed.stations[0]);
        mixed.kinds.push(Kind { name: "GET /inventory/1", station: 0, weight: 1.0 });
        assert!((found(&mixed).unwrap().figures["servers"] - 20.0).abs() < 2.0);
    }

    #[test]
    fn several_requests_behind_one_worker_are_no_lock() {
        let mut shared = pool(1, 10.0);
        shared.steps.insert(0, (10.0, Load::Users(1)));
        shared.think = 20.0;
        shared.kinds.push(Kind { name: "GET /inventory/1", station: 0, weight: 1.0 });
        let finding = found(&shared).unwrap();
        assert!((finding.figures["servers"] - 1.0).abs() < 0.2, "{finding:?}");
    }

    #[test]
    fn neither_a_lock_nor_room_for_all_is_a_pool() {
        assert_eq!(found(&pool(1, 10.0)), None);
        assert_eq!(found(&pool(usize::MAX, 50.0)), None);
        assert_eq!(found(&pool(200, 50.0)), None);
        assert_eq!(found(&Simulation { generator: 0.98, ..pool(20, 50.0) }), None);
    }

    #[test]
    fn a_pool_that_the_target_tells_of_is_named() {
        let mut record = pool(20, 50.0).run();
        for line in &mut record.timeline {
            let users = line.scenarios[0].vus as f64;
            line.target.extend([
                ("hikaricp_connections_active{pool=\"main\"}".to_owned(), users.min(20.0)),
                ("hikaricp_connections_pending{pool=\"main\"}".to_owned(), (users - 20.0).max(0.0)),
                ("hikaricp_connections_max{pool=\"main\"}".to_owned(), 20.0),
            ]);
        }
        let finding = look(&context(&record, &Judgement::default())).unwrap();
        let text = text(Lang::Ko, &finding);
        insta::assert_snapshot!(text.title, @"커넥션 풀 고갈: hikaricp_connections(20개)");
        insta::assert_snapshot!(text.evidence, @"24초 동안 20개가 모두 사용 중이었고 평균 40건의 요청이 기다렸습니다. POST /purchase/1: 대기 없이 50 ms가 걸리는 요청이 초당 400건이므로 동시에 20건이 처리됩니다(리틀의 법칙). 60.6건이 진행 중일 때도 늘지 않았고, 대기 때문에 응답 시간이 151 ms로 늘었습니다.");
    }
}
