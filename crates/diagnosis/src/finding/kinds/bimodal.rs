//! `bimodal-latency`: the times of one request lie around two values, as if there were two ways to answer it.
//!
//! Test of the valley, in the part of the run with one load that has most requests, at least a thousand: times are
//! counted in buckets that grow by 12%, smoothed. There are two modes when two peaks are a factor of three or more
//! apart, the lowest point between them is below a third of the lower peak, and each side has a tenth of the times. The
//! same valley has to part each quarter of that time, so that a change is not taken for two modes. Two kinds of
//! requests, or of answers, that are differently fast are natural: it is only reported if one kind is on both sides.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, label};
use crate::finding::support::kind::FindingText;
use crate::finding::support::series::{Series, answers};
use crate::finding::support::stretch::stretches;
use crate::request_names::RequestNames;
use crate::row::{is_load, tag};
use crate::words::{percent, time};

pub(crate) const ID: &str = "bimodal-latency";

const SECONDS: usize = 20;
const REQUESTS: f64 = 1000.0;

/// How much a bucket is larger than the one before.
const BUCKET: f64 = 1.12;

/// Modes are this far apart.
const APART: f64 = 3.0;

/// The valley is as deep as this share of the lower peak.
const VALLEY: f64 = 1.0 / 3.0;

/// Each mode has this share of the times, and in each quarter this.
const MODE: f64 = 0.1;
const QUARTER: f64 = 0.05;

/// A slow mode from here on is felt, in milliseconds.
const FELT: f64 = 100.0;

messages! {
    fn title(name: &str) { en: "Bimodal response times: {name}", ko: "이봉형 응답 시간 분포: {name}" }
    fn seen(name: &str, fast: &str, slow: &str, share: &str) {
        en: "{name} takes either about {fast} or about {slow}, with little in between; {share}% of all requests are slow.",
        ko: "{name}의 응답 시간이 약 {fast}와 약 {slow} 두 곳에 몰려 있고 그 사이는 거의 없습니다. 느린 쪽은 전체 요청의 {share}%입니다.",
    }
    fn cache() {
        en: "If it is cache hits and misses: keep entries longer, warm the cache in advance, and load a missing entry only once (single flight).",
        ko: "캐시 적중과 미스 차이라면 TTL을 늘리고, 캐시를 미리 채우고, 미스 시 한 번만 적재(single flight)되게 하십시오.",
    }
    fn instances() {
        en: "If it is instances behind the load balancer: compare their versions, machine types and zones.",
        ko: "로드 밸런서 뒤의 인스턴스 차이라면 버전, 장비 사양, 가용 영역을 비교하십시오.",
    }
    fn data() {
        en: "If it is the data: compare fast and slow requests, and check the plan of the slow query.",
        ko: "데이터 차이라면 빠른 요청과 느린 요청을 비교하고 느린 쿼리의 실행 계획을 확인하십시오.",
    }
}

/// Two modes and what parts them, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Modes {
    fast: f64,
    valley: f64,
    slow: f64,
    slow_share: f64,
}

