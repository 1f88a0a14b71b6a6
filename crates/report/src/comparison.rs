//! Two records side by side, as a document.

use flashcrowd_diagnosis::{Change, Comparison};
use flashcrowd_record::Mark;
use flashcrowd_text::{Cell, Ink, Lang, Side, figure, messages, table, with_hard_blanks};

use crate::details;
use crate::markdown;
use crate::words;

/// Where there is no room for all numbers in a comment, those that differ by more than noise are shown, up to so many.
const OF_NOTE: usize = 200;

messages! {
    fn title(before: String, after: String) { en: "{before} → {after}", ko: "{before} → {after}" }
    fn same(name: String) { en: "{name}: before and after", ko: "{name}: 이전과 이후" }
    fn before() { en: "Before", ko: "이전" }
    fn after() { en: "After", ko: "이후" }
    fn difference() { en: "Difference", ko: "차이" }
    fn assessment() { en: "Assessment", ko: "판단" }
    fn steps() { en: "Step by step", ko: "단계별 비교" }
    fn worse() { en: "worse", ko: "나빠짐" }
    fn better() { en: "better", ko: "좋아짐" }
    fn differs() { en: "different", ko: "달라짐" }
    fn noise() { en: "within noise", ko: "오차 범위" }
    fn untold() { en: "inconclusive", ko: "판단 불가" }
    fn regression(count: usize) {
        en: "Regression: {count} metrics got worse by more than noise.",
        ko: "성능 저하: 지표 {count}개가 오차 범위를 넘어 나빠졌습니다.",
    }
    fn no_regression() {
        en: "No regression: no metric got worse by more than noise.",
        ko: "성능 저하 없음: 오차 범위를 넘어 나빠진 지표가 없습니다.",
    }
    fn too_short() {
        en: "Inconclusive: the runs are too short to distinguish the differences from noise. Run both tests longer.",
        ko: "판단 불가: 실행이 너무 짧아 차이와 오차를 구분할 수 없습니다. 두 테스트를 더 길게 실행하십시오.",
    }
    fn nothing() { en: "The two records have no metrics in common.", ko: "두 기록에 공통된 지표가 없습니다." }
    fn p_explained() {
        en: "p: how likely such a difference is by chance alone. Small differences count as noise regardless of p.",
        ko: "p: 우연만으로 이만한 차이가 날 확률입니다. 작은 차이는 p와 관계없이 오차 범위로 봅니다.",
    }
}

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, lang: Lang, color: bool) -> String {
    let mut text = Ink::Bold.on(&heading(comparison, lang), color) + "\n\n";
    if is_empty(comparison) {
        return text + &nothing(lang) + "\n";
    }
    let faint = |text: String| Cell::new(text, Ink::Faint);
    let mut rows = vec![head(lang).map(faint).to_vec()];
    rows.extend(comparison.changes.iter().map(|change| cells(change, lang)));
    let whole = rows.len();
    for step in &comparison.steps {
        rows.push(vec![Cell::new(step.name.clone(), Ink::Bold)]);
        rows.extend(step.changes.iter().map(|change| {
            let mut cells = cells(change, lang);
            cells[0].text.insert_str(0, "  ");
            cells
        }));
    }
    const SIDES: [Side; 6] = [Side::Left, Side::Right, Side::Right, Side::Right, Side::Left, Side::Right];
    let table = table(&rows, &SIDES, 2, color);
    for (at, line) in table.lines().enumerate() {
        if at == whole {
            text += &format!("\n  {}\n", Ink::Bold.on(&steps(lang), color));
        }
        text += &format!("{line}\n");
    }
    let ink = match mark(comparison) {
        Mark::Fail => Ink::Red,
        Mark::Pass => Ink::Green,
        _ => Ink::Yellow,
    };
    text += &format!("\n{}\n", ink.on(&conclusion(comparison, lang), color));
    text + &Ink::Faint.on(&p_explained(lang), color) + "\n"
}

