//! `dynamodb-throttling`: DynamoDB throttles, by the tables and indexes that ran out of capacity.
//!
//! Reported from 10 throttled attempts on that are 0.1% of all, or with any call that gave up. It is critical when 1% of
//! the calls gave up: that many customers went without. The tables come with what would have served them, where the
//! results know the capacity. What can be done depends on why most attempts were throttled: provisioned capacity, one
//! hot key, a ceiling that was set on demand, or the account's quota.

use flashcrowd_metrics::names;
use flashcrowd_record::{CapacityKind, CapacityLine, Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::dynamodb::{
    self, ATTEMPTS, BACK_OFF, CALLS, CONSUMED_READ, GAVE_UP, Place, THROTTLED, Throttles, is_reads,
    place_name,
};
use crate::evidence::Evidence;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::row::tag;
use crate::stats::robust::median;
use crate::words::{number, percent};

pub(crate) const ID: &str = "dynamodb-throttling";

const COUNT: f64 = 10.0;
const SHARE: f64 = 0.001;

/// From this share of calls that gave up, the target does not survive the load.
const CRITICAL: f64 = 0.01;

/// How many tables and indexes are shown that throttled, and that lack capacity; the figures of each end in its number.
const PLACES: usize = 3;
const NEEDS: usize = 4;

/// Who serves more than this many partitions can has several at work.
const PARTITIONS: f64 = 1.5;

/// Scans that take this share of the read units are worth a word.
const SCANS: f64 = 0.2;

messages! {
    fn title(place: &str) { en: "DynamoDB throttling: {place}", ko: "DynamoDB 스로틀링: {place}" }
    fn title_of_all() { en: "DynamoDB throttling", ko: "DynamoDB 스로틀링이 발생합니다" }
    fn reads(place: &str) { en: "reads from {place}", ko: "{place} 읽기" }
    fn writes(place: &str) { en: "writes to {place}", ko: "{place} 쓰기" }
    fn seen(share: &str, throttled: &str, attempts: &str, second: &str) {
        en: "{throttled} of {attempts} attempts ({share}%) were throttled from second {second}",
        ko: "{second}초부터 시도 {attempts}건 중 {throttled}건({share}%)이 스로틀링되었습니다",
    }
    fn with_reason(place: &str, count: &str, reason: &str) {
        en: "{place} {count} ({reason})",
        ko: "{place} {count}건({reason})",
    }
    fn without_reason(place: &str, count: &str) { en: "{place} {count}", ko: "{place} {count}건" }
    fn waited(seconds: &str) {
        en: " Calls spent {seconds} s in backoff in total.",
        ko: " 백오프 대기 시간은 총 {seconds}초입니다.",
    }
    fn gave_up(count: &str, calls: &str) {
        en: " {count} of {calls} calls gave up after the last attempt.",
        ko: " 호출 {calls}건 중 {count}건이 재시도를 포기했습니다.",
    }
    fn needed(places: &str) {
        en: " Capacity that would have served this load: {places}.",
        ko: " 이 부하를 처리하는 데 필요한 용량: {places}.",
    }
    fn needed_of(place: &str, units: &str, unit: &str, had: &str) {
        en: "{place} {units} {unit} (current: {had})",
        ko: "{place} {units} {unit}(현재 {had})",
    }
    fn raise(places: &str) {
        en: "Raise provisioned capacity before the event: {places}.",
        ko: "이벤트 전에 프로비저닝 용량을 늘리십시오: {places}.",
    }
    fn raise_what_is_due() {
        en: "Before the event, raise the provisioned capacity (RCU/WCU) of the tables and indexes that throttle to 20% above the demand.",
        ko: "이벤트 전에 스로틀링이 발생한 테이블과 인덱스의 RCU/WCU를 필요량보다 20% 높게 늘리십시오.",
    }
    fn raise_index() {
        en: "An index has its own capacity: raising that of its table does not help, and an index that is short of write capacity throttles writes to the table.",
        ko: "인덱스(GSI)의 용량은 테이블과 별개이므로 테이블만 늘려서는 해결되지 않습니다. 인덱스의 쓰기 용량이 부족하면 테이블 쓰기도 스로틀링됩니다.",
    }
    fn on_demand() {
        en: "Or switch to on-demand the day before, not during the event, and set its warm throughput to the expected peak.",
        ko: "또는 이벤트 도중이 아니라 전날까지 온디맨드로 전환하고 웜 처리량을 예상 피크에 맞춰 예열하십시오.",
    }
    fn scaling() {
        en: "Do not rely on auto scaling alone: it follows a traffic peak with minutes of delay. Raise its minimum before the event.",
        ko: "오토 스케일링은 급증한 부하를 몇 분 늦게 따라가므로 이에만 의존하지 말고 이벤트 전에 최소 용량을 올려 두십시오.",
    }
    fn scans(share: &str) {
        en: "Scans consume {share}% of the read units: serve the front page from a cache (DAX, or one in the application), or query an index for what it needs.",
        ko: "전체 스캔이 읽기 용량의 {share}%를 소비합니다. 메인 페이지는 캐시(DAX 또는 애플리케이션 캐시)에서 제공하거나 인덱스 쿼리로 바꾸십시오.",
    }
    fn cache() {
        en: "Serve hot reads from a cache (DAX, or one in the application) and avoid full scans.",
        ko: "자주 읽는 항목은 캐시(DAX 또는 애플리케이션 캐시)에서 제공하고 전체 스캔을 피하십시오.",
    }
    fn queue_writes() {
        en: "If customers can wait for the confirmation, put orders into a queue and write them at the rate that the table can take.",
        ko: "주문 확정을 기다릴 수 있다면 주문을 큐에 넣고 테이블 용량에 맞는 속도로 기록하십시오.",
    }
    fn back_off() {
        en: "Retry with exponential backoff and full jitter. During a traffic peak, the retry quota of the SDKs runs out and calls fail immediately.",
        ko: "지수 백오프와 풀 지터로 재시도하십시오. SDK의 재시도 쿼터는 부하가 몰리면 소진되어 바로 실패합니다.",
    }
    fn hot_key() {
        en: "One key is too hot: a partition serves 3,000 read and 1,000 write units per second, regardless of the capacity of its table. Spread the key over several (write sharding), and cache its reads.",
        ko: "특정 키에 부하가 몰립니다. 테이블 용량과 관계없이 파티션 하나는 초당 읽기 3,000, 쓰기 1,000 단위까지만 처리합니다. 키를 여러 개로 나누고(쓰기 샤딩) 읽기는 캐시하십시오.",
    }
    fn peak() {
        en: "The table is on demand and was asked for more than twice its previous peak within 30 minutes (a new one serves 4,000 write and 12,000 read units per second): set its warm throughput to the expected peak before the event.",
        ko: "온디맨드 테이블에 이전 피크의 두 배가 넘는 부하가 30분 안에 몰렸습니다(새 테이블은 초당 쓰기 4,000, 읽기 12,000 단위까지 처리). 이벤트 전에 웜 처리량을 예상 피크에 맞춰 설정하십시오.",
    }
    fn earlier() {
        en: "Or raise the load in steps over more than 30 minutes before the event, so that it is split over more partitions.",
        ko: "또는 이벤트 전에 30분 이상에 걸쳐 단계적으로 부하를 올려 파티션이 미리 나뉘게 하십시오.",
    }
    fn account() {
        en: "The account's quota was reached. Request an increase (Service Quotas) before the event; it can take days.",
        ko: "계정 할당량에 도달했습니다. Service Quotas에서 상향을 요청하십시오. 며칠이 걸릴 수 있으므로 이벤트 전에 신청해야 합니다.",
    }
    fn set_ceiling() {
        en: "This on-demand table or index has a maximum throughput, which was reached: raise or remove it.",
        ko: "온디맨드 테이블이나 인덱스에 설정된 최대 처리량에 도달했습니다. 이 값을 올리거나 해제하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let seconds = &context.all_seconds;
    let (throttled, attempts) = (dynamodb::sum(seconds, THROTTLED), dynamodb::sum(seconds, ATTEMPTS));
    let (calls, gave_up) = (dynamodb::sum(seconds, CALLS), dynamodb::sum(seconds, GAVE_UP));
    let is_many = throttled >= COUNT && throttled >= SHARE * attempts;
    if throttled == 0.0 || !(is_many || gave_up > 0.0) {
        return None;
    }
    let first = seconds.iter().find(|second| second.stat(THROTTLED, "sum") > 0.0)?;
    let severity = if gave_up >= CRITICAL * calls { Severity::Critical } else { Severity::Warning };
    let severity = if gave_up > 0.0 { severity } else { Severity::Warning };
    let mut draft = Draft::new(ID, severity)
        .figure("throttled", throttled)
        .figure("attempts", attempts)
        .figure("share", throttled / attempts.max(throttled))
        .figure("second", first.start.floor())
        .figure("wait_ms", dynamodb::sum(seconds, BACK_OFF))
        .figure("gave_up", gave_up)
        .figure("calls", calls);
    if let Some(share) = scan_share(seconds) {
        draft = draft.figure("scans", share);
    }
    let throttles = dynamodb::throttles(seconds);
    for (at, one) in by_place(&throttles).into_iter().take(PLACES).enumerate() {
        draft = with_place(draft, at + 1, &one);
    }
    for (at, line) in short_of(&context.evidence).into_iter().take(NEEDS).enumerate() {
        draft = with_need(draft, at + 1, line);
    }
    let cause = throttles.first().map_or("", |worst| cause(&worst.reason, partitions(seconds, &worst.place)));
    Some(draft.label("cause", cause).finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let places = places(finding);
    let counts: Vec<String> = places.iter().map(|place| place.counted(lang)).collect();
    let share = percent(100.0 * figure(finding, "share"));
    let mut evidence = seen(lang, &share, &of("throttled"), &of("attempts"), &of("second"));
    evidence += &if counts.is_empty() { ".".to_owned() } else { format!(": {}.", counts.join(", ")) };
    if figure(finding, "wait_ms") > 0.0 {
        evidence += &waited(lang, &number(figure(finding, "wait_ms") / 1e3));
    }
    if figure(finding, "gave_up") > 0.0 {
        evidence += &gave_up(lang, &of("gave_up"), &of("calls"));
    }
    let needs: Vec<String> = needs(finding).iter().map(|need| need.told(lang)).collect();
    if !needs.is_empty() {
        evidence += &needed(lang, &needs.join(", "));
    }
    let title = places.first().map_or_else(|| title_of_all(lang), |place| title(lang, &place.kind_of(lang)));
    FindingText { title, evidence, remedies: remedies(lang, finding, &places) }
}

fn remedies(lang: Lang, finding: &Finding, places: &[Told<'_>]) -> Vec<String> {
    let is_any = |kind: &str| places.iter().any(|place| place.kind == kind);
    let goals: Vec<String> = needs(finding).iter().map(Need::goal).collect();
    let mut remedies = match label(finding, "cause") {
        "hot-key" => vec![hot_key(lang)],
        "on-demand-peak" => vec![peak(lang), earlier(lang)],
        "account" => vec![account(lang)],
        "maximum" => vec![set_ceiling(lang)],
        _ => {
            let first =
                if goals.is_empty() { raise_what_is_due(lang) } else { raise(lang, &goals.join(", ")) };
            vec![first, on_demand(lang), scaling(lang)]
        }
    };
    // Names of tables have no slash.
    if places.iter().any(|place| place.name.contains('/')) && label(finding, "cause") == "provisioned" {
        remedies.insert(1, raise_index(lang));
    }
    if is_any("read") {
        remedies.push(match figure(finding, "scans") {
            share if share >= SCANS => scans(lang, &percent(100.0 * share)),
            _ => cache(lang),
        });
    }
    if is_any("write") {
        remedies.push(queue_writes(lang));
    }
    remedies.push(back_off(lang));
    remedies
}

/// A place as the finding tells of it.
struct Told<'a> {
    name: &'a str,
    kind: &'a str,
    reason: &'a str,
    count: f64,
}

/// Capacity that would have served the load.
struct Need<'a> {
    name: &'a str,
    unit: &'static str,
    units: f64,
    had: Option<f64>,
}

impl Told<'_> {
    fn kind_of(&self, lang: Lang) -> String {
        if self.kind == "read" { reads(lang, self.name) } else { writes(lang, self.name) }
    }

    fn counted(&self, lang: Lang) -> String {
        let (place, count) = (self.kind_of(lang), number(self.count));
        match self.reason {
            "" => without_reason(lang, &place, &count),
            reason => with_reason(lang, &place, &count, reason),
        }
    }
}

impl Need<'_> {
    fn told(&self, lang: Lang) -> String {
        match self.had {
            Some(had) => needed_of(lang, self.name, &number(self.units), self.unit, &number(had)),
            None => self.goal(),
        }
    }

    fn goal(&self) -> String {
        format!("{} {} {}", self.name, number(self.units), self.unit)
    }
}

