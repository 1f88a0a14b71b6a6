//! The chart of latency: percentiles of response times over time.

use flashcrowd_text::{Lang, messages};

use super::axis::Axis;
use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};

/// From this ratio of the largest to the smallest value on, the scale is logarithmic.
const WIDE: f64 = 30.0;

messages! {
    fn title() { en: "Response time", ko: "응답 시간" }
    fn about() {
        en: "The median, the 95th and the 99th percentile of response times over the course of the run.",
        ko: "시간에 따른 응답 시간의 p50, p95, p99입니다.",
    }
    fn unit() { en: "ms", ko: "ms" }
    fn unit_log() { en: "ms, logarithmic", ko: "ms, 로그 눈금" }
}

/// The chart; none when no request was answered.
pub(crate) fn latency(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let layer = |name: &str, ink| {
        Layer::line(name.to_owned(), ink, course.values(|line| line.stat("http_req_duration", name)))
    };
    let layers = vec![layer("p99", Ink::Purple), layer("p95", Ink::Blue), layer("p50", Ink::Teal)];
    let mut picture = course.picture((title(lang), about(lang)), unit(lang), layers)?;
    let least = picture.layers.iter().filter_map(Layer::least_positive).min_by(f64::total_cmp);
    let most = picture.layers.iter().map(Layer::most).fold(0.0, f64::max);
    if let Some(least) = least.filter(|least| most / least >= WIDE) {
        picture.y = Axis::log(least, most);
        picture.unit = unit_log(lang);
    }
    Some(picture)
}
