//! The reason of a verdict in a sentence or two, out of its figures and labels.

use flashcrowd_record::{Cause, ExpectationResult, Judgement, Mark, Severity, VerdictReason};
use flashcrowd_text::{Lang, figure, messages};

use crate::codes::{is_refused, is_tls, is_unknown_host, named};
use crate::expectation::expectation_text;
use crate::finding::{finding_text, limit_remedy, limit_text};
use crate::words::{number, time};

messages! {
    fn killed() { en: "The run was killed before its end.", ko: "실행이 도중에 강제 종료되었습니다." }
    fn ended_by(reason: &str) {
        en: "The run ended with an error: {reason}.",
        ko: "실행이 오류로 종료되었습니다: {reason}.",
    }
    fn interrupted(after: &str) {
        en: "Interrupted after {after}: a test that was cut short cannot pass.",
        ko: "{after} 만에 중단되었습니다. 끝까지 실행하지 않은 테스트는 통과할 수 없습니다.",
    }
    fn interrupted_of(after: &str, planned: &str, share: &str) {
        en: "Interrupted after {after} of {planned} ({share}): a test that was cut short cannot pass.",
        ko: "{planned} 중 {after}({share}) 만에 중단되었습니다. 끝까지 실행하지 않은 테스트는 통과할 수 없습니다.",
    }
    fn nothing_answered(count: &str, code: &str) {
        en: "Nothing was served: none of {count} requests was answered ({code}).",
        ko: "처리된 요청이 없습니다. 요청 {count}건 모두 응답을 받지 못했습니다({code}).",
    }
    fn nobody_listens() {
        en: " Nobody listens there: check whether the target is started, and whether host and port are right.",
        ko: " 해당 주소에서 수신 중인 프로세스가 없습니다. 대상이 실행 중인지, 호스트와 포트가 맞는지 확인하십시오.",
    }
    fn unknown_host() {
        en: " The host name is not known: check its spelling.",
        ko: " 호스트 이름을 찾을 수 없습니다. 철자를 확인하십시오.",
    }
    fn no_handshake() {
        en: " No TLS handshake succeeded: check the port and the certificate.",
        ko: " TLS 핸드셰이크가 한 번도 성공하지 않았습니다. 포트와 인증서를 확인하십시오.",
    }
    fn agents_lost(agents: &str, why: &str, since: &str, share: &str) {
        en: "Not measurable: {agents} was lost ({why}), so that {share} of the load is missing from {since} on.",
        ko: "측정할 수 없습니다. {agents}을(를) 잃어({why}) {since}부터 부하의 {share}가 누락되었습니다.",
    }
    fn lost(count: &str) {
        en: "Not measurable: {count} worker thread(s) of the load generator never answered again, so that what they measured last is missing.",
        ko: "측정할 수 없습니다. 부하 발생기의 워커 스레드 {count}개가 끝까지 응답하지 않아 마지막 측정값이 누락되었습니다.",
    }
    fn limited(count: &str, requests: &str, what: &str, remedy: &str) {
        en: "Not measurable: this machine could not send {count} of {requests} requests, {what}. {remedy}",
        ko: "측정할 수 없습니다. 이 장비가 요청 {requests}건 중 {count}건을 보내지 못했습니다. {what}. {remedy}",
    }
    fn late(lag: &str) {
        en: "Not measurable: the load generator was late, not the target: 5% of the iterations started {lag} or more after they were due (iteration_lag, p95).",
        ko: "측정할 수 없습니다. 대상이 아니라 부하 발생기가 지연되었습니다. 반복의 5%가 예정보다 {lag} 이상 늦게 시작되었습니다(iteration_lag p95).",
    }
    fn stalled(total: &str) {
        en: "Not measurable: a worker thread of the load generator stood still for {total}, so that times and rates are not the target's.",
        ko: "측정할 수 없습니다. 부하 발생기의 워커 스레드가 {total} 동안 멈춰 있어 응답 시간과 처리량은 대상의 성능이 아닙니다.",
    }
    fn overloaded() {
        en: "Not measurable: the load generator was the bottleneck, so that times and rates are not the target's.",
        ko: "측정할 수 없습니다. 부하 발생기가 병목이어서 응답 시간과 처리량은 대상의 성능이 아닙니다.",
    }
    fn nothing_ran() {
        en: "Nothing ran: no iteration came to its end.",
        ko: "실행된 것이 없습니다. 끝까지 수행된 반복이 없습니다.",
    }
    fn all_dropped(count: &str) {
        en: "Nothing ran: all {count} iterations that were due were dropped.",
        ko: "실행된 것이 없습니다. 예정된 반복 {count}건이 모두 누락되었습니다.",
    }
    fn iterations_failed(scenario: &str, count: &str) {
        en: "Every iteration of scenario {scenario} failed: {count} of {count}.",
        ko: "시나리오 {scenario}의 모든 반복이 실패했습니다({count}건 중 {count}건).",
    }
    fn nothing_served(count: &str, code: &str, with: &str) {
        en: "Nothing was served: all {count} requests failed ({code}: {with}).",
        ko: "처리된 요청이 없습니다. 요청 {count}건이 모두 실패했습니다({code}: {with}건).",
    }
    fn hardly_served(served: &str, count: &str, code: &str, with: &str) {
        en: "Hardly anything was served: {served} of {count} requests succeeded ({code}: {with}).",
        ko: "거의 처리되지 않았습니다. 요청 {count}건 중 {served}건만 성공했습니다({code}: {with}건).",
    }
    fn throttled(served: &str, count: &str) {
        en: "Hardly anything was served: {served} of {count} calls succeeded.",
        ko: "거의 처리되지 않았습니다. 호출 {count}건 중 {served}건만 성공했습니다.",
    }
    fn credentials() {
        en: " The target refuses the credentials: check the log-in and the token.",
        ko: " 대상이 인증을 거부합니다. 로그인 정보와 토큰을 확인하십시오.",
    }
    fn declare() {
        en: " If that is expected, declare it: a check on the status in a plan, http.setResponseCallback() in a script.",
        ko: " 예상한 응답이라면 플랜에서는 상태 코드 체크로, 스크립트에서는 http.setResponseCallback()으로 명시하십시오.",
    }
    fn checks_failed(count: &str) {
        en: "Every check failed: none of {count} passed.",
        ko: "모든 체크가 실패했습니다. {count}건 중 통과한 것이 없습니다.",
    }
    fn crossed(metric: &str, source: &str) {
        en: "Missed its target: the threshold {source} of {metric} was crossed.",
        ko: "목표를 달성하지 못했습니다. {metric}의 임계값 조건을 넘었습니다: {source}.",
    }
    fn missed(name: &str, value: &str, target: &str) {
        en: "Missed its target: {name} was {value}, expected {target}.",
        ko: "목표를 달성하지 못했습니다. {name}: {value}(목표 {target}).",
    }
    fn missed_narrowly(name: &str, value: &str, target: &str) {
        en: "Missed its target, if narrowly: {name} was {value}, expected {target}.",
        ko: "근소한 차이로 목표를 달성하지 못했습니다. {name}: {value}(목표 {target}).",
    }
    fn broken(name: &str, why: &str) {
        en: "An expectation was missed: {name}, {why}.",
        ko: "기대 조건을 충족하지 못했습니다. {name}: {why}.",
    }
    fn unmeasured(name: &str, why: &str) {
        en: "Not shown to hold: {name}, {why}.",
        ko: "충족 여부를 확인할 수 없습니다. {name}: {why}.",
    }
    fn no_samples(metric: &str) {
        en: "No threshold could be judged: {metric} has no samples.",
        ko: "임계값을 판정할 수 없습니다. {metric}에 측정값이 없습니다.",
    }
    fn marked(reason: &str) {
        en: "The script marked the test as failed ({reason}).",
        ko: "스크립트가 테스트를 실패로 표시했습니다({reason}).",
    }
    fn ended_early(reason: &str) {
        en: "The run did not come to its planned end ({reason}).",
        ko: "계획대로 끝나지 않았습니다({reason}).",
    }
    fn incomplete(reason: &str) {
        en: "What was asked for is not complete: {reason}.",
        ko: "요청한 출력을 모두 저장하지 못했습니다: {reason}.",
    }
    fn found(title: &str) {
        en: "With a reservation: {title}.",
        ko: "주의할 점이 있습니다: {title}.",
    }
    fn nothing_promised() {
        en: "Nothing was promised, so nothing was judged: give thresholds or expectations.",
        ko: "판정할 기준이 없습니다. 임계값이나 기대 조건을 지정하십시오.",
    }
    fn held() { en: "Everything that was promised held.", ko: "약속한 조건을 모두 충족했습니다." }
}

