//! The analysis says in words what the figures of a run mean: its parts, the conclusion, where the bottleneck is.

use flashcrowd_diagnosis::finding_text;
use flashcrowd_record::{BreakingPoint, Finding, Judgement, Mark, Severity, Stats, UslFit};
use flashcrowd_text::{Lang, figure, messages};

use crate::answer;
use crate::measures::{Attempts, Measures, Times};
use crate::model::Report;
use crate::words;

/// From this share of failures on, a run did not go well, whatever was expected.
pub(crate) const MANY_ERRORS: f64 = 0.05;
/// A 95th percentile up to this, in milliseconds, is fast.
const FAST: f64 = 1000.0;
/// One up to this is slow, one beyond it too slow.
const SLOW: f64 = 3000.0;
/// The mean is far from the smallest when it is so many times as large, and at least `QUEUED_FROM` milliseconds.
const QUEUED: f64 = 20.0;
/// See `QUEUED`.
const QUEUED_FROM: f64 = 500.0;
/// Some requests are much slower than most when the 95th percentile is so many times the median.
const UNEVEN: f64 = 4.0;

/// Findings that show that something gave way, and not what did.
const SYMPTOMS: [&str; 1] = ["dropped-iterations"];

/// A part of the analysis: `Response time`, and its figures with their labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// What it is about.
    pub name: String,
    /// The figure, where it is one.
    pub text: String,
    /// The figures, where there are several: labels with their values.
    pub figures: Vec<(String, String)>,
}

/// Where it hurts, from when on, and how it showed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bottleneck {
    /// The part that gave way.
    pub place: (String, String),
    /// The load from which on it did; none when it did not break.
    pub threshold: Option<(String, String)>,
    /// How it showed, where that is known.
    pub symptom: Option<(String, String)>,
    /// What the law of scalability says of it, where there were steps enough.
    pub law: Option<(String, String)>,
}

impl Bottleneck {
    /// All of it as labels with their values.
    pub(crate) fn pairs(self) -> Vec<(String, String)> {
        [Some(self.place), self.threshold, self.symptom, self.law].into_iter().flatten().collect()
    }
}

