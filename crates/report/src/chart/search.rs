//! The charts of a search: what was measured at each load that was tried, and where the promises stop to hold.

use flashcrowd_record::{SearchResult, SearchTrial};
use flashcrowd_text::{Lang, messages};

use super::axis::Axis;
use super::palette::Ink;
use super::picture::{Layer, Mark, Over, Picture, Shape};
use crate::sections::found::{by_load, load};
use crate::words;

messages! {
    fn about() {
        en: "What was measured in each trial by its load; blue where everything held, red where something did not.",
        ko: "시험한 부하별 측정값입니다. 모두 지켜진 시험은 파란색, 그렇지 않은 시험은 빨간색입니다.",
    }
    fn tried(what: String) { en: "Trials: {what} by load", ko: "시험: 부하별 {what}" }
    fn held() { en: "Held", ko: "유지" }
    fn broken() { en: "Broken", ko: "깨짐" }
    fn served_title() { en: "throughput", ko: "처리량" }
    fn holds(load: String) { en: "holds up to {load}", ko: "{load}까지 유지" }
    fn users() { en: "virtual users", ko: "가상 사용자 수" }
    fn rate() { en: "iterations/s", ko: "초당 반복 수" }
    fn served_unit() { en: "iterations/s", ko: "반복/초" }
}

/// A chart for each promise, and one of what was served.
pub(crate) fn search(search: &SearchResult, lang: Lang) -> Vec<Picture> {
    let trials = by_load(search);
    if trials.len() < 2 {
        return Vec::new();
    }
    let promises = search.promises.iter().enumerate().map(|(index, promise)| {
        let is_time = promise.name.starts_with("response_time");
        let scale = if is_time { 1.0 } else { 100.0 };
        let of = |trial: &SearchTrial| trial.values.get(index).copied().flatten().map(|value| value * scale);
        let unit = if is_time { "ms" } else { "%" };
        picture(search, &trials, (words::expectation(lang, &promise.name), unit.to_owned()), &of, lang)
    });
    let of = |trial: &SearchTrial| Some(trial.served);
    let served = picture(search, &trials, (served_title(lang), served_unit(lang)), &of, lang);
    promises.chain([served]).collect()
}

fn picture(
    search: &SearchResult,
    trials: &[&SearchTrial],
    (what, unit): (String, String),
    of: &dyn Fn(&SearchTrial) -> Option<f64>,
    lang: Lang,
) -> Picture {
    let only = |held: bool| trials.iter().map(|trial| of(trial).filter(|_| trial.held == held)).collect();
    let layers = vec![
        Layer { name: broken(lang), ink: Ink::Red, shape: Shape::Dots, values: only(false) },
        Layer { name: held(lang), ink: Ink::Blue, shape: Shape::Dots, values: only(true) },
    ];
    let most = layers.iter().map(Layer::most).fold(0.0, f64::max);
    let mark = |found: flashcrowd_record::LoadInterval| Mark {
        at: found.value,
        label: holds(lang, load(lang, found.value, search)),
        ink: Ink::Alarm,
    };
    Picture {
        title: tried(lang, what),
        about: about(lang),
        unit,
        x: Axis::values_up_to(trials.last().map_or(1.0, |trial| trial.load)),
        y: Axis::values(most),
        over: Over::Other {
            name: if search.load_is.is_rate() { rate(lang) } else { users(lang) },
            labels: trials.iter().map(|trial| load(lang, trial.load, search)).collect(),
        },
        xs: trials.iter().map(|trial| trial.load).collect(),
        bands: Vec::new(),
        layers,
        marks: search.load.map(mark).into_iter().collect(),
    }
}
