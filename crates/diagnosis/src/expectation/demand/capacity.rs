//! Capacity utilization is how much of what was provisioned the busiest minute consumed, of the table or index with the
//! highest.
//!
//! Units that the busiest minute consumed / (60 · units provisioned a second), as CloudWatch shows it for a period of a
//! minute; of a shorter load, all of it. Above 100% a table lives on capacity that it did not use before: a burst.

use flashcrowd_record::CapacityLine;
use flashcrowd_text::{Lang, messages};

use crate::dynamodb::{is_reads, place_name};
use crate::expectation::case::Case;
use crate::expectation::terms::{Looked, Observation};
use crate::expectation::text::Said;
use crate::words::number;

messages! {
    fn reads(place: &str, consumed: &str, provisioned: &str) {
        en: "reads from {place} consumed {consumed} RCU/s in the busiest minute; {provisioned} are provisioned",
        ko: "{place} 읽기가 가장 바쁜 1분 동안 초당 {consumed} RCU를 소비했습니다. 프로비저닝 {provisioned}",
    }
    fn writes(place: &str, consumed: &str, provisioned: &str) {
        en: "writes to {place} consumed {consumed} WCU/s in the busiest minute; {provisioned} are provisioned",
        ko: "{place} 쓰기가 가장 바쁜 1분 동안 초당 {consumed} WCU를 소비했습니다. 프로비저닝 {provisioned}",
    }
    fn burst(seconds: &str) {
        en: ". The rest came from a burst of unused capacity, of which at most 300 s are saved up: a full one is empty after {seconds} s",
        ko: ". 초과분은 쓰지 않고 남아 있던 버스트 용량(최대 300초분)에서 나왔으며, 가득 차 있어도 {seconds}초 만에 소진됩니다",
    }
    fn not_known() {
        en: "not measured: nobody knows the capacity of the tables",
        ko: "측정되지 않았습니다. 테이블의 용량을 알 수 없습니다",
    }
    fn all_on_demand() {
        en: "not measured: no table or index that was used has provisioned capacity",
        ko: "측정되지 않았습니다. 사용된 테이블과 인덱스 중 프로비저닝 용량이 설정된 것이 없습니다",
    }
}

/// What the reads or the writes of a table or an index consumed in their busiest minute, beside what is provisioned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utilization<'a> {
    /// What is known of it.
    pub line: &'a CapacityLine,
    /// Units a second of the busiest minute.
    pub consumed: f64,
    /// Units a second.
    pub provisioned: f64,
}

impl<'a> Utilization<'a> {
    /// Of those that are provisioned and were used, the highest first.
    pub fn all(lines: &'a [CapacityLine]) -> Vec<Self> {
        let used = |line: &'a CapacityLine| {
            let (provisioned, consumed) = (line.provisioned?, line.busiest_minute?);
            (provisioned > 0.0 && consumed > 0.0).then_some(Self { line, consumed, provisioned })
        };
        let mut all: Vec<Self> = lines.iter().filter_map(used).collect();
        all.sort_by(|one, other| other.share().total_cmp(&one.share()));
        all
    }

    /// How much of what is provisioned that is.
    pub fn share(&self) -> f64 {
        self.consumed / self.provisioned
    }

    /// Seconds after which a full burst is empty; none where it never is.
    pub fn burst_lasts(&self) -> Option<f64> {
        let (above, burst) = (self.consumed - self.provisioned, self.line.burst?);
        (above > 0.0).then(|| burst / above)
    }
}

pub(in crate::expectation) fn look(case: &Case<'_>) -> Looked {
    let capacity = case.evidence.results.and_then(|results| results.capacity.as_ref());
    let Some(capacity) = capacity.filter(|capacity| !capacity.lines.is_empty()) else {
        return Err(Observation::not_measured("no-capacity").into());
    };
    let all = Utilization::all(&capacity.lines);
    let Some(highest) = all.first() else {
        return Err(Observation::not_measured("no-provisioned").into());
    };
    let line = highest.line;
    let note = if is_reads(line.kind) { "read-utilization" } else { "write-utilization" };
    Ok(Observation::number(100.0 * highest.share(), "%", note)
        .figure("consumed", highest.consumed)
        .figure("provisioned", highest.provisioned)
        .figure("burst_seconds", highest.burst_lasts().unwrap_or_default())
        .label("place", place_name(&line.table, line.index.as_deref())))
}

pub(in crate::expectation) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (place, consumed, provisioned) =
        (said.label("place"), said.number("consumed"), said.number("provisioned"));
    let text = match said.note() {
        "read-utilization" => reads(lang, place, &consumed, &provisioned),
        "write-utilization" => writes(lang, place, &consumed, &provisioned),
        "no-capacity" => return Some(not_known(lang)),
        "no-provisioned" => return Some(all_on_demand(lang)),
        _ => return None,
    };
    let seconds = said.figure("burst_seconds");
    Some(if seconds > 0.0 { text + &burst(lang, &number(seconds)) } else { text })
}
