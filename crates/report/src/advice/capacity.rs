//! What DynamoDB lacked, in a few words: tables with the units that would have served the load, as many as there is room for.

use flashcrowd_diagnosis::{Utilization, place_name};
use flashcrowd_record::{CapacityLine, Results};
use flashcrowd_text::{Lang, figure, last_characters, messages};

use crate::capacity::{cents, lines, unit_of};

/// Characters for tables in the operator's text, and in the question to support.
const OPERATOR: usize = 80;
const SUPPORT: usize = 40;

/// A name has at most so many characters; of a longer one the end is told.
const LONGEST: usize = 24;

messages! {
    pub(super) fn throttled(attempts: String, share: String) {
        en: "{share} of {attempts} attempts throttled.",
        ko: "시도 {attempts}건 중 {share}가 스로틀링되었습니다.",
    }
    fn consumed(place: String, units: String, unit: String, provisioned: String) {
        en: "{place} consumed {units} {unit}/s of {provisioned}.",
        ko: "{place}: 초당 {units} {unit} 소비(프로비저닝 {provisioned}).",
    }
    fn hot(key: String, place: String, units: String, unit: String, limit: String) {
        en: "Key {key} of {place}: {units} {unit}/s, a partition serves {limit}.",
        ko: "{place}의 키 {key}: 초당 {units} {unit}(파티션 한도 {limit}).",
    }
    fn raise(places: String) { en: "Raise capacity: {places}.", ko: "{places}로 늘립니다." }
    fn we_raise(places: String) { en: "Plan: {places}.", ko: "증설 계획: {places}." }
    fn raise_for(factor: String, places: String) {
        en: "For {factor} times this load: {places}.",
        ko: "이 부하의 {factor}배 기준 용량: {places}.",
    }
    fn plan_for(factor: String, places: String) {
        en: "Plan for {factor} times that: {places}.",
        ko: "{factor}배 부하 계획: {places}.",
    }
    pub(super) fn heavier_day(factor: String) {
        en: "For a day {factor} times as heavy, {factor} times that.",
        ko: "부하가 {factor}배라면 용량도 {factor}배로 잡습니다.",
    }
    fn cost(amount: String, currency: &str) {
        en: "About {amount} {currency}/h.",
        ko: "비용은 시간당 약 {amount} {currency}입니다.",
    }
}

/// What the table or index with the highest utilization consumed in its busiest minute; empty where nobody knows.
pub(super) fn used(results: &Results, lang: Lang) -> String {
    let lines = results.capacity.as_ref().map_or(&[][..], |capacity| &capacity.lines);
    let all = Utilization::all(lines);
    let Some(Utilization { line, consumed: units, provisioned }) = all.first() else { return String::new() };
    let (units, provisioned) = (figure::number(*units), figure::number(*provisioned));
    consumed(lang, named(line), units, unit_of(line.kind).to_owned(), provisioned)
}

/// The key that comes nearest to what one partition serves; empty where none is known.
pub(super) fn hottest(results: &Results, lang: Lang) -> String {
    let keys = results.capacity.as_ref().map_or(&[][..], |capacity| &capacity.keys);
    let Some(key) = keys.iter().max_by(|one, other| one.share().total_cmp(&other.share())) else {
        return String::new();
    };
    let place = last_characters(&place_name(&key.table, key.index.as_deref()), LONGEST);
    let (rate, limit) = (figure::number(key.rate.round()), figure::number(key.limit));
    hot(lang, last_characters(&key.key, LONGEST), place, rate, unit_of(key.kind).to_owned(), limit)
}

/// What a day needs that is heavier by a factor, for the operator and in fewer places for support; empty where nobody knows.
pub(super) fn heavier(results: &Results, factor: f64, lang: Lang) -> [String; 2] {
    let mut used: Vec<&CapacityLine> =
        results.capacity.iter().flat_map(|capacity| &capacity.lines).filter(|line| line.due > 0.0).collect();
    used.sort_by_key(|line| std::cmp::Reverse(line.recommended));
    let told = |most: usize| {
        let one = |line: &&CapacityLine| {
            let units = (line.recommended as f64 * factor).ceil() as u64;
            format!("{} {} {}", named(line), figure::count(units), unit_of(line.kind))
        };
        used.iter().take(most).map(one).collect::<Vec<_>>().join(", ")
    };
    if used.is_empty() {
        return Default::default();
    }
    let factor = figure::number(factor);
    [raise_for(lang, factor.clone(), told(2)), plan_for(lang, factor, told(1))]
}

/// What an hour of the recommended capacity costs; empty where nobody knows.
pub(super) fn cost_of(results: &Results, lang: Lang) -> String {
    let costs = results.capacity.as_ref().and_then(|capacity| capacity.costs.as_ref());
    costs.map_or(String::new(), |costs| cost(lang, cents(&costs.provisioned_hour), &costs.currency))
}

/// What to raise, for the operator; empty where nobody knows.
pub(super) fn plan(results: &Results, lang: Lang) -> String {
    match places(results, OPERATOR) {
        none if none.is_empty() => none,
        places => raise(lang, places),
    }
}

/// What we would raise, for support; empty where nobody knows.
pub(super) fn question(results: &Results, lang: Lang) -> String {
    match places(results, SUPPORT) {
        none if none.is_empty() => none,
        places => we_raise(lang, places),
    }
}

/// What is short with what it needs, the most throttled first, as far as there is room; the first always.
fn places(results: &Results, most: usize) -> String {
    let is_short = |line: &&CapacityLine| {
        line.throttled > 0 || line.provisioned.is_some_and(|units| units < line.recommended as f64)
    };
    let mut text = String::new();
    for line in lines(results).into_iter().filter(is_short) {
        let one = format!("{} {} {}", named(line), figure::count(line.recommended), unit_of(line.kind));
        let gap = if text.is_empty() { "" } else { ", " };
        if !text.is_empty() && text.chars().count() + gap.len() + one.chars().count() > most {
            break;
        }
        text = text + gap + &one;
    }
    text
}

/// The name of a table or an index, short enough for a few words.
fn named(line: &CapacityLine) -> String {
    last_characters(&place_name(&line.table, line.index.as_deref()), LONGEST)
}
