//! The cells of a comparison: what was judged and measured in both runs, and what became of it, in words.

use flashcrowd_diagnosis::{Answer, Change, Interval, OutcomeChange, Scale, State, Subject, finding_text};
use flashcrowd_text::{Cell, Ink, Lang, figure, messages};

use super::names::figure_name;
use crate::words;

messages! {
    fn worse(by: String, low: String, high: String) {
        en: "worse: {by}, between {low} and {high}",
        ko: "나빠짐: {by} ({low} ~ {high})",
    }
    fn better(by: String, low: String, high: String) {
        en: "better: {by}, between {low} and {high}",
        ko: "좋아짐: {by} ({low} ~ {high})",
    }
    fn changed(by: String, low: String, high: String) {
        en: "changed: {by}, between {low} and {high}",
        ko: "달라짐: {by} ({low} ~ {high})",
    }
    fn same(bound: String) { en: "no difference larger than {bound}", ko: "{bound}를 넘는 차이 없음" }
    fn untold(low: String, high: String) {
        en: "cannot tell: between {low} and {high}",
        ko: "판단 불가: {low} ~ {high} 사이",
    }
    fn too_few() { en: "cannot tell: too little data", ko: "판단 불가: 자료 부족" }
    fn points(number: String) { en: "{number} points", ko: "{number}%p" }

    fn is_worse() { en: "worse", ko: "나빠짐" }
    fn is_better() { en: "better", ko: "좋아짐" }
    fn is_different() { en: "changed", ko: "달라짐" }
    fn is_same() { en: "unchanged", ko: "변화 없음" }
    fn is_untold() { en: "cannot tell", ko: "판단 불가" }
    fn broken() { en: "no longer met", ko: "더 이상 충족하지 않음" }
    fn met_now() { en: "met now", ko: "이제 충족" }
    fn new() { en: "new", ko: "새로 발견" }
    fn gone() { en: "gone", ko: "해소됨" }
    fn stock(name: &str) { en: "Stock accuracy: {name}", ko: "재고 정확도: {name}" }
    fn more_than(value: String) { en: "> {value}", ko: "{value} 초과" }
}

/// What it is, before, after, what became of it.
pub(super) type Row = [Cell; 4];

/// The row of something that was judged.
pub(super) fn of_outcome(outcome: &OutcomeChange, lang: Lang) -> Row {
    let state = |state: Option<State>| {
        state.map_or_else(|| figure::NOTHING.to_owned(), |state| of_state(outcome, state, lang))
    };
    let is_promise = matches!(outcome.subject, Subject::Expectation | Subject::Threshold);
    let is_finding = outcome.subject == Subject::Finding;
    let text = match (outcome.answer, outcome.before, outcome.after) {
        (Answer::Worse, ..) if is_promise => broken(lang),
        (Answer::Better, ..) if is_promise => met_now(lang),
        (_, None, Some(_)) if is_finding => new(lang),
        (_, Some(_), None) if is_finding => gone(lang),
        (Answer::Worse, ..) => is_worse(lang),
        (Answer::Better, ..) => is_better(lang),
        (Answer::Different, ..) => is_different(lang),
        (Answer::Same, ..) => is_same(lang),
        (Answer::Unknown, ..) => is_untold(lang),
    };
    [
        outcome_name(outcome, lang).into(),
        state(outcome.before).into(),
        state(outcome.after).into(),
        marked(outcome.answer, &text),
    ]
}

/// What was judged, for people.
pub fn outcome_name(outcome: &OutcomeChange, lang: Lang) -> String {
    let with_target = |name: String| format!("{name} {}", outcome.target).trim_end().to_owned();
    match outcome.subject {
        Subject::Verdict => words::verdict_heading(lang),
        Subject::Expectation => with_target(words::expectation(lang, &outcome.name)),
        Subject::Threshold => with_target(outcome.name.clone()),
        Subject::BreakingPoint => words::breaking_point(lang),
        Subject::Stock => stock(lang, &outcome.name),
        Subject::Finding => outcome
            .finding
            .as_ref()
            .map_or_else(|| outcome.name.clone(), |finding| finding_text(lang, finding).title),
    }
}

fn of_state(outcome: &OutcomeChange, state: State, lang: Lang) -> String {
    let value = state.value.map(|value| figure::value(lang, value, &outcome.unit));
    match (state.verdict, state.mark, state.severity, value) {
        (Some(verdict), ..) => words::verdict(lang, verdict),
        (_, Some(mark), _, Some(value)) => format!("{} {value}", words::symbol(mark)),
        (_, Some(mark), _, None) => format!("{} {}", words::symbol(mark), words::mark(lang, mark)),
        (_, _, Some(severity), _) => words::severity(lang, severity),
        (_, _, _, Some(value)) if state.is_lower_bound => more_than(lang, value),
        (_, _, _, value) => value.unwrap_or_else(|| figure::NOTHING.to_owned()),
    }
}

