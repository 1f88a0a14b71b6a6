//! `error-onset`: from some load on, requests fail.
//!
//! The run is cut into windows of five seconds; a window is bad when at least five and 1% of its requests failed. The
//! onset is the first failure in the first bad window, the end the last one in the last, with ten failures at least. Where the load went on for
//! ten seconds without a bad window, the errors were a burst and not a limit. Refusals that throttling explains are left
//! to that finding.
//!
//! Errors that are as frequent outside of that part as in it have no onset: of n failures, a number within four standard
//! errors of n times the part's share of the requests are in it (by the arcsine of its root, which suits small numbers). They are nothing below 1% of all requests, and good to know where what was promised of them held.

use std::collections::BTreeMap;
use std::ops::Range;

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Finding, Mark, Severity};
use flashcrowd_text::{Lang, messages};

use super::throttling;
use crate::codes::{is_refused, is_tls, is_unknown_host, named};
use crate::course::Second;
use crate::dynamodb::{self, CONDITION_FAILED, ERRORS};
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::row::{is_load, tag};
use crate::words::{number, percent};

pub(crate) const ID: &str = "error-onset";

/// Seconds of a window.
const WINDOW: usize = 5;

/// A window is bad from this share and this number of failures.
const BAD_SHARE: f64 = 0.01;
const BAD_COUNT: f64 = 5.0;

/// With fewer failures nothing is said.
const FEWEST: f64 = 10.0;

/// Shares that differ by less than so many standard errors are the same. The part was picked as the worst of many.
const SAME_SHARE: f64 = 4.0;

/// From this share, the target does not survive the load.
const CRITICAL: f64 = 0.1;

/// After this many seconds without errors, they have stopped.
const OVER: f64 = 10.0;

/// How many codes are shown, each with its count in a figure of that name.
const SHOWN: usize = 3;
const COUNT: &str = "failed_";

/// The expectation that promises how many requests may fail.
const PROMISE: &str = "error_rate";

/// The status of a shop that has no more to sell.
const SOLD_OUT: &str = "409";

/// The status of everything that DynamoDB does not do.
const REFUSED: &str = "400";

/// The codes of requests that a limit of this machine kept from being sent.
const UNSENT: [&str; 4] = ["1213", "1100", "1202", "1200"];

/// The codes of requests whose responses were too large to be kept.
const UNKEPT: [&str; 2] = ["1000", "1701"];

/// Refusals that are answers: the balance is too low, it is sold out.
const ANSWERS: [&str; 3] = ["402", "409", "410"];