/// Why the verdict is what it is, in a sentence or two; none where a record does not say. Expectations go by the names
/// that `name` gives them.
pub fn reason_text(lang: Lang, judgement: &Judgement, name: impl Fn(&str) -> String) -> Option<String> {
    judgement.reason.as_ref().map(|reason| text(lang, judgement, reason, &name))
}

/// The same in English, with the names of expectations as they are written: what records keep.
pub(super) fn english(judgement: &Judgement, reason: &VerdictReason) -> String {
    text(Lang::En, judgement, reason, &|name| name.to_owned())
}

fn text(lang: Lang, judgement: &Judgement, reason: &VerdictReason, name: &dyn Fn(&str) -> String) -> String {
    let of = |name: &str| reason.figures.get(name).copied().unwrap_or_default();
    let count = |name: &str| number(of(name));
    let label = |name: &str| reason.labels.get(name).map_or("", String::as_str);
    let expectation = || {
        let at = reason.figures.get("expectation")?;
        judgement.expectations.get(*at as usize)
    };
    match reason.cause {
        Cause::Killed => killed(lang),
        Cause::ScriptFailed | Cause::SetupTimeout | Cause::TeardownTimeout | Cause::TestAborted => {
            ended_by(lang, label("reason"))
        }
        Cause::Interrupted | Cause::Stopped => {
            interruption(lang, of("seconds"), reason.figures.get("planned").copied())
        }
        Cause::AgentLost => {
            let (since, share) = (figure::length(lang, of("since")), figure::percent(of("share")));
            agents_lost(lang, label("agents"), label("why"), &since, &share)
        }
        Cause::GeneratorLost => lost(lang, &count("workers")),
        Cause::GeneratorLimited => {
            let limit = label("limit");
            let remedy = limit_remedy(lang, limit, |name| reason.figures.get(name).copied());
            limited(lang, &count("not_sent"), &count("requests"), &limit_text(lang, limit), &remedy)
        }
        Cause::GeneratorLate if of("lag_p95") > 0.0 => late(lang, &time(lang, of("lag_p95"))),
        Cause::GeneratorLate if of("stalled_ms") > 0.0 => stalled(lang, &time(lang, of("stalled_ms"))),
        Cause::GeneratorLate => overloaded(lang),
        Cause::NothingAnswered => {
            let code = label("code");
            nothing_answered(lang, &count("requests"), &named(code)) + &unreachable(lang, code)
        }
        Cause::NothingRan if of("dropped") > 0.0 => all_dropped(lang, &count("dropped")),
        Cause::NothingRan => nothing_ran(lang),
        Cause::IterationsFailed => iterations_failed(lang, label("scenario"), &count("iterations")),
        Cause::NothingServed => service(lang, reason),
        Cause::ChecksFailed => checks_failed(lang, &count("checks")),
        Cause::ThresholdCrossed => crossed(lang, label("metric"), label("threshold")),
        Cause::MarkedFailed => marked(lang, label("reason")),
        Cause::ExpectationMissed => expectation().map_or_else(String::new, |one| miss(lang, one, name)),
        Cause::NotMeasured => match expectation() {
            Some(one) => unmeasured(lang, &name(&one.name), &expectation_text(lang, one)),
            None => no_samples(lang, label("metric")),
        },
        Cause::EndedEarly => ended_early(lang, label("reason")),
        Cause::Incomplete => incomplete(lang, label("reason")),
        Cause::Found => {
            let grave = judgement.findings.iter().find(|found| found.severity >= Severity::Warning);
            grave.map_or_else(String::new, |grave| found(lang, &finding_text(lang, grave).title))
        }
        Cause::NothingPromised => nothing_promised(lang),
        Cause::Held => held(lang),
    }
}

