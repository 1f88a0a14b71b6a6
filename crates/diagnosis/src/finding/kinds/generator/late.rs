//! `generator-late`: iterations started late, or a worker thread stood still, though processors were not in use all the
//! time. No target makes iterations start late: one that finds no idle virtual user is dropped, never queued.
//!
//! The generator was late when 5% of at least 200 iterations with a due time started more than 100 ms after it
//! (`iteration_lag`, p95), or when a worker thread stood still for 1 s and a tenth of the load. What a thread stood still
//! for is told by the second in which it went on: a call of the script used the processor (half of the time), others had it
//! (the thread waited for 30% of the time), a control group's quota held the process up (10%), or else the process was
//! stopped.

use flashcrowd_record::{Finding, Severity, WorkersUse};
use flashcrowd_text::{Lang, messages};

use super::bottleneck;
use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::generator_load::Lateness;
use crate::words::{number, time};

pub(crate) const ID: &str = "generator-late";

/// From these shares on, a thread stood still for that reason.
const COMPUTED: f64 = 0.5;
const WAITED: f64 = 0.3;
const THROTTLED: f64 = 0.1;

messages! {
    fn title() { en: "The load generator was late", ko: "부하 발생기가 지연되었습니다" }
    fn lag(lag: &str) {
        en: "5% of the iterations started {lag} or more after they were due (iteration_lag, p95).",
        ko: "반복의 5%가 예정보다 {lag} 이상 늦게 시작되었습니다(iteration_lag p95).",
    }
    fn stood_still(total: &str, longest: &str) {
        en: "A worker thread of the generator stood still for {total} in all, and for {longest} at a time.",
        ko: "부하 발생기의 워커 스레드가 총 {total}, 한 번에 최대 {longest} 동안 멈춰 있었습니다.",
    }
    fn computed() {
        en: " The thread was computing meanwhile: a single call of the script, such as JSON.parse() of a large text, kept it busy.",
        ko: " 그동안 스레드는 계산 중이었습니다. 큰 텍스트의 JSON.parse()처럼 스크립트의 호출 하나가 스레드를 점유했습니다.",
    }
    fn waited(share: &str) {
        en: " Other processes had the processors: the thread was kept waiting for {share}% of the time.",
        ko: " 다른 프로세스가 CPU를 점유하여 스레드가 시간의 {share}% 동안 대기했습니다.",
    }
    fn throttled(share: &str) {
        en: " The CPU quota of the control group held the process up for {share}% of the time.",
        ko: " 컨트롤 그룹의 CPU 할당량 때문에 프로세스가 시간의 {share}% 동안 멈춰 있었습니다.",
    }
    fn stopped() {
        en: " It did not compute and did not wait for a processor: the process was stopped, or the machine was suspended.",
        ko: " 계산 중도 CPU 대기 중도 아니었습니다. 프로세스가 정지되었거나 장비가 절전 상태였습니다.",
    }
    fn distrust() {
        en: " The measured times and rates are not the target's.",
        ko: " 측정된 응답 시간과 처리량은 대상의 성능이 아닙니다.",
    }
    fn split_call() {
        en: "Make such calls smaller, or make them once, in the init code or a SharedArray; other virtual users of the thread wait meanwhile.",
        ko: "그런 호출을 더 작게 나누거나 초기화 코드나 SharedArray에서 한 번만 수행하십시오. 그동안 같은 스레드의 다른 가상 사용자는 대기합니다.",
    }
    fn alone(cpus: &str) {
        en: "Leave the {cpus} processors of this machine to the generator during the test: `top` shows who else uses them.",
        ko: "테스트 중에는 이 장비의 CPU {cpus}개를 부하 발생기만 사용하게 하십시오. 다른 사용자는 `top`으로 확인할 수 있습니다.",
    }
    fn quota() {
        en: "Raise the CPU quota of the control group (`docker run --cpus`, resources.limits.cpu of a pod), or use fewer worker threads (--workers).",
        ko: "컨트롤 그룹의 CPU 할당량을 늘리거나(`docker run --cpus`, 파드의 resources.limits.cpu) 워커 스레드를 줄이십시오(--workers).",
    }
    fn keep_awake() {
        en: "Repeat the test without stopping the process, and keep the machine awake: `systemd-inhibit --what=sleep flashcrowd run ...`.",
        ko: "프로세스를 정지하지 말고 테스트를 다시 실행하십시오. 장비가 절전 상태가 되지 않게 `systemd-inhibit --what=sleep flashcrowd run ...`으로 실행할 수 있습니다.",
    }
    fn more_cores(workers: &str) {
        en: "Repeat the test with more cores than {workers} for the generator, or split it over several machines with --execution-segment.",
        ko: "부하 발생기에 코어를 {workers}개보다 많이 할당하거나 --execution-segment로 여러 장비에 나누어 다시 테스트하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let late = Lateness::of(context.evidence.results?);
    if !late.matters() || bottleneck::look(context).is_some() {
        return None;
    }
    let run = context.evidence.run;
    let workers = run.workers.unwrap_or(run.host.cpus).min(run.host.cpus);
    let mut draft = Draft::new(ID, Severity::Critical)
        .figure("cpus", run.host.cpus as f64)
        .figure("workers", workers as f64);
    if late.is_late() {
        draft = draft.figure("lag_p95", late.lag_p95);
    }
    if late.is_stalled() {
        draft = draft.figure("stalled_ms", late.stalled * 1e3).figure("longest_ms", late.longest * 1e3);
    }
    if let Some(used) = worst(&context.all_seconds) {
        draft = match used {
            used if used.busiest >= COMPUTED => draft.label("cause", "computed"),
            used if used.throttled >= THROTTLED => {
                draft.label("cause", "throttled").figure("share", used.throttled)
            }
            used if used.waited >= WAITED => draft.label("cause", "waited").figure("share", used.waited),
            used if used.stalled > 0.0 => draft.label("cause", "stopped"),
            _ => draft,
        };
    }
    Some(draft.finding(text))
}

/// What the threads did while one of them stood still longest: over the seconds that it did so.
fn worst(seconds: &[Second<'_>]) -> Option<WorkersUse> {
    let used = |second: &Second<'_>| second.line.process.and_then(|process| process.workers);
    let stalled = |second: &Second<'_>| used(second).map_or(0.0, |used| used.stalled);
    let (at, end) =
        seconds.iter().enumerate().max_by(|one, other| stalled(one.1).total_cmp(&stalled(other.1)))?;
    let from = end.end - stalled(end);
    let part: Vec<(f64, WorkersUse)> = seconds[..=at]
        .iter()
        .filter(|second| second.end > from)
        .filter_map(|second| Some((second.length(), used(second)?)))
        .collect();
    let length: f64 = part.iter().map(|(length, _)| length).sum();
    let mean = |of: fn(&WorkersUse) -> f64| part.iter().map(|(l, used)| l * of(used)).sum::<f64>() / length;
    (length > 0.0).then(|| WorkersUse {
        busiest: mean(|used| used.busiest),
        waited: mean(|used| used.waited),
        throttled: mean(|used| used.throttled),
        stalled: stalled(end),
    })
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| time(lang, figure(finding, name));
    let mut parts = Vec::new();
    if has(finding, "lag_p95") {
        parts.push(lag(lang, &of("lag_p95")));
    }
    if has(finding, "stalled_ms") {
        parts.push(stood_still(lang, &of("stalled_ms"), &of("longest_ms")));
    }
    let share = number(100.0 * figure(finding, "share"));
    let more = more_cores(lang, &number(figure(finding, "workers")));
    let (why, remedies) = match label(finding, "cause") {
        "computed" => (computed(lang), vec![split_call(lang), more]),
        "waited" => (waited(lang, &share), vec![alone(lang, &number(figure(finding, "cpus"))), more]),
        "throttled" => (throttled(lang, &share), vec![quota(lang), more]),
        "stopped" => (stopped(lang), vec![keep_awake(lang), alone(lang, &number(figure(finding, "cpus")))]),
        _ => (String::new(), vec![more, alone(lang, &number(figure(finding, "cpus")))]),
    };
    let evidence = parts.join(" ") + &why + &distrust(lang);
    FindingText { title: title(lang), evidence, remedies }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{GeneratorResult, Judgement, Results};

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(stalled: f64, used: WorkersUse) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let mut record = Simulation::of(&[(20.0, Load::Rate(100.0))], 0.0, station).run();
        let generator = GeneratorResult {
            stalled_seconds: stalled,
            longest_stall_seconds: stalled,
            lost_workers: 0,
            ..GeneratorResult::default()
        };
        let results = record.results.get_or_insert_with(Results::default);
        (results.generator, results.seconds) = (generator, 20.0);
        if let Some(process) = &mut record.timeline[10].process {
            process.workers = Some(WorkersUse { stalled, ..used });
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn what_a_thread_stood_still_for_is_told() {
        let none = WorkersUse::default();
        for (used, cause) in [
            (WorkersUse { busiest: 0.98, ..none }, "computed"),
            (WorkersUse { waited: 0.6, ..none }, "waited"),
            (WorkersUse { throttled: 0.5, waited: 0.6, ..none }, "throttled"),
            (none, "stopped"),
        ] {
            assert_eq!(label(&found(3.0, used).unwrap(), "cause"), cause);
        }
        assert_eq!(found(1.9, none), None, "less than a tenth of the load");
        insta::assert_snapshot!(found(3.0, none).unwrap().evidence, @"A worker thread of the generator stood still for 3,000 ms in all, and for 3,000 ms at a time. It did not compute and did not wait for a processor: the process was stopped, or the machine was suspended. The measured times and rates are not the target's.");
    }
}
