//! Words are the texts that all documents share, in both languages: marks, verdicts, names, headings.

use flashcrowd_diagnosis::Expectation;
use flashcrowd_record::{ExpectationResult, Judgement, Mark, Phase, RunState, Severity, StepResult, Verdict};
use flashcrowd_text::{Lang, figure, messages};

messages! {
    fn pass() { en: "Pass", ko: "통과" }
    fn warning() { en: "Warning", ko: "주의" }
    fn fail() { en: "Fail", ko: "실패" }
    fn not_measured() { en: "Not measured", ko: "측정 불가" }
    fn not_judged() { en: "Not judged", ko: "판정 없음" }
    fn not_measurable() { en: "Not measurable", ko: "측정 불가" }
    fn info() { en: "Note", ko: "참고" }
    fn critical() { en: "Critical", ko: "심각" }

    fn percentile_time(percentile: &str) { en: "P{percentile} response time", ko: "P{percentile} 응답 시간" }
    fn average_time() { en: "Average response time", ko: "평균 응답 시간" }
    fn median_time() { en: "Median response time", ko: "중앙값 응답 시간" }
    fn longest_time() { en: "Longest response time", ko: "최대 응답 시간" }
    fn shortest_time() { en: "Shortest response time", ko: "최소 응답 시간" }
    pub(crate) fn errors() { en: "Errors", ko: "오류율" }
    pub(crate) fn error_rate() { en: "Error rate", ko: "오류율" }
    pub(crate) fn throughput() { en: "Throughput (TPS)", ko: "처리량(TPS)" }
    fn iteration_rate() { en: "Iteration rate", ko: "초당 반복 수" }
    fn failure_rate() { en: "Failure rate", ko: "실패율" }
    fn capacity_utilization() { en: "Capacity in use", ko: "용량 사용률" }
    fn key_utilization() { en: "Hottest key", ko: "최다 사용 키" }
    fn throttle_rate() { en: "Throttle rate", ko: "스로틀링 비율" }
    fn checks() { en: "Checks passed", ko: "체크 통과율" }
    fn dropped() { en: "Dropped iterations", ko: "누락된 반복" }
    fn concurrency() { en: "Concurrent users", ko: "동시 사용자 수" }
    fn recovery() { en: "Recovery time", ko: "복구 시간" }
    fn no_crash() { en: "No crash", ko: "시스템 다운 없음" }
    pub(crate) fn breaking_point() { en: "Breaking point", ko: "임계점" }
    fn graceful() { en: "Graceful degradation", ko: "완만한 성능 저하" }
    fn leak() { en: "Memory leak", ko: "메모리 누수" }
    fn degradation() { en: "Performance degradation", ko: "성능 저하율" }
    fn stable_errors() { en: "Stable error rate", ko: "오류율 안정성" }
    fn stock() { en: "Stock accuracy", ko: "재고 정확도" }
    fn locks() { en: "Lock contention", ko: "락 경합률" }

    fn yes() { en: "yes", ko: "예" }
    fn no() { en: "no", ko: "아니요" }
    fn in_part() { en: "partly", ko: "일부" }

    fn finished() { en: "finished", ko: "정상 종료" }
    fn aborted() { en: "aborted", ko: "조기 중단" }
    fn interrupted() { en: "interrupted", ko: "사용자가 중단" }
    fn failed() { en: "ended by an error", ko: "오류로 종료" }
    fn cut() { en: "killed", ko: "강제 종료" }

    pub(crate) fn target() { en: "Target", ko: "목표" }
    fn slowdown_of_b() { en: "B slower than A by", ko: "A 대비 B의 지연" }
    pub(crate) fn verdict_heading() { en: "Verdict", ko: "판정" }
    pub(crate) fn findings_heading() { en: "Findings", ko: "발견 사항" }
    pub(crate) fn expectations_heading() { en: "Expectations", ko: "기대 조건" }
    pub(crate) fn from_due(percentile: &str) { en: "{percentile} from due", ko: "예정 기준 {percentile}" }
    pub(crate) fn steps_heading() { en: "Step by step", ko: "단계별 지표" }
    pub(crate) fn analysis_heading() { en: "Analysis", ko: "분석" }
    pub(crate) fn conclusion_heading() { en: "Conclusion", ko: "결론" }
    pub(crate) fn recommendations_heading() { en: "Recommendations", ko: "개선 방안" }
    pub(crate) fn bottlenecks_heading() { en: "Bottlenecks Identified", ko: "병목" }
    pub(crate) fn details_heading() { en: "Detailed Results", ko: "상세 결과" }
    pub(crate) fn summary_heading() { en: "Summary", ko: "요약" }
    pub(crate) fn warnings_heading() { en: "Warnings", ko: "주의 사항" }
    pub(crate) fn more_warnings(count: usize) { en: "and {count} more", ko: "외 {count}건" }
    pub(crate) fn no_bottleneck() { en: "None was found.", ko: "발견되지 않았습니다." }
    pub(crate) fn no_recommendation() {
        en: "No action is needed for this load.",
        ko: "이 부하에서는 별도 조치가 필요하지 않습니다.",
    }
    pub(crate) fn without_ramps() {
        en: "Response times and throughput are judged without ramps; figures without a target cover the whole run.",
        ko: "응답 시간과 처리량은 램프 구간을 제외하고 판정합니다. 목표가 없는 값은 전체 구간 기준입니다.",
    }
    pub(crate) fn cut_short(length: String) {
        en: "This run was interrupted: the following was recorded in its first {length}.",
        ko: "실행이 도중에 강제 종료되었습니다. 아래 내용은 처음 {length} 동안 기록된 결과입니다.",
    }
}

