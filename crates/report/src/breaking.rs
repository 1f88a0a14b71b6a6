//! Where a run broke in one sentence: the step at which it did, beside the last one that held.
//!
//! Every number is one of the breaking point itself or of one of these two steps, and verbs follow the numbers.

use flashcrowd_record::{BreakingPoint, Judgement, StepResult};
use flashcrowd_text::{Lang, figure, messages};

messages! {
    fn broke(held: String, broke: String, before: String, changes: String) {
        en: "Held up to {held}; broke at {broke}: compared with {before}, {changes}.",
        ko: "{held}까지 버텼고 {broke}에서 한계를 넘었습니다. {before}일 때와 비교해 {changes}.",
    }
    fn broke_at_once(broke: String, held: String, figures: String) {
        en: "Broke at its first step, {broke}, of which it served {held}: {figures}.",
        ko: "첫 단계인 {broke}에서 이미 한계를 넘었습니다(처리한 부하 {held}). {figures}.",
    }
    fn held_only(held: String, tps: String) {
        en: "Held up to {held}, at {tps}; throughput did not grow with more load.",
        ko: "{held}, {tps}까지 버텼고, 부하를 더 늘려도 처리량은 늘지 않았습니다.",
    }
    fn both(one: String, other: String) { en: "{one} and {other}", ko: "{one}고 {other}습니다" }
    fn p95() { en: "p95", ko: "p95는" }
    fn mean() { en: "the mean response time", ko: "평균 응답 시간은" }
    fn errors() { en: "the error rate", ko: "오류율은" }
    fn throughput() { en: "throughput", ko: "처리량은" }
    fn rose(what: String, from: String, to: String) {
        en: "{what} rose from {from} to {to}",
        ko: "{what} {from}에서 {to}로 올랐",
    }
    fn fell(what: String, from: String, to: String) {
        en: "{what} fell from {from} to {to}",
        ko: "{what} {from}에서 {to}로 떨어졌",
    }
    fn stayed(what: String, at: String) { en: "{what} stayed at {at}", ko: "{what} {at}에 머물렀" }
    fn dropped(count: String) { en: "{count} iterations never started", ko: "반복 {count}건이 누락되었" }
    fn was(what: String, value: String) { en: "{what} was {value}", ko: "{what} {value}였" }
    fn range(from: String, to: String) { en: "a ramp from {from} to {to}", ko: "{from}~{to} 램프" }
}

/// Where the run broke; none when it did not.
pub(crate) fn sentence(lang: Lang, judgement: &Judgement) -> Option<String> {
    let point = judgement.breaking_point.as_ref()?;
    let held = figure::load(lang, point.load, point.is_users);
    let Some(broken) = judgement.steps.get(point.step) else {
        return Some(held_only(lang, held, figure::rate(point.tps)));
    };
    let at = load(lang, broken, point.is_users);
    let Some(before) = held_step(judgement, point) else {
        let symptom = symptom_at_once(lang, point, broken);
        let tps = was(lang, throughput(lang), figure::rate(broken.tps));
        return Some(broke_at_once(lang, at, held, both(lang, symptom, tps)));
    };
    let tps = [before, broken].map(|step| step.tps);
    let changed = moved(lang, throughput(lang), tps, tps.map(figure::rate));
    let changes = both(lang, symptom(lang, point, before, broken), changed);
    Some(broke(lang, held, at, load(lang, before, point.is_users), changes))
}

/// The last step that held.
pub(crate) fn held_step<'a>(judgement: &'a Judgement, point: &BreakingPoint) -> Option<&'a StepResult> {
    // Records of older versions do not name it.
    let before = judgement.steps.get(..point.step)?;
    let ordered = |step: &StepResult| step.users.map(|users| users as f64).or(step.rate);
    let known = point.held.and_then(|at| before.get(at));
    known.or_else(|| before.iter().rfind(|step| ordered(step).is_some_and(|load| load <= point.load)))
}

/// The load of a step; of a ramp, from where to where it went.
pub(crate) fn load(lang: Lang, step: &StepResult, is_users: bool) -> String {
    let ordered = step.users.map(|users| users as f64).or(step.rate).unwrap_or(step.vus);
    let to = figure::load(lang, ordered, is_users);
    match step.ramp_from {
        Some(from) => range(lang, figure::number(from), to),
        None => to,
    }
}

fn symptom(lang: Lang, point: &BreakingPoint, before: &StepResult, broken: &StepResult) -> String {
    let pair = |of: fn(&StepResult) -> f64| [before, broken].map(of);
    let duration = |ms| figure::duration(lang, ms);
    let p95s = pair(|step| step.p95);
    match point.symptom.as_str() {
        "errors" => {
            let shares = pair(|step| step.error_rate);
            moved(lang, errors(lang), shares, shares.map(figure::percent))
        }
        "dropped" => dropped(lang, figure::count(broken.dropped)),
        _ if p95s[1] > p95s[0] => moved(lang, p95(lang), p95s, p95s.map(duration)),
        _ => {
            let means = pair(|step| step.avg);
            moved(lang, mean(lang), means, means.map(duration))
        }
    }
}