fn needs(finding: &Finding) -> Vec<Need<'_>> {
    let told = |at: usize| {
        let key = |what: &str| format!("{what}_{at}");
        let known = |what: &str| has(finding, &key(what)).then(|| figure(finding, &key(what)));
        let unit = if label(finding, &key("need_kind")) == "read" { "RCU" } else { "WCU" };
        let name = finding.labels.get(&key("need"))?;
        Some(Need { name, unit, units: figure(finding, &key("recommended")), had: known("provisioned") })
    };
    (1..=NEEDS).map_while(told).collect()
}

fn places(finding: &Finding) -> Vec<Told<'_>> {
    let told = |at: usize| {
        let key = |what: &str| format!("{what}_{at}");
        Some(Told {
            name: finding.labels.get(&key("place"))?,
            kind: label(finding, &key("kind")),
            reason: label(finding, &key("reason")),
            count: figure(finding, &key("throttled")),
        })
    };
    (1..=PLACES).map_while(told).collect()
}

/// Throttles by place alone, with the most frequent reason of each.
fn by_place(throttles: &[Throttles]) -> Vec<Throttles> {
    let mut found: Vec<Throttles> = Vec::new();
    for one in throttles {
        match found.iter_mut().find(|other| other.place == one.place) {
            Some(other) => other.count += one.count,
            None => found.push(one.clone()),
        }
    }
    found.sort_by(|one, other| other.count.total_cmp(&one.count));
    found
}