/// A mark as it stands in front of a line of Markdown or HTML.
pub(crate) fn emoji(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✅",
        Mark::Warn => "⚠️",
        Mark::Fail => "❌",
        Mark::NotMeasured => "➖",
    }
}

/// A mark of one column for terminals.
pub(crate) fn symbol(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✓",
        Mark::Warn => "!",
        Mark::Fail => "✗",
        Mark::NotMeasured => "–",
    }
}

/// A mark in words.
pub(crate) fn mark(lang: Lang, mark: Mark) -> String {
    match mark {
        Mark::Pass => pass(lang),
        Mark::Warn => warning(lang),
        Mark::Fail => fail(lang),
        Mark::NotMeasured => not_measured(lang),
    }
}

/// The verdict as a mark, for its emoji, symbol and colour.
pub(crate) fn verdict_mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Pass => Mark::Pass,
        Verdict::NotJudged => Mark::NotMeasured,
        Verdict::Warn => Mark::Warn,
        Verdict::NotMeasurable | Verdict::Fail => Mark::Fail,
    }
}

/// The verdict in a word.
pub(crate) fn verdict(lang: Lang, verdict: Verdict) -> String {
    match verdict {
        Verdict::NotJudged => not_judged(lang),
        Verdict::NotMeasurable => not_measurable(lang),
        other => mark(lang, verdict_mark(other)),
    }
}

/// Why the verdict is what it is, in a sentence or two; none where the record does not say.
pub(crate) fn reason(lang: Lang, judgement: &Judgement) -> Option<String> {
    flashcrowd_diagnosis::reason_text(lang, judgement, |name| expectation(lang, name))
}

/// How bad a finding is, in a word.
pub(crate) fn severity(lang: Lang, severity: Severity) -> String {
    match severity {
        Severity::Info => info(lang),
        Severity::Warning => warning(lang),
        Severity::Critical => critical(lang),
    }
}

/// How a run ended, in a few words.
pub(crate) fn state(lang: Lang, state: RunState) -> String {
    match state {
        RunState::Finished => finished(lang),
        RunState::Aborted => aborted(lang),
        RunState::Interrupted => interrupted(lang),
        RunState::Failed => failed(lang),
        RunState::Cut => cut(lang),
    }
}

