//! What was found is a search for the largest load in words and as a table: what holds, what breaks first, what was tried.

use flashcrowd_record::{BrokenPromise, LoadInterval, SearchEnding, SearchResult, SearchTrial};
use flashcrowd_text::{Cell, Ink, Lang, Side, figure, messages, paragraph, table};

use crate::words;

/// The longest bar of the chart of text.
const BAR: f64 = 24.0;

messages! {
    pub(crate) fn heading() { en: "Largest load at which the promises hold", ko: "약속이 지켜지는 최대 부하" }
    fn holds(load: String, interval: String) {
        en: "Holds up to {load} ({interval})", ko: "최대 {load}까지 유지됩니다({interval})"
    }
    fn interval(lower: String, upper: String) { en: "95%: {lower} to {upper}", ko: "95%: {lower}~{upper}" }
    fn all_held(load: String) {
        en: "Everything held, even at {load}, the largest load that was tried. Search further: raise the upper bound",
        ko: "시험한 최대 부하인 {load}에서도 모두 지켜졌습니다. 상한을 높여 다시 찾으십시오",
    }
    fn none_held(load: String) {
        en: "Not even {load} held, the lightest load that was tried",
        ko: "시험한 최소 부하인 {load}에서도 지켜지지 않았습니다",
    }
    fn not_measured() {
        en: "Not judged: nothing was answered, so nothing could be measured",
        ko: "판정하지 않았습니다. 응답이 없어 측정할 수 없었습니다",
    }
    fn gone() {
        en: "The target stopped answering after a trial and did not come back: what was found before is shown",
        ko: "한 번의 시험 뒤 대상이 응답을 멈추고 돌아오지 않았습니다. 그 전까지의 결과입니다",
    }
    fn unbounded() {
        en: "Not found: there is no load that held and one that did not",
        ko: "찾지 못했습니다. 지켜진 부하와 지켜지지 않은 부하가 모두 있어야 합니다",
    }
    fn time_up(width: String, wanted: String) {
        en: "Time was up: the interval is {width} wide, not the {wanted} that were wanted. Give it more time",
        ko: "시간이 다 되었습니다. 구간 폭이 {width}로 목표인 {wanted}보다 넓습니다. 시간을 더 주십시오",
    }
    fn first(promise: String, load: String, value: String) {
        en: "What breaks first is {promise}: at {load} it was {value}",
        ko: "가장 먼저 깨지는 것은 {promise}입니다. {load}에서 {value}였습니다",
    }
    fn first_falls_behind(load: String, rest: String) {
        en: "What breaks first is the pace: at {load} the target falls behind by {rest}",
        ko: "가장 먼저 처리 속도가 모자랍니다. {load}에서 {rest}씩 밀립니다",
    }
    fn serves(load: String, interval: String) {
        en: "Under more than that the target serves {load} ({interval})",
        ko: "그보다 많은 부하에서 대상은 {load}를 처리합니다({interval})",
    }
    fn reached(least: String) { en: "At least {least} was asked for, and holds", ko: "요구한 {least} 이상이 유지됩니다" }
    fn missed(least: String) {
        en: "At least {least} was asked for, which is not certain to hold",
        ko: "요구한 {least} 이상이 유지된다고 확신할 수 없습니다",
    }
    fn nothing_promised() {
        en: "Nothing was promised: this is the rate that the target keeps up with",
        ko: "약속이 없어, 대상이 따라갈 수 있는 도착률을 찾았습니다",
    }
    fn tried(count: usize) { en: "What was tried: {count} trials", ko: "시험한 부하: {count}회" }
    fn load_head() { en: "Load", ko: "부하" }
    fn served_head() { en: "Served", ko: "처리" }
    fn piled_head() { en: "Piled up", ko: "밀림" }
    fn took_head() { en: "Measured", ko: "측정 시간" }
    fn held_word() { en: "held", ko: "유지" }
    fn broken_word() { en: "broken", ko: "깨짐" }
    fn so_far(load: String) { en: "so far {load}", ko: "현재 추정 {load}" }
    fn trial_name(number: usize) { en: "trial {number}", ko: "시험 {number}" }
}

/// A load as it stands in tables: `394/s`, `20 users`.
pub(crate) fn load(lang: Lang, load: f64, search: &SearchResult) -> String {
    if search.load_is.is_rate() { figure::rate(load) } else { figure::users(lang, load) }
}

/// What was found, a sentence each, the answer first.
pub(crate) fn sentences(lang: Lang, search: &SearchResult) -> Vec<String> {
    let mut told = vec![answer(lang, search)];
    if search.promises.is_empty() {
        told.push(nothing_promised(lang));
    }
    if let Some(least) = search.at_least {
        let holds = search.load.map_or(search.ending == SearchEnding::AllHeld, |load| load.lower >= least);
        let least = load(lang, least, search);
        told.push(if holds { reached(lang, least) } else { missed(lang, least) });
    }
    told.extend(search.first_broken.as_ref().map(|broken| first_broken(lang, search, broken)));
    if let Some(capacity) = search.capacity {
        told.push(serves(lang, figure::rate(capacity.value), ends(lang, capacity, figure::rate)));
    }
    if search.ending == SearchEnding::TimeUp
        && let Some(load) = search.load
    {
        let width = (load.upper - load.lower) / load.value;
        told.push(time_up(lang, figure::percent(width), figure::percent(2.0 * search.precision)));
    }
    told.into_iter().map(|sentence| sentence + ".").collect()
}