impl Modes {
    /// The share of the smaller mode.
    fn smaller(&self) -> f64 {
        self.slow_share.min(1.0 - self.slow_share)
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let requests = |part: &[Second<'_>]| part.iter().map(|second| second.requests()).sum::<f64>();
    let part = stretches(seconds, &context.evidence.run.phases, SECONDS)
        .into_iter()
        .map(|part| &seconds[part])
        .max_by(|one, other| requests(one).total_cmp(&requests(other)))?;
    if requests(part) < REQUESTS {
        return None;
    }
    let modes = modes(&histogram(part))?;
    let is_everywhere = part.chunks(part.len().div_ceil(4)).all(|quarter| {
        let slow = slow_share(quarter, modes.valley);
        (QUARTER..=1.0 - QUARTER).contains(&slow)
    });
    let name = straddler(part, modes).filter(|_| is_everywhere)?;
    let severity = if modes.slow >= FELT { Severity::Warning } else { Severity::Info };
    let finding = Draft::new(ID, severity)
        .label("request", name)
        .figure("fast_ms", modes.fast)
        .figure("slow_ms", modes.slow)
        .figure("valley_ms", modes.valley)
        .figure("slow_share", modes.slow_share);
    Some(finding.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let name = label(finding, "request");
    let (fast, slow) = (time(lang, figure(finding, "fast_ms")), time(lang, figure(finding, "slow_ms")));
    let evidence = seen(lang, name, &fast, &slow, &percent(100.0 * figure(finding, "slow_share")));
    FindingText {
        title: title(lang, name),
        evidence,
        remedies: vec![cache(lang), instances(lang), data(lang)],
    }
}

/// The times of a part of the run, counted in buckets.
fn histogram(part: &[Second<'_>]) -> Vec<f64> {
    let mut counts = Vec::new();
    for (micros, count) in part.iter().flat_map(|second| &second.line.durations) {
        let bucket = ((*micros).max(1) as f64).log(BUCKET).round() as usize;
        if counts.len() <= bucket {
            counts.resize(bucket + 1, 0.0);
        }
        counts[bucket] += *count as f64;
    }
    counts
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: usize) -> f64 {
    BUCKET.powf(bucket as f64) / 1e3
}

fn modes(counts: &[f64]) -> Option<Modes> {
    let smooth: Vec<f64> = (0..counts.len())
        .map(|at| {
            let near = at.saturating_sub(1)..(at + 2).min(counts.len());
            counts[near].iter().sum::<f64>() / 3.0
        })
        .collect();
    let total: f64 = counts.iter().sum();
    let apart = APART.log(BUCKET).ceil() as usize;
    let highest = |range: std::ops::Range<usize>| range.max_by(|a, b| smooth[*a].total_cmp(&smooth[*b]));
    let first = highest(0..smooth.len())?;
    let below = highest(0..first.saturating_sub(apart));
    let above = highest((first + apart).min(smooth.len())..smooth.len());
    let found = [below, above].into_iter().flatten().filter_map(|second| {
        let (fast, slow) = (first.min(second), first.max(second));
        let valley = (fast..=slow).min_by(|a, b| smooth[*a].total_cmp(&smooth[*b]))?;
        let slow_share = counts[valley..].iter().sum::<f64>() / total;
        let is_deep = smooth[valley] < VALLEY * smooth[fast].min(smooth[slow]);
        let is_real = (MODE..=1.0 - MODE).contains(&slow_share);
        let (fast, valley, slow) = (middle(fast), middle(valley), middle(slow));
        (is_deep && is_real).then_some(Modes { fast, valley, slow, slow_share })
    });
    found.max_by(|one, other| one.smaller().total_cmp(&other.smaller()))
}

fn slow_share(part: &[Second<'_>], valley: f64) -> f64 {
    let (mut slow, mut all) = (0.0, 0.0);
    for (micros, count) in part.iter().flat_map(|second| &second.line.durations) {
        all += *count as f64;
        slow += if *micros as f64 / 1e3 >= valley { *count as f64 } else { 0.0 };
    }
    if all > 0.0 { slow / all } else { 0.0 }
}

/// The request that is most on both sides of the valley; none where kinds of requests and answers explain the modes.
fn straddler(part: &[Second<'_>], modes: Modes) -> Option<String> {
    let total: f64 = part.iter().map(|second| second.requests()).sum();
    let smaller = modes.smaller() * total;
    let kinds = answers(part).into_iter().map(|(status, series)| {
        let share = share_above(&series, status, part, modes.valley);
        (share.min(1.0 - share) * series.count(), series.name)
    });
    let most = kinds.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (most.0 >= smaller / 2.0).then_some(most.1)
}

/// The share of a kind of answers that is above a time, by what is known of each second: its quantiles.
fn share_above(series: &Series, status: &str, part: &[Second<'_>], valley: f64) -> f64 {
    let full_names = RequestNames::of_seconds(part);
    let rows = part.iter().flat_map(|second| &second.line.rows).filter(|row| {
        row.metric == metric::HTTP_REQ_DURATION
            && is_load(row)
            && tag(row, names::tag::STATUS) == status
            && full_names.full(tag(row, names::tag::METHOD), tag(row, names::tag::NAME)) == series.name
    });
    let (mut above, mut all) = (0.0, 0.0);
    for row in rows {
        let count = row.stats.value("count");
        all += count;
        above += count * (1.0 - share_below(|name| row.stats.value(name), valley));
    }
    if all > 0.0 { above / all } else { 0.0 }
}

/// The share of times below a time, straight between the logarithms of known quantiles.
fn share_below(stat: impl Fn(&str) -> f64, valley: f64) -> f64 {
    let known = [("min", 0.0), ("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)];
    let known: Vec<(f64, f64)> = known.iter().map(|(name, share)| (stat(name).max(1e-3), *share)).collect();
    if valley <= known[0].0 {
        return 0.0;
    }
    for pair in known.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if valley <= to {
            let part = if to > from { (valley / from).ln() / (to / from).ln() } else { 1.0 };
            return low + (high - low) * part;
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn simulation(service: Service) -> Simulation {
        Simulation::of(&[(40.0, Load::Rate(120.0))], 0.0, Station { servers: usize::MAX, service })
    }

    fn found(simulation: &Simulation) -> Option<Finding> {
        look(&context(&simulation.run(), &Judgement::default()))
    }

    const CACHE: Service = Service::Either { share: 0.25, first: 4.0, second: 180.0, sigma: 0.3 };

    #[test]
    fn hits_and_misses_are_two_modes() {
        for share in [0.15, 0.25, 0.5, 0.8] {
            let service = Service::Either { share, first: 4.0, second: 180.0, sigma: 0.3 };
            let finding = found(&simulation(service)).unwrap();
            assert!((finding.figures["slow_share"] - share).abs() < 0.02, "{share} {finding:?}");
        }
        insta::assert_snapshot!(found(&simulation(CACHE)).unwrap().evidence, @"POST /purchase/1 takes either about 3.92 ms or about 165 ms, with little in between; 25.4% of all requests are slow.");
        let with_reads = simulation(CACHE).with_reads(1.0, Service::LogNormal { median: 5.0, sigma: 0.4 });
        assert_eq!(found(&with_reads).unwrap().labels["request"], "POST /purchase/1");
    }

    #[test]
    fn two_kinds_of_requests_or_answers_are_no_finding() {
        let slow = Service::LogNormal { median: 150.0, sigma: 0.3 };
        let fast = Service::LogNormal { median: 5.0, sigma: 0.3 };
        assert_eq!(found(&simulation(slow).with_reads(1.0, fast)), None);
        let sold_out = simulation(slow).fate(|_, answer, rng| match rng.f64() {
            luck if luck < 0.4 => Answer { status: 409, ms: answer.ms / 40.0, ..answer },
            _ => answer,
        });
        assert_eq!(found(&sold_out), None);
    }

    #[test]
    fn neither_a_wide_mode_nor_a_change_is_two_modes() {
        for sigma in [0.1, 0.5, 1.0, 1.5] {
            assert_eq!(found(&simulation(Service::LogNormal { median: 20.0, sigma })), None);
        }
        let changed = simulation(Service::LogNormal { median: 5.0, sigma: 0.3 }).fate(|at, answer, _| {
            Answer { ms: if at > 20.0 { answer.ms * 30.0 } else { answer.ms }, ..answer }
        });
        assert_eq!(found(&changed), None);
    }
}
