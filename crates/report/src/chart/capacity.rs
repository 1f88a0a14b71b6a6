//! The charts of DynamoDB's capacity: units consumed a second against what is provisioned, and throttles a second.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::place_name;
use flashcrowd_record::{CapacityKind, CapacityLine, Results, TimelineLine, TimelineRow};
use flashcrowd_text::{Lang, last_characters, messages};

use super::axis::Axis;
use super::course::Course;
use super::errors::{highest, stacked};
use super::palette::{Ink, STACK};
use super::picture::{Layer, Picture};
use crate::capacity::{VIEW, lines, shortened_call, unit_of};

/// So many tables and indexes have a chart, reads and writes apart.
const MOST_CHARTS: usize = 6;
/// Names are shown up to so many characters.
const LONGEST: usize = 36;

messages! {
    fn reads(place: String) { en: "Reads of {place}", ko: "{place} 읽기" }
    fn writes(place: String) { en: "Writes of {place}", ko: "{place} 쓰기" }
    fn about(title: &str) {
        en: "{title}: capacity units consumed per second over the course of the run, and the provisioned ones.",
        ko: "{title}: 시간에 따라 초당 소비한 용량 단위와 프로비저닝된 용량입니다.",
    }
    fn per_second(unit: &str) { en: "{unit} per second", ko: "초당 {unit}" }
    fn consumed() { en: "Consumed", ko: "소비" }
    fn provisioned() { en: "Provisioned", ko: "프로비저닝" }
    fn throttles_title() { en: "Throttled attempts", ko: "스로틀링된 시도" }
    fn throttles_about() {
        en: "Attempts per second that DynamoDB throttled over the course of the run, by call.",
        ko: "시간에 따라 DynamoDB가 스로틀링한 초당 시도 수를 호출별로 나타냅니다.",
    }
    fn attempts() { en: "attempts/s", ko: "시도/초" }
    fn others() { en: "others", ko: "기타" }
}

/// The charts; none of a run that was not against DynamoDB.
pub(crate) fn capacity(course: &Course<'_>, results: &Results, lang: Lang) -> Vec<Picture> {
    let lines = lines(results);
    let units = lines.into_iter().take(MOST_CHARTS).filter_map(|line| units(course, line, lang));
    throttles(course, lang).into_iter().chain(units).collect()
}

fn units(course: &Course<'_>, line: &CapacityLine, lang: Lang) -> Option<Picture> {
    let place = last_characters(&place_name(&line.table, line.index.as_deref()), LONGEST);
    let (title, metric) = match line.kind {
        CapacityKind::Read => (reads(lang, place), "dynamodb_consumed_read"),
        CapacityKind::Write => (writes(lang, place), "dynamodb_consumed_write"),
    };
    let is_it = |row: &&TimelineRow| {
        row.view == VIEW
            && row.metric == metric
            && tag(row, "table") == line.table
            && tag(row, "index") == line.index.as_deref().unwrap_or_default()
    };
    let used = course.values(|second| {
        let units = second.rows.iter().filter(is_it).map(|row| row.stats.value("sum")).sum::<f64>();
        (second.interval > 0.0).then(|| units / second.interval)
    });
    let mut layers = Vec::new();
    if let Some(units) = line.provisioned {
        layers.push(Layer::line(provisioned(lang), Ink::Reference, course.values(|_| Some(units))));
    }
    layers.push(Layer::line(consumed(lang), Ink::Blue, used));
    let about = about(lang, &title);
    course.picture((title, about), per_second(lang, unit_of(line.kind)), layers)
}

fn throttles(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let by_name: Vec<BTreeMap<&str, f64>> = course.lines().iter().map(of_line).collect();
    let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, rate) in by_name.iter().flatten() {
        *totals.entry(name).or_default() += rate;
    }
    let mut names: Vec<&str> = totals.keys().copied().collect();
    names.sort_by(|one, other| totals[other].total_cmp(&totals[one]));
    let rest = names.split_off(names.len().min(STACK.len() - 1));
    let of = |wanted: &[&str]| -> Vec<f64> {
        by_name.iter().map(|rates| wanted.iter().filter_map(|name| rates.get(name)).sum()).collect()
    };
    let mut series: Vec<Vec<f64>> = names.iter().map(|name| of(&[name])).collect();
    let mut shown: Vec<String> = names.iter().map(|name| shortened_call(name, LONGEST)).collect();
    if !rest.is_empty() {
        series.push(of(&rest));
        shown.push(others(lang));
    }
    let layers = stacked(shown, course.thin_together(series));
    let texts = (throttles_title(lang), throttles_about(lang));
    let mut picture = course.picture(texts, attempts(lang), layers)?;
    picture.y = Axis::values(highest(&picture.layers));
    Some(picture)
}

/// Throttled attempts a second by the name of their call.
fn of_line(line: &TimelineLine) -> BTreeMap<&str, f64> {
    let mut rates = BTreeMap::new();
    let throttled = line.rows.iter().filter(|row| row.view == VIEW && row.metric == "dynamodb_throttled");
    for row in throttled.filter(|_| line.interval > 0.0) {
        *rates.entry(tag(row, "name")).or_default() += row.stats.value("sum") / line.interval;
    }
    rates
}

fn tag<'a>(row: &'a TimelineRow, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}
