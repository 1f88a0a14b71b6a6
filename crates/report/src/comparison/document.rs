//! The document of a comparison: the conclusion, what was judged, what changed in the run and step by step.

use flashcrowd_diagnosis::{About, Answer, Change, Comparison, Conclusion};
use flashcrowd_record::Mark;
use flashcrowd_text::{Cell, Fitted, Ink, Lang, Side, messages, paragraph, with_hard_blanks};

use super::cells::{Row, of_change, of_outcome, outcome_name};
use super::names::figure_name;
use super::selection::Selection;
use crate::details;
use crate::layout::Layout;
use crate::markdown;
use crate::words;

/// How many names a sentence has.
const NAMED: usize = 3;

/// Where there is no room for all figures in a comment, so many are shown.
const OF_NOTE: usize = 200;

messages! {
    fn title(before: String, after: String) { en: "{before} → {after}", ko: "{before} → {after}" }
    fn same(name: String) { en: "{name}: before and after", ko: "{name}: 이전과 이후" }
    fn before() { en: "Before", ko: "이전" }
    fn after() { en: "After", ko: "이후" }
    fn answer() { en: "Answer", ko: "판단" }
    fn judged() { en: "Judged", ko: "판정 항목" }
    fn steps() { en: "Step by step", ko: "단계별 비교" }
    fn and_more(names: String, count: usize) { en: "{names} and {count} more", ko: "{names} 외 {count}건" }
    fn regression(names: String) { en: "Regression: {names} got worse.", ko: "성능 저하: 나빠진 항목은 {names}입니다." }
    fn better(names: String) { en: "Better: {names}.", ko: "좋아진 항목은 {names}입니다." }
    fn no_regression() {
        en: "No regression: nothing got worse by more than the bounds below.",
        ko: "성능 저하 없음: 아래 범위를 넘어 나빠진 항목이 없습니다.",
    }
    fn not_judged(names: String) {
        en: "Not judged: nothing is known to be worse, but {names} cannot be judged. This is no all-clear: run both tests longer, or add further runs with --against.",
        ko: "판정 불가: 확실히 나빠진 항목은 없지만 {names}은(는) 판단할 수 없습니다. 이상이 없다는 뜻은 아닙니다. 두 테스트를 더 길게 실행하거나 --against로 추가 실행을 지정하십시오.",
    }
    fn nothing() {
        en: "Not judged: the two records have no load and no metrics in common.",
        ko: "판정 불가: 두 기록에 공통된 부하와 지표가 없습니다.",
    }
    fn hidden(count: usize) {
        en: "Not shown: {count} more figures. --all shows them.",
        ko: "나머지 지표 {count}개는 생략했습니다. --all로 볼 수 있습니다.",
    }
    fn hidden_untold(count: usize, unknown: usize) {
        en: "Not shown: {count} more figures, of which {unknown} cannot be told. --all shows them.",
        ko: "나머지 지표 {count}개는 생략했습니다(그중 {unknown}개는 판단 불가). --all로 볼 수 있습니다.",
    }
    fn explained() {
        en: "Only seconds of the same load are compared. An interval has room for chance within the runs and for 2.7% between runs, which is assumed: --against measures it with further runs.",
        ko: "부하가 같은 구간끼리만 비교합니다. 구간 추정에는 실행 중의 우연한 변동과, 실행마다 달라지는 정도(2.7%로 가정)가 포함됩니다. --against로 추가 실행을 지정하면 이 값을 직접 측정합니다.",
    }
    fn measured(runs: usize) {
        en: "Only seconds of the same load are compared. Before: the mean of {runs} runs. An interval has room for how much these differ from each other.",
        ko: "부하가 같은 구간끼리만 비교합니다. 이전 값은 {runs}회 실행의 평균이며, 구간 추정에는 이 실행들 사이의 차이가 포함됩니다.",
    }
}

/// The comparison as text.
pub(crate) fn text(comparison: &Comparison, all: bool, layout: Layout) -> String {
    let Layout { lang, color, .. } = layout;
    let shown = Selection::of(comparison, all);
    let ink = match mark(comparison) {
        Mark::Fail => Ink::Red,
        Mark::Pass => Ink::Green,
        _ => Ink::Yellow,
    };
    let inked = |ink: Ink, text: &str| {
        paragraph(text, layout.prose(), "").lines().map(|line| ink.on(line, color) + "\n").collect::<String>()
    };
    let mut text = Ink::Bold.on(&heading(comparison, lang), color) + "\n\n";
    text += &inked(ink, &conclusion(comparison, lang));
    const SIDES: [Side; 4] = [Side::Left, Side::Right, Side::Right, Side::Left];
    let fitted = Fitted { sides: &SIDES, spare: &[], indent: 2, columns: layout.columns() };
    let faint = |text: String| Cell::new(text, Ink::Faint);
    let head = |first: String| head(first, lang).map(faint).to_vec();
    if !shown.outcomes.is_empty() {
        let rows = shown.outcomes.iter().map(|outcome| of_outcome(outcome, lang).to_vec());
        let rows: Vec<Vec<Cell>> = [head(judged(lang))].into_iter().chain(rows).collect();
        text += &format!("\n{}", fitted.text(&rows, color));
    }
    if is_empty(comparison) {
        return text;
    }
    let mut rows = vec![head(details::metric(lang))];
    rows.extend(shown.changes.iter().map(|change| of_change(change, lang).to_vec()));
    let whole = rows.len();
    for (step, changes) in &shown.steps {
        rows.push(vec![Cell::new(*step, Ink::Bold)]);
        rows.extend(changes.iter().map(|change| {
            let mut cells = of_change(change, lang).to_vec();
            cells[0].text.insert_str(0, "  ");
            cells
        }));
    }
    text.push('\n');
    let is_bare = rows.len() == 1;
    for (at, line) in fitted.rows(&rows, color).iter().enumerate().filter(|_| !is_bare) {
        if at == whole {
            text += &format!("\n  {}\n", Ink::Bold.on(&steps(lang), color));
        }
        text += line;
    }
    text.push_str(if is_bare { "" } else { "\n" });
    footer(comparison, &shown, lang).iter().for_each(|line| text += &inked(Ink::Faint, line));
    text
}

