//! To compose advice is to take measures by what a run suffered from, and figures from its record, as they fit.

use flashcrowd_record::{BreakingPoint, Mark, StepResult};
use flashcrowd_text::{Lang, figure, last_characters, messages};
use serde::Serialize;

use super::capacity;
use super::fit::{Sentence, fit};
use super::trouble::{Text, Trouble};
use crate::breaking;
use crate::measures::Measures;
use crate::model::Report;
use crate::words;

/// Characters that the operator's text may have.
const OPERATOR: usize = 300;
/// Characters that title and text of the support case may have together.
const SUPPORT_CASE: usize = 200;

/// What can be done about what a run has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What the operator can do before and during the event, in at most 300 characters.
    pub operator: String,
    /// The question to support.
    pub support_case: SupportCase,
}

/// A question to support; title and text have at most 200 characters together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SupportCase {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

messages! {
    fn before() { en: "Before:", ko: "이벤트 전:" }
    fn during() { en: "During:", ko: "이벤트 중:" }
    fn plan(measure: String) { en: "Our plan: {measure}", ko: "대응 계획: {measure}" }
    fn broke(held: String, tps: String, broke: String) {
        en: "The test held {held} at {tps} and broke at {broke}.",
        ko: "테스트에서 {held}({tps})까지 버텼고 {broke}에서 한계를 넘었습니다.",
    }
    fn came_to_at(load: String, tps: String, p95: String, errors: String) {
        en: "Measured with {load}: {tps}, p95 {p95}, {errors} errors.",
        ko: "{load} 부하 측정값: {tps}, p95 {p95}, 오류율 {errors}.",
    }
    fn reserve(name: String, value: String, target: String) {
        en: "{name}: {value} (target {target}).",
        ko: "{name}: {value}(목표 {target}).",
    }
    fn came_to(tps: String, p95: String, errors: String) {
        en: "Measured: {tps}, p95 {p95}, {errors} errors.",
        ko: "측정값: {tps}, p95 {p95}, 오류율 {errors}.",
    }
    fn held(load: String, tps: String, p95: String) {
        en: "The test held {load} at {tps}, p95 {p95}.",
        ko: "테스트에서 {load}, {tps}, p95 {p95}로 버텼습니다.",
    }
    fn admit(tps: String) {
        en: "Let in at most {tps} requests/s, queue the rest.",
        ko: "유입을 초당 {tps}건 이하로 제한하고 나머지는 대기열로 보냅니다.",
    }
    fn tested(load: String, seconds: String, circumstances: String) {
        en: "Tested: {load}, {seconds} s{circumstances}.",
        ko: "부하 테스트: {load}, {seconds}초{circumstances}.",
    }
}

/// How much heavier the real event may be than what was tested, if nobody says so.
pub const HEAVIER: f64 = 1.5;

/// Makes the two texts of a record's figures: the operator's measures, and a question to support. The day may be heavier
/// than the test by a factor.
pub fn advise(report: &Report, factor: f64, lang: Lang) -> Advice {
    let measures = Measures::of(report);
    let trouble = Trouble::of(report);
    let facts = match measures.requests {
        0 => Facts::default(),
        _ if trouble.is_hot_key => Facts::of_hot_key(report, &measures, (factor, lang)),
        _ if trouble.is_throttling => Facts::of_throttling(report, &measures, (factor, lang)),
        _ if trouble.lives_on_burst => Facts::of_burst(report, &measures, (factor, lang)),
        _ if trouble.held => {
            let capacity = capacity::heavier(&report.results, factor, lang);
            Facts { capacity, ..Facts::of(report, &measures, true, lang) }
        }
        _ => Facts::of(report, &measures, false, lang),
    };
    Advice { operator: operator(&trouble, &facts, lang), support_case: support_case(&trouble, &facts, lang) }
}

/// The figures of a record that advice speaks of, as sentences; empty where there are none.
#[derive(Default)]
struct Facts {
    /// What was tested.
    tested: String,
    /// Where it broke, else what it held, else what was measured.
    limit: String,
    /// Where it broke, else what was measured, without the load.
    result: String,
    /// What else was measured.
    more: String,
    /// How much may come in.
    admit: String,
    /// The capacity that would have served it, in a few words for the operator and in fewer for support.
    capacity: [String; 2],
    /// What more of it a heavier day needs.
    heavier: String,
    /// What it costs.
    cost: String,
}

