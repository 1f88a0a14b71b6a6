//! The chart of throughput: requests a second over time, with what was due where iterations are requests.

use flashcrowd_record::TimelineLine;
use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};

/// Iterations are taken for requests when there are as many of them, to within this part.
const SAME: f64 = 0.02;

messages! {
    fn title() { en: "Throughput", ko: "처리량" }
    fn about() {
        en: "Requests per second over the course of the run.",
        ko: "시간에 따른 초당 요청 수입니다.",
    }
    fn unit() { en: "requests/s", ko: "요청/초" }
    fn requests() { en: "Requests", ko: "요청" }
    fn due() { en: "Planned", ko: "목표 도착률" }
}

/// The chart; none when no request was made.
pub(crate) fn throughput(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let made = course.values(|line| per_second(line, "http_reqs"));
    let mut layers = Vec::new();
    if one_request_each(course) {
        layers.push(Layer::line(due(lang), Ink::Reference, course.values(due_rate)));
    }
    let requests = Layer::line(requests(lang), Ink::Blue, made);
    if !requests.is_drawn() {
        return None;
    }
    layers.push(requests);
    course.picture((title(lang), about(lang)), unit(lang), layers)
}

/// How much of a counter there was a second; zero where it had no samples.
pub(super) fn per_second(line: &TimelineLine, counter: &str) -> Option<f64> {
    (line.interval > 0.0).then(|| line.stat(counter, "sum").unwrap_or_default() / line.interval)
}

/// How many iterations should have started a second; none where virtual users loop.
pub(super) fn due_rate(line: &TimelineLine) -> Option<f64> {
    line.scenarios.iter().filter_map(|scenario| scenario.rate).reduce(|sum, rate| sum + rate)
}

fn one_request_each(course: &Course<'_>) -> bool {
    let sum = |counter| course.lines().iter().filter_map(|line| line.stat(counter, "sum")).sum::<f64>();
    let (requests, iterations) = (sum("http_reqs"), sum("iterations"));
    iterations > 0.0 && (requests / iterations - 1.0).abs() <= SAME
}