messages! {
    fn title(codes: &str) { en: "Requests fail: {codes}", ko: "요청이 실패합니다: {codes}" }
    fn at_one_user() { en: "1 virtual user", ko: "가상 사용자 1명" }
    fn at_users(users: &str) { en: "{users} virtual users", ko: "가상 사용자 {users}명" }
    fn at_rate(rate: &str) { en: "a configured rate of {rate}/s", ko: "설정한 처리율 초당 {rate}건" }
    fn once(code: &str) { en: "{code}: once", ko: "{code}: 1건" }
    fn times(code: &str, count: &str) { en: "{code}: {count} times", ko: "{code}: {count}건" }
    fn lasting(share: &str, second: &str, load: &str, throughput: &str, codes: &str) {
        en: "From second {second}, at {load} and {throughput} requests/s, {share}% of the requests failed ({codes}).",
        ko: "{second}초부터({load}, 초당 요청 {throughput}건) 요청의 {share}%가 실패했습니다({codes}).",
    }
    fn burst(share: &str, seconds: &str, load: &str, throughput: &str, codes: &str) {
        en: "In seconds {seconds}, at {load} and {throughput} requests/s, {share}% of the requests failed ({codes}).",
        ko: "{seconds}초 구간에서({load}, 초당 요청 {throughput}건) 요청의 {share}%가 실패했습니다({codes}).",
    }
    fn before(share: &str) {
        en: " Before that, it was {share}%.",
        ko: " 그 전의 오류율은 {share}%였습니다.",
    }
    fn read_log() {
        en: "Check the target's log at that second: a 5xx is an error of the server itself.",
        ko: "해당 시각의 대상 로그를 확인하십시오. 5xx는 서버 내부 오류입니다.",
    }
    fn admit() {
        en: "Admit no more than this load, with a waiting room or a rate limit, so that the admitted requests are served.",
        ko: "대기열이나 처리율 제한으로 이 부하까지만 받아들여 받아들인 요청은 정상 처리되게 하십시오.",
    }
    fn scale() {
        en: "Scale out for the expected load before the event.",
        ko: "예상 부하에 맞춰 이벤트 전에 미리 스케일 아웃하십시오.",
    }
    fn time_outs() {
        en: "Timeouts are the result of queues that grew too long: find out what the requests wait for instead of raising the timeout.",
        ko: "타임아웃은 대기열이 너무 길어진 결과입니다. 타임아웃을 늘리기보다 요청이 무엇을 기다리는지 찾으십시오.",
    }
    fn listen() {
        en: "Check whether the target was running or was restarted, and raise its accept backlog, open file limit and worker connections.",
        ko: "대상 프로세스가 살아 있었는지, 재시작했는지 확인하고 accept 백로그, 파일 디스크립터 한도, 워커 연결 수를 늘리십시오.",
    }
    fn start() {
        en: "Nobody listens there: check whether the target is started, and whether host and port are right.",
        ko: "해당 주소에서 수신 중인 프로세스가 없습니다. 대상이 실행 중인지, 호스트와 포트가 맞는지 확인하십시오.",
    }
    fn spell() {
        en: "The host name is not known: check its spelling, and the name server of this machine.",
        ko: "호스트 이름을 찾을 수 없습니다. 철자와 이 장비의 DNS 설정을 확인하십시오.",
    }
    fn handshake() {
        en: "No TLS handshake succeeded: check whether the port speaks TLS, and whether the certificate is valid for this host.",
        ko: "TLS 핸드셰이크가 한 번도 성공하지 않았습니다. 포트가 TLS를 사용하는지, 인증서가 이 호스트에 유효한지 확인하십시오.",
    }
    fn balancer() {
        en: "Check how the load balancer in front handles idle connections and its connection limit.",
        ko: "앞단 로드 밸런서의 유휴 연결과 최대 연결 수 설정을 확인하십시오.",
    }
    fn test_data() {
        en: "Check whether the test sends valid requests: expired tokens (401), wrong paths (404), wrong bodies (400).",
        ko: "테스트 요청이 올바른지 확인하십시오. 만료된 토큰(401), 잘못된 경로(404), 잘못된 본문(400)일 수 있습니다.",
    }
    fn sold_out() {
        en: "All failures are 409, which usually means sold out. If that is an expected response, add a check on the status that accepts it; without one, only 200 to 399 count as expected.",
        ko: "실패가 모두 409이며, 409는 보통 품절을 뜻합니다. 예상한 응답이라면 상태 코드 체크에 409를 명시하십시오. 체크가 없으면 200-399만 정상 응답으로 집계됩니다.",
    }
    fn service_said(codes: &str) { en: " DynamoDB error codes: {codes}.", ko: " DynamoDB 오류 코드: {codes}." }
    fn permissions() {
        en: "Check the permissions (IAM), the credentials, the region and the table names, depending on the codes.",
        ko: "오류 코드를 보고 권한(IAM), 자격 증명, 리전, 테이블 이름을 확인하십시오.",
    }
    fn expected() {
        en: "If the response is expected, add a check on the status that accepts it, so that it does not count as a failure.",
        ko: "정상 응답이라면 상태 코드 체크에 명시하여 실패로 집계되지 않게 하십시오.",
    }
}