impl Facts {
    fn of(report: &Report, measures: &Measures, is_held: bool, lang: Lang) -> Self {
        let judgement = &report.judgement;
        let (tps, errors) = (figure::rate(measures.tps), figure::percent(measures.error_rate));
        let p95 = figure::duration(lang, measures.times.map_or(f64::NAN, |times| times.p95));
        let best = judgement.steps.iter().map(|step| step.tps).fold(measures.tps, f64::max);
        let load = load(measures, lang);
        let whole = match &load {
            Some(load) => came_to_at(lang, load.clone(), tps.clone(), p95.clone(), errors.clone()),
            None => came_to(lang, tps.clone(), p95.clone(), errors.clone()),
        };
        let broke_at = judgement
            .breaking_point
            .as_ref()
            .and_then(|point| judgement.steps.get(point.step).map(|step| broken(lang, point, step)));
        let short = came_to(lang, tps, p95.clone(), errors);
        let (limit, result, more, most) = match (broke_at, &load) {
            (Some(broke), _) => {
                let served = judgement.breaking_point.as_ref().map_or(best, |point| point.tps);
                (broke.clone(), broke, short, Some(served))
            }
            (None, Some(load)) if is_held => {
                (held(lang, load.clone(), figure::rate(best), p95), short, in_reserve(report, lang), None)
            }
            _ => (whole, short, String::new(), Some(best).filter(|_| !is_held)),
        };
        Self {
            tested: load.map_or(String::new(), |load| tested_so(report, measures, load, lang)),
            limit,
            result,
            more,
            admit: most.map_or(String::new(), |most| admit(lang, figure::number(most))),
            ..Self::default()
        }
    }
}

impl Facts {
    /// Those of a run that DynamoDB throttled: requests a second say little of it, and what it lacks is known.
    fn of_throttling(report: &Report, measures: &Measures, (factor, lang): (f64, Lang)) -> Self {
        let attempts = measures.dynamodb.unwrap_or_default();
        let share = figure::percent(attempts.throttled_share());
        let result = capacity::throttled(lang, figure::count(attempts.all), share);
        let load = load(measures, lang);
        Self {
            tested: load.map_or(String::new(), |load| tested_so(report, measures, load, lang)),
            limit: result.clone(),
            result,
            capacity: [capacity::plan(&report.results, lang), capacity::question(&report.results, lang)],
            heavier: capacity::heavier_day(lang, figure::number(factor)),
            cost: capacity::cost_of(&report.results, lang),
            ..Self::default()
        }
    }
}

impl Facts {
    /// Those of a run in which one key was used too much: which, and how fast.
    fn of_hot_key(report: &Report, measures: &Measures, (factor, lang): (f64, Lang)) -> Self {
        let hottest = capacity::hottest(&report.results, lang);
        let facts = Self::of_throttling(report, measures, (factor, lang));
        let limit = if hottest.is_empty() { facts.result.clone() } else { hottest };
        let (capacity, nothing) = (Default::default(), String::new());
        Self {
            limit: limit.clone(),
            result: limit,
            capacity,
            heavier: nothing.clone(),
            cost: nothing,
            ..facts
        }
    }
}

impl Facts {
    /// Those of a run that lived on the burst of a table.
    fn of_burst(report: &Report, measures: &Measures, (factor, lang): (f64, Lang)) -> Self {
        let used = capacity::used(&report.results, lang);
        Self { limit: used.clone(), result: used, ..Self::of_throttling(report, measures, (factor, lang)) }
    }
}

/// What was tested, where and when.
fn tested_so(report: &Report, measures: &Measures, load: String, lang: Lang) -> String {
    let seconds = figure::number(measures.seconds.round());
    let day = report.results.start.get(..DAY).unwrap_or_default();
    let parts = [place(report), day.to_owned()].into_iter().filter(|part| !part.is_empty());
    tested(lang, load, seconds, parts.map(|part| format!(", {part}")).collect())
}

/// Characters of a date at the beginning of a moment.
const DAY: usize = "2026-11-20".len();