messages! {
    fn success_rate() { en: "Success rate", ko: "성공률" }
    fn throughput() { en: "Throughput", ko: "처리량" }
    fn requests(rate: String, count: String) {
        en: "about {rate} requests per second, {count} requests in total",
        ko: "초당 약 {rate}건, 총 {count}건 처리",
    }
    fn response_time() { en: "Response time", ko: "응답 시간" }
    fn average() { en: "Average", ko: "평균 응답 시간" }
    fn median() { en: "Median", ko: "중앙값 응답 시간" }
    fn percentile(percent: u32) { en: "{percent}th percentile", ko: "{percent}번째 백분위 응답 시간" }
    fn network() { en: "Network delay", ko: "네트워크 지연" }
    fn blocked() { en: "Average time blocked", ko: "평균 요청 차단 시간" }
    fn data() { en: "Data", ko: "데이터 전송" }
    fn received() { en: "Received", ko: "받은 데이터" }
    fn sent() { en: "Sent", ko: "보낸 데이터" }

    fn all_succeeded(count: String) {
        en: "All {count} requests succeeded.",
        ko: "요청 {count}건이 모두 성공했습니다.",
    }
    fn some_failed(failed: String, count: String, share: String) {
        en: "{failed} of {count} requests failed ({share}).",
        ko: "요청 {count}건 중 {failed}건이 실패했습니다({share}).",
    }
    fn some_throttled(throttled: String, count: String, share: String, failed: String) {
        en: "DynamoDB throttled {throttled} of {count} attempts ({share}); {failed} failed for other reasons.",
        ko: "DynamoDB가 시도 {count}건 중 {throttled}건을 스로틀링했으며({share}), 다른 이유로 실패한 시도는 {failed}건입니다.",
    }
    fn some_served(served: String, count: String, share: String) {
        en: "{served} of {count} requests were served ({share}).",
        ko: "요청 {count}건 중 {served}건을 처리했습니다({share}).",
    }
    fn attempts_throttled(throttled: String, attempts: String, part: String) {
        en: " DynamoDB throttled {throttled} of {attempts} attempts ({part}).",
        ko: " DynamoDB는 시도 {attempts}건 중 {throttled}건을 스로틀링했습니다({part}).",
    }
    fn call_times(avg: String, p95: String) {
        en: "Including backoff, calls took {avg} on average; 5% took longer than {p95}.",
        ko: "백오프를 포함한 호출 시간은 평균 {avg}이고 호출의 5%는 {p95}보다 오래 걸렸습니다.",
    }
    fn stable(avg: String, p95: String) {
        en: "The target responded quickly under this load: {avg} on average, 95% within {p95}.",
        ko: "이 부하에서 응답은 빨랐습니다. 평균 응답 시간은 {avg}이고 요청의 95%가 {p95} 안에 처리되었습니다.",
    }
    fn overall(avg: String, p95: String) {
        en: "Over the whole run, responses took {avg} on average, 95% within {p95}.",
        ko: "전체 구간의 평균 응답 시간은 {avg}이고 요청의 95%가 {p95} 안에 처리되었습니다.",
    }
    fn slower_than_expected(avg: String, p95: String) {
        en: "Responses were slower than expected: {avg} on average, 5% took longer than {p95}.",
        ko: "응답이 목표보다 느렸습니다. 평균 응답 시간은 {avg}이고 요청의 5%는 {p95}보다 오래 걸렸습니다.",
    }
    fn slow(avg: String, p95: String) {
        en: "Responses were slow enough for users to notice: {avg} on average, 5% took longer than {p95}.",
        ko: "사용자가 느낄 만큼 응답이 느렸습니다. 평균 응답 시간은 {avg}이고 요청의 5%는 {p95}보다 오래 걸렸습니다.",
    }
    fn too_slow(avg: String, p95: String) {
        en: "Responses were too slow for production use: {avg} on average, 5% took longer than {p95}.",
        ko: "운영 환경에 쓰기에는 너무 느립니다. 평균 응답 시간은 {avg}이고 요청의 5%는 {p95}보다 오래 걸렸습니다.",
    }
    fn queued(min: String, avg: String, times: String) {
        en: "The fastest request took {min}, the average {times} times that ({avg}): requests wait for one another \
             somewhere, at a lock or for a connection.",
        ko: "가장 빠른 요청은 {min}인데 평균은 그 {times}배인 {avg}입니다. 락이나 커넥션 풀처럼 요청이 줄을 서는 병목이 있는 것으로 \
             보입니다.",
    }
    fn uneven(median: String, p95: String) {
        en: "Most requests were fast (median {median}), a few were much slower (p95 {p95}).",
        ko: "대부분의 요청은 빨랐지만(중앙값 {median}) 일부 요청은 훨씬 느렸습니다(p95 {p95}).",
    }
    fn dropped(count: String) {
        en: "{count} planned iterations were never started because no virtual user was free.",
        ko: "유휴 가상 사용자가 없어 반복 {count}건이 누락되었습니다.",
    }
    fn kept(kept: usize, all: usize) {
        en: "{kept} of {all} expectations were met.",
        ko: "기대 조건 {all}개 중 {kept}개를 충족했습니다.",
    }
    fn all_kept() { en: "All expectations were met.", ko: "기대 조건을 모두 충족했습니다." }

    fn place() { en: "Bottleneck", ko: "병목" }
    fn threshold() { en: "Threshold", ko: "임계점" }
    fn symptom() { en: "Symptom", ko: "증상" }
    fn unknown_place() {
        en: "not identifiable from the load generator's metrics",
        ko: "부하 발생기의 지표만으로는 특정할 수 없음",
    }
    fn from(load: String) { en: "performance degrades from {load}", ko: "{load}부터 성능 저하" }
    fn law() { en: "Scalability (USL)", ko: "확장성(USL)" }
    fn peak(tps: String, users: String, fit: String) {
        en: "throughput peaks at {tps} with {users}, R² {fit}",
        ko: "처리량 최댓값 {tps}({users}), R² {fit}",
    }
    fn flat(tps: String, fit: String) {
        en: "throughput flattens towards {tps}, R² {fit}",
        ko: "처리량이 {tps}에 수렴, R² {fit}",
    }
    fn slower() { en: "response times rise", ko: "응답 지연" }
    fn failing() { en: "errors rise", ko: "오류 급증" }
    fn waiting() { en: "calls are throttled and wait in backoff", ko: "스로틀링으로 인한 백오프 대기" }
    fn starving() { en: "iterations are dropped", ko: "반복 누락" }
}