/// How many requests failed with which code.
type Codes = BTreeMap<String, f64>;

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let seconds = &context.seconds;
    let throttled = throttling::statuses(seconds);
    let failures: Vec<Codes> = seconds.iter().map(|second| failures(second, &throttled)).collect();
    let failed: Vec<f64> = failures.iter().map(|codes| codes.values().sum()).collect();
    let part = bad_part(seconds, &failed)?;
    let codes = most_frequent(&failures[part.clone()]);
    let share_of = |part: Range<usize>| {
        let requests: f64 = seconds[part.clone()].iter().map(Second::requests).sum();
        if requests > 0.0 { failed[part].iter().sum::<f64>() / requests } else { 0.0 }
    };
    let share = share_of(part.clone());
    let is_constant = is_constant(seconds, &failed, &part);
    if is_constant && share_of(0..seconds.len()) < BAD_SHARE {
        return None;
    }
    let is_answer = codes.iter().all(|(code, _)| ANSWERS.contains(&code.as_str()));
    let severity = match share {
        _ if is_answer || (is_constant && is_promise_kept(context)) => Severity::Info,
        share if share >= CRITICAL => Severity::Critical,
        _ => Severity::Warning,
    };
    let onset = &seconds[part.start];
    let mut draft = Draft::new(ID, severity)
        .figure("share", share)
        .figure("share_before", share_of(0..part.start))
        .figure("second", onset.start.floor())
        .figure("throughput", onset.requests() / onset.length());
    draft = match onset.due_rate() {
        Some(rate) => draft.figure("rate", rate),
        None => draft.figure("users", onset.users()),
    };
    if is_over(seconds, &part) {
        draft = draft.figure("last_second", seconds[part.end - 1].end.ceil());
    }
    for (code, count) in codes.iter().take(SHOWN) {
        draft = draft.figure(&format!("{COUNT}{code}"), *count);
    }
    let first = codes.first().map_or("", |(code, _)| code);
    let class = match class(first) {
        _ if codes.len() == 1 && first == SOLD_OUT => "sold-out",
        "client" if dynamodb::is_told(seconds) => {
            draft = draft.label("service", service_codes(&seconds[part]));
            "dynamodb"
        }
        "connection" if never_answered(seconds) => unreachable_class(first),
        class => class,
    };
    Some(draft.label("code", first).label("class", class).finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let load = match has(finding, "rate") {
        true => at_rate(lang, &of("rate")),
        false if figure(finding, "users") == 1.0 => at_one_user(lang),
        false => at_users(lang, &of("users")),
    };
    let (share, codes) = (percent(100.0 * figure(finding, "share")), counts(lang, finding));
    let mut evidence = if has(finding, "last_second") {
        let seconds = format!("{}-{}", of("second"), of("last_second"));
        burst(lang, &share, &seconds, &load, &of("throughput"), &codes)
    } else {
        lasting(lang, &share, &of("second"), &load, &of("throughput"), &codes)
    };
    if figure(finding, "second") > 0.0 {
        evidence += &before(lang, &percent(100.0 * figure(finding, "share_before")));
    }
    if !label(finding, "service").is_empty() {
        evidence += &service_said(lang, label(finding, "service"));
    }
    let remedies = match label(finding, "class") {
        "server" => vec![read_log(lang), admit(lang), scale(lang)],
        "time-out" => vec![time_outs(lang), admit(lang), scale(lang)],
        "sold-out" => vec![sold_out(lang)],
        "dynamodb" => vec![permissions(lang), test_data(lang)],
        "client" => vec![test_data(lang), expected(lang)],
        "refused" => vec![start(lang)],
        "unknown-host" => vec![spell(lang)],
        "tls" => vec![handshake(lang)],
        _ => vec![listen(lang), balancer(lang), admit(lang)],
    };
    FindingText { title: title(lang, &named(label(finding, "code"))), evidence, remedies }
}

/// The failures of a second by code, those without a right answer because of throttling left out.
fn failures(second: &Second<'_>, throttled: &[&str]) -> Codes {
    let mut codes = Codes::new();
    for row in second.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQ_FAILED && is_load(row)) {
        let (status, failed) = (tag(row, names::tag::STATUS), row.stats.value("trues"));
        if failed > 0.0 && !throttled.contains(&status) {
            let is_answered = !status.is_empty() && status != "0";
            let code = if is_answered { status } else { tag(row, names::tag::ERROR_CODE) };
            *codes.entry(code.to_owned()).or_default() += failed;
        }
    }
    // What this machine could not send, or could not keep, is a finding of its own.
    for (metric, among) in [(metric::HTTP_REQS_NOT_SENT, &UNSENT[..]), (metric::HTTP_REQS_NOT_KEPT, &UNKEPT)]
    {
        let mut left = second.stat(metric, "sum");
        for code in among {
            if let Some(failed) = codes.get_mut(*code) {
                let own = failed.min(left);
                (*failed, left) = (*failed - own, left - own);
            }
        }
    }
    codes.retain(|_, failed| *failed > 0.0);
    // A condition that is not met is an answer of DynamoDB's: it is sold out.
    let answers = second.stat(CONDITION_FAILED, "sum");
    if let Some(failed) = codes.get_mut(REFUSED).filter(|_| answers > 0.0) {
        *failed = (*failed - answers).max(0.0);
    }
    codes
}