/// The comparison as Markdown.
pub(crate) fn markdown(comparison: &Comparison, all: bool, layout: Layout) -> String {
    with_hard_blanks(&as_markdown(comparison, all, layout.lang))
}

fn as_markdown(comparison: &Comparison, all: bool, lang: Lang) -> String {
    let shown = Selection::of(comparison, all);
    let mut text = format!("## {}\n\n", markdown::escaped(&heading(comparison, lang)));
    let sentence = markdown::escaped(&conclusion(comparison, lang));
    text += &format!("{} {sentence}\n", words::emoji(mark(comparison)));
    let table = |first: String, rows: Vec<Row>| {
        let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| cell.text).collect());
        format!("\n{}", markdown::table(head(first, lang).to_vec(), rows))
    };
    let figures = |changes: &[&Change]| {
        table(details::metric(lang), changes.iter().map(|change| of_change(change, lang)).collect())
    };
    if !shown.outcomes.is_empty() {
        let rows = shown.outcomes.iter().map(|outcome| of_outcome(outcome, lang)).collect();
        push(&mut text, &table(judged(lang), rows));
    }
    if is_empty(comparison) {
        return text;
    }
    if !push(&mut text, &figures(&shown.changes)) {
        let fewer = Selection::of(comparison, false);
        push(&mut text, &figures(&fewer.changes[..fewer.changes.len().min(OF_NOTE)]));
    }
    if !shown.steps.is_empty() {
        text += &format!("\n<details>\n<summary>{}</summary>\n", steps(lang));
        for (step, changes) in &shown.steps {
            push(&mut text, &format!("\n### {}\n{}", markdown::escaped(step), figures(changes)));
        }
        text += "\n</details>\n";
    }
    for line in footer(comparison, &shown, lang) {
        text += &format!("\n{}\n", markdown::escaped(&line));
    }
    text
}

/// Adds a part if a comment has room for it.
fn push(text: &mut String, part: &str) -> bool {
    let fits = text.chars().count() + part.chars().count() < markdown::MOST;
    if fits {
        text.push_str(part);
    }
    fits
}

fn is_empty(comparison: &Comparison) -> bool {
    comparison.changes.is_empty() && comparison.steps.is_empty()
}

fn heading(comparison: &Comparison, lang: Lang) -> String {
    let Comparison { before, after, .. } = comparison;
    if before == after { same(lang, before.clone()) } else { title(lang, before.clone(), after.clone()) }
}

fn head(first: String, lang: Lang) -> [String; 4] {
    [first, before(lang), after(lang), answer(lang)]
}

/// What to think of it.
fn mark(comparison: &Comparison) -> Mark {
    match comparison.conclusion {
        Conclusion::Regression => Mark::Fail,
        Conclusion::NoRegression => Mark::Pass,
        Conclusion::NotJudged => Mark::NotMeasured,
    }
}

fn conclusion(comparison: &Comparison, lang: Lang) -> String {
    let of = |answer| names(comparison, answer, lang);
    let improved = Some(of(Answer::Better)).filter(|names| !names.is_empty());
    let improved = improved.map(|names| better(lang, listed(lang, names)));
    let first = match comparison.conclusion {
        Conclusion::Regression => regression(lang, listed(lang, of(Answer::Worse))),
        Conclusion::NoRegression => no_regression(lang),
        Conclusion::NotJudged => match of(Answer::Unknown) {
            names if names.is_empty() => nothing(lang),
            names => not_judged(lang, listed(lang, names)),
        },
    };
    [Some(first), improved].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The names of what has that answer; of what cannot be told, those that matter.
fn names(comparison: &Comparison, answer: Answer, lang: Lang) -> Vec<String> {
    let outcomes = comparison.outcomes.iter().filter(|outcome| outcome.answer == answer);
    let figures = comparison.figures().filter(|(_, change)| {
        change.answer == answer && (answer != Answer::Unknown || change.about == About::Run)
    });
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by_key(|(step, change)| (change.about != About::Run, step.is_none()));
    let figures = figures.into_iter().map(|(step, change)| match step {
        Some(step) => format!("{} ({step})", figure_name(&change.name, lang)),
        None => figure_name(&change.name, lang),
    });
    outcomes.map(|outcome| outcome_name(outcome, lang)).chain(figures).collect()
}

/// The first few names, and how many more there are.
fn listed(lang: Lang, mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    if more > 1 {
        names.truncate(NAMED);
        return and_more(lang, names.join(", "), more);
    }
    names.join(", ")
}

fn footer(comparison: &Comparison, shown: &Selection<'_>, lang: Lang) -> Vec<String> {
    let explained = if comparison.runs > 1 { measured(lang, comparison.runs) } else { explained(lang) };
    let hidden = (shown.hidden > 0).then(|| match shown.unknown {
        0 => hidden(lang, shown.hidden),
        unknown => hidden_untold(lang, shown.hidden, unknown),
    });
    hidden.into_iter().chain([explained]).collect()
}