fn with_place(draft: Draft, at: usize, one: &Throttles) -> Draft {
    let key = |what: &str| format!("{what}_{at}");
    draft
        .label(&key("place"), place_name(&one.place.table, one.place.index.as_deref()))
        .label(&key("kind"), kind_name(one.place.kind))
        .label(&key("reason"), &*one.reason)
        .figure(&key("throttled"), one.count)
}

/// What throttled or has less than would have served, the most throttled first, then what has the smallest part of it.
fn short_of<'a>(evidence: &Evidence<'a>) -> Vec<&'a CapacityLine> {
    let capacity = evidence.results.and_then(|results| results.capacity.as_ref());
    let lines = capacity.map_or(&[][..], |capacity| &capacity.lines);
    let part = |line: &CapacityLine| line.provisioned.unwrap_or_default() / line.recommended.max(1) as f64;
    let is_short =
        |line: &&CapacityLine| line.throttled > 0 || (line.provisioned.is_some() && part(line) < 1.0);
    let mut found: Vec<&CapacityLine> = lines.iter().filter(is_short).collect();
    found.sort_by(|one, other| {
        other.throttled.cmp(&one.throttled).then_with(|| part(one).total_cmp(&part(other)))
    });
    found
}

fn with_need(draft: Draft, at: usize, line: &CapacityLine) -> Draft {
    let key = |what: &str| format!("{what}_{at}");
    let draft = draft
        .label(&key("need"), place_name(&line.table, line.index.as_deref()))
        .label(&key("need_kind"), kind_name(line.kind))
        .figure(&key("recommended"), line.recommended as f64)
        .figure(&key("due"), line.due)
        .figure(&key("peak"), line.peak);
    match line.provisioned {
        Some(provisioned) => draft.figure(&key("provisioned"), provisioned),
        None => draft,
    }
}

