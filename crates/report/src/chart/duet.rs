//! The chart of a duet: what was known of the difference while it lasted.

use flashcrowd_record::Duet;
use flashcrowd_text::{Lang, messages};

use super::axis::{Axis, clock};
use super::palette::Ink;
use super::picture::{Layer, Over, Picture};

messages! {
    fn title() { en: "Times of B, relative to A", ko: "A 대비 B의 응답 시간" }
    fn about() {
        en: "The difference with the interval in which it certainly lay, over the course of the comparison.",
        ko: "비교가 진행되는 동안의 차이와 신뢰 구간입니다.",
    }
    fn elapsed() { en: "time since the first pair", ko: "첫 쌍 이후 경과 시간" }
    fn estimate() { en: "B vs A", ko: "B/A 차이" }
    fn upper() { en: "no more than", ko: "상한" }
    fn lower() { en: "no less than", ko: "하한" }
    fn same() { en: "margin", ko: "허용 오차" }
}

/// Bounds further away than so many margins are not drawn.
const FAR: f64 = 12.0;

/// The chart; none of a duet that knew nothing.
pub(crate) fn duet(duet: &Duet, lang: Lang) -> Option<Picture> {
    let percent = |share: f64| share * 100.0;
    let far = FAR * duet.rules.margin.max(0.01);
    let largest = duet.course.iter().map(|moment| moment.difference.abs()).fold(0.0, f64::max);
    let near = |share: Option<f64>| share.filter(|share| share.abs() <= far.max(2.0 * largest)).map(percent);
    let of = |value: &dyn Fn(&flashcrowd_record::DuetMoment) -> Option<f64>| {
        duet.course.iter().map(value).collect()
    };
    let margin = |sign: f64| of(&move |_| Some(sign * percent(duet.rules.margin)));
    let layers = vec![
        Layer::line(same(lang), Ink::Reference, margin(1.0)),
        Layer::line(format!("-{}", same(lang)), Ink::Reference, margin(-1.0)),
        Layer::line(upper(lang), Ink::Teal, of(&|moment| near(moment.upper))),
        Layer::line(lower(lang), Ink::Purple, of(&|moment| near(moment.lower))),
        Layer::line(estimate(lang), Ink::Blue, of(&|moment| Some(percent(moment.difference)))),
    ];
    let last = duet.course.last()?;
    let all = || layers.iter().flat_map(|layer| layer.values.iter().flatten().copied());
    let (least, most) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    Some(Picture {
        title: title(lang),
        about: about(lang),
        unit: "%".to_owned(),
        x: Axis::time(last.seconds as f64),
        y: Axis::between(least, most),
        over: Over::Other {
            name: elapsed(lang),
            labels: duet.course.iter().map(|moment| clock(moment.seconds as f64)).collect(),
        },
        xs: duet.course.iter().map(|moment| moment.seconds as f64).collect(),
        bands: Vec::new(),
        layers,
        marks: Vec::new(),
    })
}