fn answer(lang: Lang, search: &SearchResult) -> String {
    match (search.ending, search.load) {
        (SearchEnding::NotMeasured, _) => not_measured(lang),
        (SearchEnding::AllHeld, _) => all_held(lang, load(lang, search.highest, search)),
        (SearchEnding::NoneHeld, _) => none_held(lang, load(lang, search.lowest, search)),
        (SearchEnding::Gone, None) => gone(lang),
        (SearchEnding::Gone, Some(_)) => gone(lang),
        (_, None) => unbounded(lang),
        (_, Some(found)) => holds(lang, load(lang, found.value, search), ends(lang, found, figure::number)),
    }
}

fn ends(lang: Lang, of: LoadInterval, shown: fn(f64) -> String) -> String {
    interval(lang, shown(of.lower), shown(of.upper))
}

fn first_broken(lang: Lang, search: &SearchResult, broken: &BrokenPromise) -> String {
    let at = load(lang, broken.load, search);
    match broken.promise {
        None => first_falls_behind(lang, at, broken.value.map_or("–".to_owned(), figure::rate)),
        Some(index) => {
            let name = words::expectation(lang, &search.promises[index].name);
            let target = &search.promises[index].target;
            first(lang, format!("{name} {target}"), at, value(lang, search, index, broken.value))
        }
    }
}

/// What a promise is about, as it was measured.
fn value(lang: Lang, search: &SearchResult, promise: usize, value: Option<f64>) -> String {
    let is_time = search.promises.get(promise).is_some_and(|one| one.name.starts_with("response_time"));
    match value {
        None => "–".to_owned(),
        Some(ms) if is_time => figure::duration(lang, ms),
        Some(share) => figure::percent(share),
    }
}

/// The heads of the table of trials, in the order of [`row`].
pub(crate) fn heads(lang: Lang, search: &SearchResult) -> Vec<String> {
    let promises = search.promises.iter().map(|promise| words::expectation(lang, &promise.name));
    let piled = search.load_is.is_rate().then(|| piled_head(lang));
    [load_head(lang), String::new()]
        .into_iter()
        .chain(promises)
        .chain([served_head(lang)])
        .chain(piled)
        .chain([took_head(lang)])
        .collect()
}

/// A trial as a row: load, whether it held, what was measured.
pub(crate) fn row(lang: Lang, search: &SearchResult, trial: &SearchTrial) -> Vec<String> {
    let promises = (0..search.promises.len())
        .map(|index| value(lang, search, index, trial.values.get(index).copied().flatten()));
    let piled = search.load_is.is_rate().then(|| match trial.piled_up {
        Some(piled) => figure::rate(if piled.abs() < 0.05 { 0.0 } else { piled }),
        None => "–".to_owned(),
    });
    let seconds = trial.end - trial.settled;
    let took = if trial.start < 0.0 { "–".to_owned() } else { figure::length(lang, seconds.round()) };
    [load(lang, trial.load, search), verdict(lang, trial)]
        .into_iter()
        .chain(promises)
        .chain([figure::rate(trial.served)])
        .chain(piled)
        .chain([took])
        .collect()
}

fn verdict(lang: Lang, trial: &SearchTrial) -> String {
    if trial.held { held_word(lang) } else { broken_word(lang) }
}

/// The trials from the lightest load to the largest.
pub(crate) fn by_load(search: &SearchResult) -> Vec<&SearchTrial> {
    let mut trials: Vec<&SearchTrial> = search.trials.iter().collect();
    trials.sort_by(|one, other| one.load.total_cmp(&other.load));
    trials
}

/// What a search found, as text: sentences, then what was tried as a chart of bars.
pub fn search_text(search: &SearchResult, lang: Lang, color: bool, columns: usize) -> String {
    let mut told = sentences(lang, search).into_iter();
    let good = if failed(search) { Ink::Red } else { Ink::Green };
    let mut text = String::new();
    if let Some(answer) = told.next() {
        let answer = paragraph(&answer, columns, "  ");
        text += &answer.lines().map(|line| good.on(line, color) + "\n").collect::<String>();
    }
    for sentence in told {
        text += &paragraph(&sentence, columns, "  ");
    }
    if search.trials.is_empty() {
        return text;
    }
    text += &format!("\n  {}\n", Ink::Bold.on(&tried(lang, search.trials.len()), color));
    text + &trial_table(search, lang, color)
}

fn failed(search: &SearchResult) -> bool {
    let found =
        matches!(search.ending, SearchEnding::Precise | SearchEnding::TimeUp | SearchEnding::Interrupted);
    !(found && search.load.is_some() || search.ending == SearchEnding::AllHeld)
        || search.at_least.is_some_and(|least| search.load.is_some_and(|load| load.lower < least))
}

