//! `dynamodb-hot-key`: one key is used nearly as fast as one partition serves, or faster.
//!
//! Reported where a key consumed 80% of what a partition serves in ten seconds in a row; critical from 100% on, which only
//! an endpoint without partitions serves for long. The client counts keys itself, so it is seen on any target, and before
//! anything is throttled.

use flashcrowd_record::{Finding, HotKey, Severity};
use flashcrowd_text::{Lang, messages};

use crate::dynamodb::{is_reads, place_name};
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, label};
use crate::finding::support::kind::FindingText;
use crate::words::{number, percent};

pub(crate) const ID: &str = "dynamodb-hot-key";

/// From this share of what a partition serves on it is told.
const NEAR: f64 = 0.8;

/// How many keys are named.
const KEYS: usize = 3;

messages! {
    fn title(key: &str, place: &str) {
        en: "Key {key} of {place} is hot",
        ko: "{place}의 키 {key}에 부하가 몰립니다",
    }
    fn reads(key: &str, place: &str, rate: &str, limit: &str, share: &str) {
        en: "Reads of key {key} of {place} consumed {rate} RCU/s in the busiest ten seconds, {share}% of the {limit} that one partition serves.",
        ko: "{place}의 키 {key} 읽기가 가장 바쁜 10초 동안 초당 {rate} RCU를 소비했습니다(파티션 하나가 처리하는 {limit}의 {share}%).",
    }
    fn writes(key: &str, place: &str, rate: &str, limit: &str, share: &str) {
        en: "Writes of key {key} of {place} consumed {rate} WCU/s in the busiest ten seconds, {share}% of the {limit} that one partition serves.",
        ko: "{place}의 키 {key} 쓰기가 가장 바쁜 10초 동안 초당 {rate} WCU를 소비했습니다(파티션 하나가 처리하는 {limit}의 {share}%).",
    }
    fn shard() {
        en: "Spread this key over several (write sharding): a partition serves 1,000 write units per second, whatever its table has.",
        ko: "이 키를 여러 개로 나누십시오(쓰기 샤딩). 테이블 용량과 관계없이 파티션 하나는 초당 쓰기 1,000 단위까지만 처리합니다.",
    }
    fn cache() {
        en: "Serve reads of this key from a cache (DAX, or one in the application): a partition serves 3,000 read units per second, whatever its table has.",
        ko: "이 키의 읽기는 캐시(DAX 또는 애플리케이션 캐시)에서 제공하십시오. 테이블 용량과 관계없이 파티션 하나는 초당 읽기 3,000 단위까지만 처리합니다.",
    }
    fn no_capacity() {
        en: "Neither more capacity nor on-demand mode helps one key.",
        ko: "용량 증설이나 온디맨드 전환으로는 키 하나의 한도가 늘지 않습니다.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let capacity = context.evidence.results?.capacity.as_ref()?;
    let mut near: Vec<&HotKey> = capacity.keys.iter().filter(|key| key.share() >= NEAR).collect();
    near.sort_by(|one, other| other.share().total_cmp(&one.share()));
    let severity = if near.first()?.share() >= 1.0 { Severity::Critical } else { Severity::Warning };
    let mut draft = Draft::new(ID, severity);
    for (at, key) in near.into_iter().take(KEYS).enumerate() {
        let n = at + 1;
        draft = draft
            .label(&format!("key_{n}"), &*key.key)
            .label(&format!("place_{n}"), place_name(&key.table, key.index.as_deref()))
            .label(&format!("kind_{n}"), if is_reads(key.kind) { "read" } else { "write" })
            .figure(&format!("rate_{n}"), key.rate)
            .figure(&format!("peak_{n}"), key.peak)
            .figure(&format!("limit_{n}"), key.limit);
    }
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (mut evidence, mut are_reads, mut are_writes) = (Vec::new(), false, false);
    for n in 1..=KEYS {
        let (figure, label) = (
            |name: &str| figure(finding, &format!("{name}_{n}")),
            |name: &str| label(finding, &format!("{name}_{n}")),
        );
        if label("place").is_empty() {
            break;
        }
        let (rate, limit) = (number(figure("rate")), number(figure("limit")));
        let share = percent(100.0 * figure("rate") / figure("limit"));
        let is_read = label("kind") == "read";
        (are_reads, are_writes) = (are_reads || is_read, are_writes || !is_read);
        let said = if is_read { reads } else { writes };
        evidence.push(said(lang, label("key"), label("place"), &rate, &limit, &share));
    }
    let mut remedies = Vec::new();
    remedies.extend((are_writes || !are_reads).then(|| shard(lang)));
    remedies.extend(are_reads.then(|| cache(lang)));
    remedies.push(no_capacity(lang));
    FindingText {
        title: title(lang, label(finding, "key_1"), label(finding, "place_1")),
        evidence: evidence.join(" "),
        remedies,
    }
}
