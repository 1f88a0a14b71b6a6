//! Key utilization is how fast the hottest key was used against what one partition serves, which no capacity of its table
//! changes.
//!
//! Units a second that the key consumed in the busiest ten seconds in a row / what a partition serves: 3,000 read or 1,000
//! write units a second. Of a shorter load, all of it. The client counts it, so that it is known of any target.

use flashcrowd_record::HotKey;
use flashcrowd_text::{Lang, messages};

use crate::dynamodb::{is_reads, place_name};
use crate::expectation::case::Case;
use crate::expectation::terms::{Looked, Observation};
use crate::expectation::text::Said;

messages! {
    fn reads(place: &str, key: &str, rate: &str, limit: &str) {
        en: "reads of key {key} of {place} consumed {rate} RCU/s in the busiest ten seconds; one partition serves {limit}",
        ko: "{place}의 키 {key} 읽기가 가장 바쁜 10초 동안 초당 {rate} RCU를 소비했습니다. 파티션 하나는 {limit}까지 처리합니다",
    }
    fn writes(place: &str, key: &str, rate: &str, limit: &str) {
        en: "writes of key {key} of {place} consumed {rate} WCU/s in the busiest ten seconds; one partition serves {limit}",
        ko: "{place}의 키 {key} 쓰기가 가장 바쁜 10초 동안 초당 {rate} WCU를 소비했습니다. 파티션 하나는 {limit}까지 처리합니다",
    }
    fn none_hot() {
        en: "no key consumed a quarter of what one partition serves",
        ko: "파티션 하나가 처리하는 양의 4분의 1을 소비한 키가 없습니다",
    }
    fn not_known() {
        en: "not measured: nobody knows the keys of the tables",
        ko: "측정되지 않았습니다. 테이블의 키를 알 수 없습니다",
    }
}

pub(in crate::expectation) fn look(case: &Case<'_>) -> Looked {
    let capacity = case.evidence.results.and_then(|results| results.capacity.as_ref());
    let Some(capacity) = capacity else {
        return Err(Observation::not_measured("no-keys").into());
    };
    let Some(key) = hottest(&capacity.keys) else {
        return Ok(Observation::number(0.0, "%", "no-hot-key"));
    };
    let note = if is_reads(key.kind) { "read-key" } else { "write-key" };
    Ok(Observation::number(100.0 * key.share(), "%", note)
        .figure("rate", key.rate)
        .figure("limit", key.limit)
        .label("place", place_name(&key.table, key.index.as_deref()))
        .label("key", &*key.key))
}

/// The one that comes nearest to what a partition serves.
fn hottest(keys: &[HotKey]) -> Option<&HotKey> {
    keys.iter().max_by(|one, other| one.share().total_cmp(&other.share()))
}

pub(in crate::expectation) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (place, key) = (said.label("place"), said.label("key"));
    let (rate, limit) = (said.number("rate"), said.number("limit"));
    match said.note() {
        "read-key" => Some(reads(lang, place, key, &rate, &limit)),
        "write-key" => Some(writes(lang, place, key, &rate, &limit)),
        "no-hot-key" => Some(none_hot(lang)),
        "no-keys" => Some(not_known(lang)),
        _ => None,
    }
}