fn interruption(lang: Lang, seconds: f64, planned: Option<f64>) -> String {
    let after = figure::length(lang, seconds);
    match planned.filter(|planned| *planned > 0.0) {
        None => interrupted(lang, &after),
        Some(planned) => {
            let share = figure::percent((seconds / planned).min(1.0));
            interrupted_of(lang, &after, &figure::length(lang, planned), &share)
        }
    }
}

/// What may be wrong with a target that gave no answer.
fn unreachable(lang: Lang, code: &str) -> String {
    match code {
        code if is_refused(code) => nobody_listens(lang),
        code if is_unknown_host(code) => unknown_host(lang),
        code if is_tls(code) => no_handshake(lang),
        _ => String::new(),
    }
}

fn service(lang: Lang, reason: &VerdictReason) -> String {
    let of = |name: &str| number(reason.figures.get(name).copied().unwrap_or_default());
    let code = reason.labels.get("code").map_or("", String::as_str);
    let (requests, served, with) = (of("requests"), of("served"), of("with_code"));
    let told = match (code, served.as_str()) {
        ("", _) => return throttled(lang, &served, &requests),
        (_, "0") => nothing_served(lang, &requests, &named(code), &with),
        _ => hardly_served(lang, &served, &requests, &named(code), &with),
    };
    let hint = match code {
        "401" | "403" => credentials(lang),
        code if code.len() == 3 && code.starts_with('4') => declare(lang),
        _ => String::new(),
    };
    told + &hint
}

fn miss(lang: Lang, one: &ExpectationResult, name: &dyn Fn(&str) -> String) -> String {
    let known = name(&one.name);
    let is_number = !["true", "false"].contains(&one.target.trim());
    match one.value.filter(|_| is_number) {
        None => broken(lang, &known, &expectation_text(lang, one)),
        Some(value) => {
            let value = figure::value(lang, value, &one.unit);
            let missed = if one.result == Mark::Warn { missed_narrowly } else { missed };
            missed(lang, &known, &value, &one.target)
        }
    }
}