fn trial_table(search: &SearchResult, lang: Lang, color: bool) -> String {
    let most = search.trials.iter().map(|trial| trial.load).fold(0.0, f64::max);
    let mut rows = vec![
        [String::new()]
            .into_iter()
            .chain(heads(lang, search))
            .map(|head| Cell::new(head, Ink::Faint))
            .collect::<Vec<Cell>>(),
    ];
    for trial in by_load(search) {
        let ink = if trial.held { Ink::Green } else { Ink::Red };
        let bar = "█".repeat(((trial.load / most * BAR).round() as usize).max(1));
        let mut cells = vec![Cell::new(bar, ink)];
        cells.extend(
            row(lang, search, trial)
                .into_iter()
                .enumerate()
                .map(|(at, text)| if at == 1 { Cell::new(text, ink) } else { text.into() }),
        );
        rows.push(cells);
    }
    table(&rows, &[Side::Left, Side::Right, Side::Left], 4, color)
}

/// A trial that is just over, in a line, with what is known after it.
pub fn trial_line(
    search: &SearchResult,
    (number, trial): (usize, &SearchTrial),
    so_far_is: Option<LoadInterval>,
    (lang, color): (Lang, bool),
) -> String {
    let cells = row(lang, search, trial);
    let ink = if trial.held { Ink::Green } else { Ink::Red };
    let mut parts = vec![format!("{} {}", cells[0], ink.on(&cells[1], color))];
    for (index, promise) in search.promises.iter().enumerate() {
        let name = words::expectation(lang, &promise.name);
        parts.push(format!(
            "{name} {}",
            value(lang, search, index, trial.values.get(index).copied().flatten())
        ));
    }
    parts.push(format!("{} {}", served_head(lang).to_lowercase(), figure::rate(trial.served)));
    let known = so_far_is.map(|found| {
        let text = format!("{} ({})", load(lang, found.value, search), ends(lang, found, figure::number));
        format!("; {}", so_far(lang, text))
    });
    let line = format!("{}: {}{}", trial_name(lang, number), parts.join(", "), known.unwrap_or_default());
    format!("  {line}\n")
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{LoadKind, Promised};

    use super::*;

    fn found() -> SearchResult {
        let trial = |load: f64, held: bool, p99: f64| SearchTrial {
            load,
            start: 3.0,
            settled: 4.0,
            end: 9.0,
            held,
            served: load.min(400.0),
            piled_up: Some((load - 400.0).max(0.0)),
            values: vec![Some(p99)],
            broken: if held { vec![] } else { vec![0] },
        };
        let between = |value, lower, upper| LoadInterval { value, lower, upper };
        SearchResult {
            load_is: LoadKind::Rate,
            promises: vec![Promised { name: "response_time_p99".into(), target: "< 500ms".into() }],
            lowest: 10.0,
            highest: 1000.0,
            precision: 0.05,
            seconds: 90.0,
            at_least: Some(300.0),
            ending: SearchEnding::Precise,
            load: Some(between(394.0, 388.0, 400.0)),
            keeps_up: Some(between(400.0, 398.0, 402.0)),
            limits: vec![between(394.0, 388.0, 400.0)],
            capacity: Some(between(400.0, 399.0, 401.0)),
            first_broken: Some(BrokenPromise { promise: Some(0), load: 420.0, value: Some(731.0) }),
            trials: vec![trial(420.0, false, 731.0), trial(388.0, true, 62.0)],
        }
    }

    #[test]
    fn the_answer_comes_first_in_both_languages() {
        let lines: Vec<String> =
            search_text(&found(), Lang::En, false, 100).lines().map(str::to_owned).collect();
        assert_eq!(
            lines[..4],
            [
                "  Holds up to 394/s (95%: 388 to 400).",
                "  At least 300/s was asked for, and holds.",
                "  What breaks first is P99 response time < 500ms: at 420/s it was 731 ms.",
                "  Under more than that the target serves 400/s (95%: 399/s to 401/s).",
            ]
        );
        assert!(lines[7].contains("388/s  held") && lines[8].contains("420/s  broken"), "{lines:#?}");
        let korean = search_text(&found(), Lang::Ko, false, 100);
        assert!(korean.starts_with("  최대 394/s까지 유지됩니다(95%: 388~400)."), "{korean}");
    }

    #[test]
    fn what_was_not_found_is_said() {
        let texts: Vec<String> = [
            SearchEnding::AllHeld,
            SearchEnding::NoneHeld,
            SearchEnding::NotMeasured,
            SearchEnding::Gone,
            SearchEnding::TimeUp,
        ]
        .into_iter()
        .map(|ending| answer(Lang::En, &SearchResult { ending, load: None, ..found() }))
        .collect();
        for (text, part) in texts.iter().zip([
            "even at 1,000/s",
            "Not even 10/s held",
            "nothing was answered",
            "stopped answering",
            "Not found",
        ]) {
            assert!(text.contains(part), "{text}");
        }
    }
}