/// The name of an expectation for people, with what it is about if that is not the whole run. What is not known
/// stays as it was written.
pub(crate) fn expectation(lang: Lang, name: &str) -> String {
    let (base, about) = name.split_at(name.find(['{', '[']).unwrap_or(name.len()));
    let known = base_name(lang, canonical(base.trim()));
    let about = about.trim_matches(['{', '}', '[', ']']).replace("}[", ", ");
    if about.is_empty() { known } else { format!("{known} ({about})") }
}

/// The first name of a kind of expectation that has several.
pub(crate) fn canonical(name: &str) -> &str {
    let kind = Expectation::table().iter().find(|kind| kind.aliases.contains(&name));
    kind.map_or(name, |kind| kind.name)
}

fn base_name(lang: Lang, name: &str) -> String {
    if let Some(what) = name.strip_prefix("response_time_") {
        return match what.strip_prefix('p') {
            Some(percentile) => percentile_time(lang, percentile),
            None => match what {
                "avg" => average_time(lang),
                "med" => median_time(lang),
                "max" => longest_time(lang),
                "min" => shortest_time(lang),
                _ => name.to_owned(),
            },
        };
    }
    match name {
        "error_rate" => error_rate(lang),
        "tps" => throughput(lang),
        "iteration_rate" => iteration_rate(lang),
        "failure_rate" => failure_rate(lang),
        "throttle_rate" => throttle_rate(lang),
        "capacity_utilization" => capacity_utilization(lang),
        "key_utilization" => key_utilization(lang),
        "checks" => checks(lang),
        "dropped" => dropped(lang),
        "system_recovery_time" => recovery(lang),
        "no_system_crash" => no_crash(lang),
        "concurrency" => concurrency(lang),
        "identify_breaking_point" | "breaking_point" => breaking_point(lang),
        "graceful_degradation" => graceful(lang),
        "memory_leak" => leak(lang),
        "performance_degradation" => degradation(lang),
        "error_rate_stable" => stable_errors(lang),
        "stock_accuracy" => stock(lang),
        "lock_contention" => locks(lang),
        "duet" => slowdown_of_b(lang),
        _ => name.to_owned(),
    }
}

/// What an expectation came to: its value, or yes or no where it is no number.
pub(crate) fn outcome(lang: Lang, result: &ExpectationResult) -> String {
    let held = match (result.value, result.result) {
        (_, Mark::NotMeasured) => return figure::NOTHING.to_owned(),
        (Some(value), _) => {
            let bound = if result.note.starts_with("response-time-at-least") { "≥ " } else { "" };
            return format!("{bound}{}", figure::value(lang, value, &result.unit));
        }
        (None, Mark::Warn) => return in_part(lang),
        (None, mark) => mark == Mark::Pass,
    };
    match result.target.as_str() {
        "true" if held => yes(lang),
        "true" => no(lang),
        "false" if held => no(lang),
        "false" => yes(lang),
        _ => mark(lang, result.result),
    }
}

/// The load of a step as a column's head: `VU 50`, `200/s`; of a ramp `VU 10→50`, `10→500/s`.
pub(crate) fn step(step: &StepResult) -> String {
    load((step.users, step.rate), step.ramp_from, &step.scenario)
}

/// The load of a phase in the same words.
pub(crate) fn phase(phase: &Phase) -> String {
    load((phase.users, phase.rate), phase.ramp_from, &phase.scenario)
}

fn load((users, rate): (Option<u64>, Option<f64>), ramp_from: Option<f64>, scenario: &str) -> String {
    let from = ramp_from.map_or_else(String::new, |from| format!("{}→", figure::number(from)));
    match (users, rate) {
        (Some(users), _) => format!("VU {from}{}", figure::count(users)),
        (None, Some(rate)) => from + &figure::rate(rate),
        (None, None) => scenario.to_owned(),
    }
}