fn kind_name(kind: CapacityKind) -> &'static str {
    match kind {
        CapacityKind::Read => "read",
        CapacityKind::Write => "write",
    }
}

/// What kind of limit a reason tells of.
/// Why attempts were throttled, by their reason and by how many partitions' worth of units the place served meanwhile.
fn cause(reason: &str, served: f64) -> &'static str {
    match reason {
        // More than one partition serves: it is not one key that is hot, the table has no partitions for the load yet.
        reason if reason.contains("KeyRange") && served > PARTITIONS => "on-demand-peak",
        reason if reason.contains("KeyRange") => "hot-key",
        reason if reason.contains("AccountLimit") || reason == "RequestLimitExceeded" => "account",
        reason if reason.contains("MaxOnDemand") => "maximum",
        _ => "provisioned",
    }
}

/// What a place served in a second in which anything was throttled, by the median, in units of what one partition serves.
fn partitions(seconds: &[Second<'_>], place: &Place) -> f64 {
    let one = if is_reads(place.kind) { 3_000.0 } else { 1_000.0 };
    let served = |second: &Second<'_>| {
        let units = dynamodb::consumed(second).get(place).copied().unwrap_or_default();
        units / second.length() / one
    };
    let throttled: Vec<f64> =
        seconds.iter().filter(|second| second.stat(THROTTLED, "sum") > 0.0).map(served).collect();
    median(&throttled).unwrap_or_default()
}

/// The share of the read units that scans consumed; none where nothing was read.
fn scan_share(seconds: &[Second<'_>]) -> Option<f64> {
    let (mut scans, mut all) = (0.0, 0.0);
    for row in dynamodb::rows(seconds, CONSUMED_READ) {
        all += row.stats.value("sum");
        scans += if tag(row, names::tag::OPERATION) == "Scan" { row.stats.value("sum") } else { 0.0 };
    }
    (all > 0.0).then(|| scans / all)
}