/// The analysis: success, throughput, response times, network, data. Empty when nothing was measured.
pub(crate) fn analysis(lang: Lang, measures: &Measures) -> Vec<Part> {
    let Some(times) = measures.times.filter(|_| measures.requests > 0) else { return Vec::new() };
    let one = |name, text| Part { name, text, figures: Vec::new() };
    let several = |name, figures| Part { name, text: String::new(), figures };
    let count = figure::count(measures.requests);
    let mut parts = vec![
        one(success_rate(lang), figure::percent(measures.success_rate())),
        one(throughput(lang), requests(lang, figure::number(measures.tps), count)),
        several(
            response_time(lang),
            vec![
                (average(lang), figure::duration(lang, times.avg)),
                (median(lang), figure::duration(lang, times.p50)),
                (percentile(lang, 90), figure::duration(lang, times.p90)),
                (percentile(lang, 95), figure::duration(lang, times.p95)),
            ],
        ),
    ];
    if let Some(mean) = measures.blocked {
        parts.push(several(network(lang), vec![(blocked(lang), figure::duration(lang, mean))]));
    }
    let bytes =
        vec![(received(lang), figure::bytes(measures.received)), (sent(lang), figure::bytes(measures.sent))];
    parts.push(several(data(lang), bytes));
    parts
}

/// The conclusion, a sentence each.
pub(crate) fn conclusion(lang: Lang, report: &Report) -> Vec<String> {
    let measures = Measures::of(report);
    let mut sentences = vec![answer::answer(lang, report)];
    if let Some(times) = measures.times.filter(|_| measures.requests > 0) {
        let count = figure::count(measures.requests);
        let throttling = measures.dynamodb.filter(|attempts| attempts.throttled > 0);
        sentences.push(if let Some(attempts) = throttling {
            throttles(lang, &measures, attempts)
        } else if measures.failed == 0 {
            all_succeeded(lang, count)
        } else {
            let share = figure::percent(measures.error_rate);
            some_failed(lang, figure::count(measures.failed), count, share)
        });
        let tone = match () {
            () if is_missed(report) => Tone::Missed,
            () if report.judgement.breaking_point.is_some() || measures.error_rate >= MANY_ERRORS => {
                Tone::Neutral
            }
            () => Tone::Good,
        };
        match report.results.under_load("dynamodb_call_duration").filter(|_| throttling.is_some()) {
            // How fast single attempts are says little where most of a call is back-off.
            Some(calls) => sentences.extend(on_calls(lang, &calls.stats)),
            None => sentences.extend(on_times(lang, &times, tone)),
        }
    }
    if measures.dropped > 0 {
        sentences.push(dropped(lang, figure::count(measures.dropped)));
    }
    let expectations = &report.judgement.expectations;
    if !expectations.is_empty() {
        let held = expectations.iter().filter(|one| one.result == Mark::Pass).count();
        let is_all = held == expectations.len();
        sentences.push(if is_all { all_kept(lang) } else { kept(lang, held, expectations.len()) });
    }
    sentences
}

/// How many requests were served, and how many attempts throttled.
fn throttles(lang: Lang, measures: &Measures, attempts: Attempts) -> String {
    let (all, throttled) = (figure::count(attempts.all), figure::count(attempts.throttled));
    let part = figure::percent(attempts.throttled_share());
    if !attempts.are_apart {
        return some_throttled(lang, throttled, all, part, figure::count(measures.failed));
    }
    let served = figure::count(measures.requests.saturating_sub(measures.failed));
    let share = figure::percent(measures.success_rate());
    some_served(lang, served, figure::count(measures.requests), share)
        + &attempts_throttled(lang, throttled, all, part)
}

/// Whether anything that was said about response times did not hold.
fn is_missed(report: &Report) -> bool {
    let expected =
        report.judgement.expectations.iter().any(|one| {
            one.name.starts_with("response_time") && matches!(one.result, Mark::Fail | Mark::Warn)
        });
    let times = report.results.metrics.iter().filter(|metric| metric.name.starts_with("http_req_duration"));
    expected || times.flat_map(|metric| &metric.thresholds).any(|threshold| !threshold.ok)
}

/// How short response times are spoken of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    /// They are not what was expected.
    Missed,
    /// Something else went wrong, so that they are no praise.
    Neutral,
    /// They are good.
    Good,
}

/// How long calls took; nothing where their percentiles are not known.
fn on_calls(lang: Lang, times: &Stats) -> Option<String> {
    let (avg, p95) = (times.get("avg")?, times.get("p(95)")?);
    Some(call_times(lang, figure::duration(lang, avg), figure::duration(lang, p95)))
}