fn symptom_at_once(lang: Lang, point: &BreakingPoint, broken: &StepResult) -> String {
    match point.symptom.as_str() {
        "errors" => was(lang, errors(lang), figure::percent(broken.error_rate)),
        "dropped" => dropped(lang, figure::count(broken.dropped)),
        _ => was(lang, p95(lang), figure::duration(lang, broken.p95)),
    }
}

/// How a figure changed. What cannot be told apart as it is shown stayed.
fn moved(lang: Lang, what: String, values: [f64; 2], shown: [String; 2]) -> String {
    let [from, to] = shown;
    match () {
        () if from == to => stayed(lang, what, to),
        () if values[1] > values[0] => rose(lang, what, from, to),
        () => fell(lang, what, from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(users: u64, tps: f64, p95: f64) -> StepResult {
        StepResult {
            users: Some(users),
            vus: users as f64,
            tps,
            p95,
            avg: p95 / 2.0,
            ..StepResult::default()
        }
    }

    fn judgement(steps: Vec<StepResult>, held: Option<usize>, symptom: &str) -> Judgement {
        let point = BreakingPoint {
            step: steps.len() - 1,
            held,
            load: 225.0,
            tps: 225.4,
            is_users: true,
            symptom: symptom.to_owned(),
            ..BreakingPoint::default()
        };
        Judgement { steps, breaking_point: Some(point), ..Judgement::default() }
    }

    #[test]
    fn verbs_follow_the_numbers() {
        let grown = judgement(vec![step(220, 225.0, 103.0), step(260, 347.0, 317.0)], Some(0), "latency");
        insta::assert_snapshot!(sentence(Lang::En, &grown).unwrap(), @"Held up to 225 users; broke at 260 users: compared with 220 users, p95 rose from 103 ms to 317 ms and throughput rose from 225/s to 347/s.");
        insta::assert_snapshot!(sentence(Lang::Ko, &grown).unwrap(), @"225명까지 버텼고 260명에서 한계를 넘었습니다. 220명일 때와 비교해 p95는 103 ms에서 317 ms로 올랐고 처리량은 225/s에서 347/s로 올랐습니다.");
        // The mean says it where p95 does not.
        let mut fallen =
            judgement(vec![step(220, 390.0, 260.0), step(260, 390.2, 103.0)], Some(0), "latency");
        fallen.steps[1].avg = 150.0;
        insta::assert_snapshot!(sentence(Lang::En, &fallen).unwrap(), @"Held up to 225 users; broke at 260 users: compared with 220 users, the mean response time rose from 130 ms to 150 ms and throughput stayed at 390/s.");
    }

    #[test]
    fn each_symptom_has_its_words() {
        let mut failing = judgement(vec![step(220, 225.0, 103.0), step(260, 210.0, 90.0)], Some(0), "errors");
        failing.steps[1].error_rate = 0.12;
        insta::assert_snapshot!(sentence(Lang::En, &failing).unwrap(), @"Held up to 225 users; broke at 260 users: compared with 220 users, the error rate rose from 0% to 12% and throughput fell from 225/s to 210/s.");
        insta::assert_snapshot!(sentence(Lang::Ko, &failing).unwrap(), @"225명까지 버텼고 260명에서 한계를 넘었습니다. 220명일 때와 비교해 오류율은 0%에서 12%로 올랐고 처리량은 225/s에서 210/s로 떨어졌습니다.");
        let mut at_once = judgement(vec![step(260, 210.0, 90.0)], None, "dropped");
        at_once.steps[0].dropped = 1200;
        insta::assert_snapshot!(sentence(Lang::En, &at_once).unwrap(), @"Broke at its first step, 260 users, of which it served 225 users: 1,200 iterations never started and throughput was 210/s.");
        insta::assert_snapshot!(sentence(Lang::Ko, &at_once).unwrap(), @"첫 단계인 260명에서 이미 한계를 넘었습니다(처리한 부하 225명). 반복 1,200건이 누락되었고 처리량은 210/s였습니다.");
        at_once.steps.clear();
        insta::assert_snapshot!(sentence(Lang::En, &at_once).unwrap(), @"Held up to 225 users, at 225/s; throughput did not grow with more load.");
    }

    #[test]
    fn a_ramp_is_named_as_one() {
        let ramp = StepResult { ramp_from: Some(50.0), ..step(100, 210.0, 90.0) };
        assert_eq!(load(Lang::En, &ramp, true), "a ramp from 50 to 100 users");
        assert_eq!(load(Lang::Ko, &ramp, true), "50~100명 램프");
    }
}