/// The row of a figure.
pub(super) fn of_change(change: &Change, lang: Lang) -> Row {
    let value = |value: Option<f64>| {
        value.map_or_else(|| figure::NOTHING.to_owned(), |value| figure::value(lang, value, &change.unit))
    };
    [
        figure_name(&change.name, lang).into(),
        value(change.before).into(),
        value(change.after).into(),
        marked(change.answer, &answer(change, lang)),
    ]
}

fn answer(change: &Change, lang: Lang) -> String {
    let Some(interval) = change.interval else { return too_few(lang) };
    let end = |value: f64| difference(change, interval, rounded_out(value, value > 0.0), lang);
    // The lower end is rounded down and the upper end up, whatever their signs.
    let (low, high) = (
        difference(change, interval, rounded_out(interval.low, false), lang),
        difference(change, interval, rounded_out(interval.high, true), lang),
    );
    let by = match interval.scale {
        Scale::Relative => change.relative.unwrap_or_default(),
        Scale::Absolute => change.after.unwrap_or_default() - change.before.unwrap_or_default(),
    };
    let by = || difference(change, interval, by, lang);
    match change.answer {
        Answer::Worse => worse(lang, by(), low, high),
        Answer::Better => better(lang, by(), low, high),
        Answer::Different => changed(lang, by(), low, high),
        Answer::Same => same(lang, end(interval.bound()).trim_start_matches('+').to_owned()),
        Answer::Unknown => untold(lang, low, high),
    }
}

/// A difference with its sign, on the scale of an interval.
fn difference(change: &Change, interval: Interval, value: f64, lang: Lang) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    match interval.scale {
        Scale::Relative => figure::difference(value),
        Scale::Absolute if change.unit == "%" => points(lang, format!("{sign}{}", figure::number(value))),
        Scale::Absolute if value < 0.0 => format!("-{}", figure::value(lang, -value, &change.unit)),
        Scale::Absolute => format!("{sign}{}", figure::value(lang, value, &change.unit)),
    }
}

/// A number with two digits, the next one up or down: an end of an interval that is rounded is not inside it.
fn rounded_out(value: f64, up: bool) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powf(value.abs().log10().floor() - 1.0);
    let steps = value / unit;
    // What is whole but for the last bits stays.
    let near = steps.round();
    let steps = match () {
        () if (steps - near).abs() < 1e-9 => near,
        () if up => steps.ceil(),
        () => steps.floor(),
    };
    steps * unit
}

fn marked(answer: Answer, text: &str) -> Cell {
    let (symbol, ink) = match answer {
        Answer::Worse => ("✗", Ink::Red),
        Answer::Better => ("✓", Ink::Green),
        Answer::Different => ("!", Ink::Yellow),
        Answer::Same => ("=", Ink::Faint),
        Answer::Unknown => ("–", Ink::Faint),
    };
    Cell::new(format!("{symbol} {text}"), ink)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(unit: &str, answer: Answer, low: f64, high: f64, scale: Scale) -> String {
        let change = Change {
            unit: unit.to_owned(),
            before: Some(2.0),
            after: Some(2.5),
            relative: Some(0.25),
            interval: Some(Interval { low, high, scale }),
            answer,
            ..Change::default()
        };
        super::answer(&change, Lang::En)
    }

    #[test]
    fn answers_show_their_interval() {
        for (shown, expected) in [
            (
                change("ms", Answer::Worse, 0.0123, 0.4567, Scale::Relative),
                "worse: +25%, between +1.2% and +46%",
            ),
            (change("ms", Answer::Same, -0.0712, 0.0816, Scale::Relative), "no difference larger than 8.2%"),
            (change("ms", Answer::Same, -0.09, 0.01, Scale::Relative), "no difference larger than 9%"),
            (
                change("ms", Answer::Unknown, -0.08, 0.31, Scale::Relative),
                "cannot tell: between -8% and +31%",
            ),
            (
                change("%", Answer::Worse, 0.2, 0.8, Scale::Absolute),
                "worse: +0.5 points, between +0.2 points and +0.8 points",
            ),
            (
                change("cores", Answer::Same, -0.01, 0.02, Scale::Absolute),
                "no difference larger than 0.02 cores",
            ),
            (change("/s", Answer::Unknown, -1.0, 2.0, Scale::Absolute), "cannot tell: between -1/s and +2/s"),
        ] {
            assert_eq!(shown, expected);
        }
        assert_eq!(answer(&Change::default(), Lang::En), "cannot tell: too little data");
    }

    #[test]
    fn ends_are_rounded_outwards() {
        for (value, up, expected) in [
            (0.0816, true, 0.082),
            (0.0816, false, 0.081),
            (-0.0712, false, -0.072),
            (31.0, true, 31.0),
            (0.0, true, 0.0),
        ] {
            assert!((rounded_out(value, up) - expected).abs() < 1e-12, "{value} {up}");
        }
    }
}