fn on_times(lang: Lang, times: &Times, tone: Tone) -> Vec<String> {
    let (avg, p95) = (figure::duration(lang, times.avg), figure::duration(lang, times.p95));
    let mut sentences = vec![match times.p95 {
        p95_ms if p95_ms <= FAST && tone == Tone::Missed => {
            slower_than_expected(lang, avg.clone(), p95.clone())
        }
        p95_ms if p95_ms <= FAST && tone == Tone::Neutral => overall(lang, avg.clone(), p95.clone()),
        p95_ms if p95_ms <= FAST => stable(lang, avg.clone(), p95.clone()),
        p95_ms if p95_ms <= SLOW => slow(lang, avg.clone(), p95.clone()),
        _ => too_slow(lang, avg.clone(), p95.clone()),
    }];
    let far = times.min > 0.0 && times.avg >= QUEUED * times.min && times.avg >= QUEUED_FROM;
    if far {
        let factor = figure::number((times.avg / times.min).round());
        sentences.push(queued(lang, figure::duration(lang, times.min), avg, factor));
    } else if times.p50 > 0.0 && times.p95 >= UNEVEN * times.p50 {
        sentences.push(uneven(lang, figure::duration(lang, times.p50), p95));
    }
    sentences
}

/// Whether a finding is what the answer says already: where it broke.
pub(crate) fn is_told(judgement: &Judgement, found: &Finding) -> bool {
    judgement.breaking_point.is_some() && found.id == "breaking-point"
}

/// What can be done, the most promising first, nothing twice.
pub(crate) fn remedies(lang: Lang, report: &Report) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for remedy in report.judgement.findings.iter().flat_map(|found| finding_text(lang, found).remedies) {
        if !all.contains(&remedy) {
            all.push(remedy);
        }
    }
    all
}

/// What ramps mean for what was expected; none where there are no ramps, or nothing was expected that they change.
pub(crate) fn on_ramps(lang: Lang, report: &Report) -> Option<String> {
    let any_ramp = report.record.run.phases.iter().any(|phase| phase.settled > phase.start);
    let mut names = report.judgement.expectations.iter().map(|one| words::canonical(&one.name));
    let changes = names.any(|name| name.starts_with("response_time") || name.starts_with("tps"));
    (any_ramp && changes).then(|| words::without_ramps(lang))
}

/// Where it hurts, with labels; none when it neither broke nor was anything bad found.
pub(crate) fn bottleneck(lang: Lang, report: &Report) -> Option<Bottleneck> {
    let judgement = &report.judgement;
    let is_cause = |found: &&Finding| !is_told(judgement, found) && !SYMPTOMS.contains(&found.id.as_str());
    let worst = judgement.findings.iter().find(|found| found.severity > Severity::Info && is_cause(found));
    let point = judgement.breaking_point.as_ref();
    if worst.is_none() && point.is_none() {
        return None;
    }
    let named = worst.map(|found| finding_text(lang, found));
    let load = point.map(|point| from(lang, figure::load(lang, point.load, point.is_users)));
    let shown = match (point, worst.map(|found| found.id.as_str())) {
        (Some(BreakingPoint { symptom, .. }), _) if symptom == "errors" => Some(failing(lang)),
        (Some(BreakingPoint { symptom, .. }), _) if symptom == "dropped" => Some(starving(lang)),
        (Some(_), _) => Some(slower(lang)),
        (None, Some("dynamodb-throttling")) => Some(waiting(lang)),
        (None, Some("error-onset" | "outage" | "throttling")) => Some(failing(lang)),
        (
            None,
            Some("lock-contention" | "pool-saturation" | "target-cpu-saturated" | "latency-degradation"),
        ) => Some(slower(lang)),
        (None, _) => None,
    };
    Some(Bottleneck {
        place: (place(lang), named.map_or_else(|| unknown_place(lang), |text| text.title)),
        threshold: load.map(|load| (threshold(lang), load)),
        symptom: shown.map(|shown| (symptom(lang), shown)),
        law: point.and_then(|point| point.usl.as_ref()).map(|fit| (law(lang), scalability(lang, fit))),
    })
}

fn scalability(lang: Lang, fit: &UslFit) -> String {
    let (tps, r_squared) = (figure::rate(fit.peak_tps), figure::number(fit.r_squared));
    match fit.peak_users {
        Some(users) => peak(lang, tps, figure::users(lang, users), r_squared),
        None => flat(lang, tps, r_squared),
    }
}

/// What is to be said before all else: that the run was killed. None when it was not.
pub(crate) fn caution(lang: Lang, report: &Report) -> Option<String> {
    report.is_cut().then(|| words::cut_short(lang, figure::length(lang, report.seconds())))
}