/// Where it was tested: the region of AWS, else the host; empty where a script says so itself.
fn place(report: &Report) -> String {
    let target = report.record.run.target.as_deref().unwrap_or_default();
    let host = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    match host.split('.').collect::<Vec<_>>()[..] {
        [service, region, ..] if service.starts_with("dynamodb") => region.to_owned(),
        _ => last_characters(host, LONGEST_HOST),
    }
}

/// A host is told with so many of its last characters at most.
const LONGEST_HOST: usize = 24;

fn broken(lang: Lang, point: &BreakingPoint, step: &StepResult) -> String {
    let held = figure::load(lang, point.load, point.is_users);
    broke(lang, held, figure::rate(point.tps), breaking::load(lang, step, point.is_users))
}

/// The first expectation with a number that held: how far its target is away.
fn in_reserve(report: &Report, lang: Lang) -> String {
    let mut held = report.judgement.expectations.iter().filter(|one| one.result == Mark::Pass);
    let reserve = held.find_map(|one| {
        let value = figure::value(lang, one.value?, &one.unit);
        Some(reserve(lang, words::expectation(lang, &one.name), value, one.target.clone()))
    });
    reserve.unwrap_or_default()
}

/// The largest load that was made.
fn load(measures: &Measures, lang: Lang) -> Option<String> {
    let rate = measures.rate.map(|rate| figure::load(lang, rate, false));
    rate.or_else(|| measures.users.map(|users| figure::users(lang, users)))
}

fn operator(trouble: &Trouble, facts: &Facts, lang: Lang) -> String {
    // The first measure of each part is never left out; figures come before second measures.
    let mut sentences = vec![
        Sentence::new(0, before(lang)),
        Sentence::new(1, facts.limit.clone()),
        Sentence::new(0, facts.capacity[0].clone()),
    ];
    sentences.extend(measures(trouble.before, lang, 3));
    sentences.push(Sentence::new(3, facts.heavier.clone()));
    sentences.push(Sentence::new(6, facts.cost.clone()));
    sentences.push(Sentence::new(9, facts.more.clone()));
    sentences.push(Sentence::new(0, during(lang)).on_new_line());
    sentences.push(Sentence::new(2, facts.admit.clone()));
    sentences.extend(measures(trouble.during, lang, 4));
    fit(&sentences, OPERATOR)
}

/// Measures by their order, the second and further ones from that rank on.
fn measures(texts: &[Text], lang: Lang, rank: usize) -> impl Iterator<Item = Sentence> {
    texts.iter().enumerate().map(move |(at, text)| {
        let rank = if at == 0 { 0 } else { rank + 2 * (at - 1) };
        Sentence::new(rank, text(lang))
    })
}

fn support_case(trouble: &Trouble, facts: &Facts, lang: Lang) -> SupportCase {
    let title = (trouble.title)(lang);
    let is_planned = !facts.capacity[1].is_empty();
    let ours = trouble.before.first().filter(|_| !facts.tested.is_empty() && !is_planned);
    let sentences = [
        Sentence::new(1, facts.tested.clone()),
        Sentence::new(2, facts.result.clone()),
        Sentence::new(0, facts.capacity[1].clone()),
        Sentence::new(4, facts.more.clone()),
        Sentence::new(3, ours.map_or(String::new(), |measure| plan(lang, measure(lang)))),
        Sentence::new(0, (trouble.question)(lang)),
    ];
    let text = fit(&sentences, SUPPORT_CASE.saturating_sub(title.chars().count()));
    SupportCase { title, text }
}

#[cfg(test)]
mod tests {
    use super::super::trouble::all;
    use super::*;

    #[test]
    fn what_is_never_left_out_fits() {
        for (trouble, lang) in all().flat_map(|trouble| [(trouble, Lang::En), (trouble, Lang::Ko)]) {
            let facts = Facts::default();
            let (text, case) = (operator(&trouble, &facts, lang), support_case(&trouble, &facts, lang));
            for kept in [(trouble.before[0])(lang), (trouble.during[0])(lang), before(lang), during(lang)] {
                assert!(text.contains(&kept), "{text}");
            }
            assert!(case.text.contains(&(trouble.question)(lang)), "{}", case.title);
            assert!(!text.contains(|c: char| c.is_ascii_digit() && c != '9' && c != '5'), "{text}");
        }
    }
}