/// The codes that DynamoDB failed calls with, the most frequent first.
fn service_codes(seconds: &[Second<'_>]) -> String {
    let mut codes = Codes::new();
    for row in dynamodb::rows(seconds, ERRORS) {
        *codes.entry(tag(row, names::tag::CODE).to_owned()).or_default() += row.stats.value("sum");
    }
    let codes = most_frequent(&[codes]);
    let names: Vec<&str> = codes.iter().take(SHOWN).map(|(code, _)| code.as_str()).collect();
    names.join(", ")
}

fn most_frequent(failures: &[Codes]) -> Vec<(String, f64)> {
    let mut all = Codes::new();
    for (code, count) in failures.iter().flatten() {
        *all.entry(code.clone()).or_default() += count;
    }
    let mut found: Vec<(String, f64)> = all.into_iter().collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    found
}

/// The seconds from the first failure in the first bad window to the last one in the last.
fn bad_part(seconds: &[Second<'_>], failed: &[f64]) -> Option<Range<usize>> {
    let window = |at: usize| at..(at + WINDOW).min(seconds.len());
    let is_bad = |at: &usize| {
        let requests: f64 = seconds[window(*at)].iter().map(Second::requests).sum();
        let failed: f64 = failed[window(*at)].iter().sum();
        failed >= BAD_COUNT && failed >= BAD_SHARE * requests
    };
    let bad: Vec<usize> = (0..seconds.len()).step_by(WINDOW).filter(is_bad).collect();
    let first = window(*bad.first()?).find(|at| failed[*at] > 0.0)?;
    let last = window(*bad.last()?).rfind(|at| failed[*at] > 0.0)?;
    (failed[first..=last].iter().sum::<f64>() >= FEWEST).then_some(first..last + 1)
}

/// Whether requests failed as often before and after that part as in it.
fn is_constant(seconds: &[Second<'_>], failed: &[f64], part: &Range<usize>) -> bool {
    let sums = |is_inside: bool| {
        let places = (0..seconds.len()).filter(|at| part.contains(at) == is_inside);
        places.fold((0.0, 0.0), |(all, bad), at| (all + seconds[at].requests(), bad + failed[at]))
    };
    let ((inside, bad_inside), (outside, bad_outside)) = (sums(true), sums(false));
    let all = bad_inside + bad_outside;
    let expected = inside / (inside + outside);
    let seen = (bad_inside + 0.375) / (all + 0.75);
    outside == 0.0 || 2.0 * all.sqrt() * (seen.sqrt().asin() - expected.sqrt().asin()) < SAME_SHARE
}

/// Whether something was promised of the requests that fail, and held.
fn is_promise_kept(context: &Context<'_>) -> bool {
    let mut expected = context.judgement.expectations.iter().filter(|one| one.name == PROMISE).peekable();
    let metrics = context.evidence.results.iter().flat_map(|results| &results.metrics);
    let of_failures = metrics.filter(|metric| metric.name == metric::HTTP_REQ_FAILED);
    let mut thresholds = of_failures.flat_map(|metric| &metric.thresholds).peekable();
    let is_any = expected.peek().is_some() || thresholds.peek().is_some();
    is_any && expected.all(|one| one.result == Mark::Pass) && thresholds.all(|one| one.ok)
}

/// Whether the load went on as it was and nothing failed any more.
fn is_over(seconds: &[Second<'_>], part: &Range<usize>) -> bool {
    let load = |second: &Second<'_>| second.due_rate().unwrap_or(second.users());
    let least = load(&seconds[part.start]) * 0.95;
    let goes_on = seconds[part.end..].iter().filter(|second| load(second) >= least);
    goes_on.map(Second::length).sum::<f64>() >= OVER
}

/// Whether no request of the run got any answer.
fn never_answered(seconds: &[Second<'_>]) -> bool {
    seconds.iter().all(|second| second.without_answer() >= second.requests())
}

/// Why a target that never answered cannot be reached.
fn unreachable_class(code: &str) -> &'static str {
    match code {
        code if is_refused(code) => "refused",
        code if is_unknown_host(code) => "unknown-host",
        code if is_tls(code) => "tls",
        _ => "connection",
    }
}

/// What kind of failure a code is.
fn class(code: &str) -> &'static str {
    match code {
        "1050" | "1211" | "408" | "504" => "time-out",
        code if code.len() == 3 && code.starts_with('5') => "server",
        code if code.len() == 3 => "client",
        _ => "connection",
    }
}

/// How many requests failed with which code, the most frequent first.
fn counts(lang: Lang, finding: &Finding) -> String {
    let counts = finding.figures.iter().filter_map(|(name, count)| Some((name.strip_prefix(COUNT)?, *count)));
    let shown = counts.map(|(code, count)| match count {
        1.0 => once(lang, &named(code)),
        count => times(lang, &named(code), &number(count)),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Expected, Judgement, Results};

    use super::*;
    use crate::evidence::Evidence;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn simulation(fails: impl Fn(f64, f64) -> Option<(u16, u16)> + 'static) -> Simulation {
        let steps = [10, 20, 40].map(|users| (20.0, Load::Users(users)));
        let station = Station { servers: usize::MAX, service: Service::Fixed(30.0) };
        Simulation::of(&steps, 100.0, station).fate(move |at, answer, rng| match fails(at, rng.f64()) {
            Some((status, code)) => Answer { status, code, ms: 5.0 },
            None => answer,
        })
    }

    fn found(fails: impl Fn(f64, f64) -> Option<(u16, u16)> + 'static) -> Option<Finding> {
        look(&context(&simulation(fails).run(), &Judgement::default()))
    }

    #[test]
    fn the_first_load_with_errors_is_named() {
        let finding = found(|at, luck| (at > 40.0 && luck < 0.2).then_some((503, 0))).unwrap();
        assert_eq!((finding.severity, label(&finding, "class")), (Severity::Critical, "server"));
        insta::assert_snapshot!(finding.evidence, @"From second 40, at 40 virtual users and 313 requests/s, 20.4% of the requests failed (503: 1,321 times). Before that, it was 0%.");
        let refused = found(|at, luck| (at > 45.0 && luck < 0.05).then_some((0, 1212))).unwrap();
        insta::assert_snapshot!(text(Lang::Ko, &refused).evidence, @"45초부터(가상 사용자 40명, 초당 요청 315건) 요청의 4.8%가 실패했습니다(1212 connection refused: 226건). 그 전의 오류율은 0%였습니다.");
        assert_eq!(refused.severity, Severity::Warning);
    }

    #[test]
    fn errors_that_stop_are_a_burst() {
        let finding = found(|at, _| (5.0..8.0).contains(&at).then_some((0, 1212))).unwrap();
        insta::assert_snapshot!(finding.evidence, @"In seconds 5-8, at 10 virtual users and 101 requests/s, 99.3288% of the requests failed (1212 connection refused: 296 times). Before that, it was 0%.");
    }

    #[test]
    fn sold_out_is_an_answer() {
        let finding = found(|at, _| (at > 20.0).then_some((409, 0))).unwrap();
        assert_eq!((finding.severity, label(&finding, "class")), (Severity::Info, "sold-out"));
        insta::assert_snapshot!(finding.remedy, @"All failures are 409, which usually means sold out. If that is an expected response, add a check on the status that accepts it; without one, only 200 to 399 count as expected.");
        let mixed = found(|at, luck| (at > 20.0).then_some((if luck < 0.3 { 404 } else { 409 }, 0))).unwrap();
        assert_eq!(label(&mixed, "class"), "client");
        assert!(mixed.evidence.contains("(409: ") && mixed.evidence.contains("times, 404: "), "{mixed:?}");
    }

    #[test]
    fn a_constant_low_rate_that_was_promised_is_no_alarm() {
        let steady = |seed| {
            let station = Station { servers: usize::MAX, service: Service::Fixed(30.0) };
            Simulation::of(&[(60.0, Load::Users(12))], 50.0, station).seed(seed)
        };
        let failing = |share: f64, seed| {
            let simulation = steady(seed).fate(move |_, answer, rng| match rng.f64() < share {
                true => Answer { status: 500, ..answer },
                false => answer,
            });
            let mut record = simulation.run();
            record.run.expected = vec![Expected { name: PROMISE.to_owned(), target: "< 5%".to_owned() }];
            record.results = Some(Results::default());
            let judgement = crate::judge(&Evidence::from(&record));
            judgement.findings.into_iter().find(|finding| finding.id == ID)
        };
        for seed in 0..100 {
            assert_eq!(failing(0.005, seed), None, "{seed}");
            let finding = failing(0.03, seed).unwrap();
            assert_eq!(finding.severity, Severity::Info, "{seed} {finding:?}");
        }
    }

    #[test]
    fn a_few_errors_are_no_onset() {
        assert_eq!(found(|_, luck| (luck < 0.002).then_some((500, 0))), None);
        assert_eq!(found(|at, luck| (at > 40.0 && luck < 0.5).then_some((429, 0))), None);
        assert_eq!(found(|_, _| None), None);
    }
}