/// The comparison as Markdown.
pub(crate) fn markdown(comparison: &Comparison, lang: Lang, _color: bool) -> String {
    with_hard_blanks(&as_markdown(comparison, lang))
}

fn as_markdown(comparison: &Comparison, lang: Lang) -> String {
    let mut text = format!("## {}\n\n", markdown::escaped(&heading(comparison, lang)));
    if is_empty(comparison) {
        return text + &nothing(lang) + "\n";
    }
    text += &format!("{} {}\n\n", words::emoji(mark(comparison)), conclusion(comparison, lang));
    let table = |changes: &[Change]| {
        let row = |change: &Change| cells(change, lang).into_iter().map(|cell| cell.text).collect();
        markdown::table(head(lang).to_vec(), changes.iter().map(row))
    };
    let whole = table(&comparison.changes);
    if fits(&text, &whole) {
        text += &whole;
    } else {
        let of_note = |change: &&Change| change.significant;
        let few: Vec<Change> = comparison.changes.iter().filter(of_note).take(OF_NOTE).cloned().collect();
        text += &table(&few);
    }
    if !comparison.steps.is_empty() {
        text += &format!("\n<details>\n<summary>{}</summary>\n", steps(lang));
        for step in &comparison.steps {
            let part = format!("\n### {}\n{}", markdown::escaped(&step.name), table(&step.changes));
            if fits(&text, &part) {
                text += &part;
            }
        }
        text += "\n</details>\n";
    }
    text + &format!("\n{}\n", p_explained(lang))
}

/// Whether a comment has room for more.
fn fits(text: &str, more: &str) -> bool {
    text.chars().count() + more.chars().count() < markdown::MOST
}

fn is_empty(comparison: &Comparison) -> bool {
    comparison.changes.is_empty() && comparison.steps.is_empty()
}

fn heading(comparison: &Comparison, lang: Lang) -> String {
    let Comparison { before, after, .. } = comparison;
    if before == after { same(lang, before.clone()) } else { title(lang, before.clone(), after.clone()) }
}

fn head(lang: Lang) -> [String; 6] {
    [details::metric(lang), before(lang), after(lang), difference(lang), assessment(lang), "p".to_owned()]
}

fn cells(change: &Change, lang: Lang) -> Vec<Cell> {
    let value = |value: Option<f64>| {
        value.map_or_else(|| figure::NOTHING.to_owned(), |value| figure::value(lang, value, &change.unit))
    };
    let (mark, ink) = match change {
        Change { worse: true, .. } => (format!("✗ {}", worse(lang)), Ink::Red),
        Change { better: true, .. } => (format!("✓ {}", better(lang)), Ink::Green),
        Change { significant: true, .. } => (format!("! {}", differs(lang)), Ink::Yellow),
        Change { p_value: None, .. } => (format!("– {}", untold(lang)), Ink::Faint),
        _ => (format!("= {}", noise(lang)), Ink::Faint),
    };
    let relative = change.relative.map_or_else(|| figure::NOTHING.to_owned(), figure::difference);
    let chance = change.p_value.map_or_else(|| figure::NOTHING.to_owned(), chance);
    vec![
        change.name.clone().into(),
        value(change.before).into(),
        value(change.after).into(),
        relative.into(),
        Cell::new(mark, ink),
        Cell::new(chance, Ink::Faint),
    ]
}

fn chance(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// What to think of it.
fn mark(comparison: &Comparison) -> Mark {
    match comparison {
        Comparison { regression: true, .. } => Mark::Fail,
        Comparison { too_short: true, .. } => Mark::Warn,
        _ => Mark::Pass,
    }
}

fn all(comparison: &Comparison) -> impl Iterator<Item = &Change> {
    comparison.changes.iter().chain(comparison.steps.iter().flat_map(|step| &step.changes))
}

fn conclusion(comparison: &Comparison, lang: Lang) -> String {
    match mark(comparison) {
        Mark::Fail => regression(lang, all(comparison).filter(|change| change.worse).count()),
        Mark::Pass => no_regression(lang),
        _ => too_short(lang),
    }
}
