//! The details of a day are what stands below the result: attempts, throttles, latencies, capacity, takings.

use std::collections::BTreeMap;

use flashcrowd_diagnosis::place_name;
use flashcrowd_dynamodb::{Decimal, Measures};
use flashcrowd_prime_day::{CrossCheck as Counted, Sales, counter, in_words, whole};
use flashcrowd_record::{Results, Row};
use flashcrowd_report::{Layout, capacity_units};
use flashcrowd_text::figure::{count, number, thousands};
use flashcrowd_text::{Lang, messages};

use super::{Side, grid};
use crate::screen::{Ink, wrap};

/// Lines longer than this are hard to read.
const LONGEST_LINE: usize = 100;

messages! {
    fn calls_heading() { en: "Calls and attempts", ko: "호출과 시도" }
    fn calls() { en: "calls", ko: "호출" }
    fn attempts() { en: "attempts", ko: "시도" }
    fn a_call(attempts: String) { en: "{attempts} per call", ko: "호출당 {attempts}회" }
    fn throttled() { en: "throttled attempts", ko: "스로틀링된 시도" }
    fn of_attempts(percent: String) { en: "{percent}% of attempts", ko: "시도의 {percent}%" }
    fn gave_up() { en: "gave up after the last attempt", ko: "재시도 포기" }
    fn conditions() { en: "conditions not met", ko: "조건 불충족" }
    fn conflicts() { en: "conflicts with other transactions", ko: "트랜잭션 충돌" }
    fn errors() { en: "other errors", ko: "그 밖의 오류" }
    fn back_off() { en: "time in backoff", ko: "백오프 대기 시간" }
    fn waits(waits: String) { en: "over {waits} waits", ko: "대기 {waits}회" }
    fn latency_heading() { en: "Latency", ko: "응답 시간" }
    fn waited(seconds: String) { en: "{seconds} s", ko: "{seconds}초" }
    fn of_attempt() { en: "one attempt", ko: "시도 1회" }
    fn of_call() { en: "one call, with backoff", ko: "호출 1회(백오프 포함)" }
    fn throttles_heading() { en: "Throttling", ko: "스로틀링" }
    fn reason() { en: "reason", ko: "원인" }
    fn errors_heading() { en: "Errors", ko: "오류" }
    fn code() { en: "code", ko: "오류 코드" }
    fn outage(second: u64, code: &str) {
        en: "Every call failed from second {second} until the end: {code}.",
        ko: "{second}초부터 끝까지 모든 호출이 실패했습니다: {code}.",
    }
    fn capacity_heading() { en: "Capacity units", ko: "용량(RCU/WCU)" }
    fn table() { en: "table", ko: "테이블" }
    fn takings_heading() { en: "Sales", ko: "매출" }
    fn sold(orders: String, items: String, total: String) {
        en: "{orders} orders, {items} items, {total} in total",
        ko: "주문 {orders}건, 상품 {items}개, 합계 {total}",
    }
    fn sold_out(orders: String) { en: "refused because sold out: {orders}", ko: "품절로 거절된 주문 {orders}건" }
    fn not_accepted(orders: String) {
        en: "not accepted because throttled on every attempt or otherwise failed: {orders}",
        ko: "스로틀링이나 그 밖의 오류로 실패한 주문 {orders}건",
    }
    fn unsettled(orders: String) {
        en: "outcome unknown (no response): {orders}",
        ko: "응답을 받지 못해 결과를 알 수 없는 주문 {orders}건",
    }
    fn agreed(attempts: String, throttled: String) {
        en: "Counted twice: DynamoDB in this process also counted {attempts} attempts, {throttled} of them throttled.",
        ko: "이중 집계: 이 프로세스의 DynamoDB가 따로 센 값도 시도 {attempts}회, 스로틀링 {throttled}회로 같습니다.",
    }
    fn nearly(client: String, endpoint: String, lost: String, interrupted: String) {
        en: "Counted twice: {client} attempts here, {endpoint} by DynamoDB in this process; {lost} attempts got no response, \
             {interrupted} steps were interrupted.",
        ko: "이중 집계: 클라이언트 {client}회, 이 프로세스의 DynamoDB {endpoint}회. 응답을 받지 못한 시도가 {lost}회, 중단된 작업이 {interrupted}건 \
             있습니다.",
    }
    fn disagreed(client: String, client_throttled: String, endpoint: String, endpoint_throttled: String) {
        en: "THESE FIGURES CANNOT BE TRUSTED: the client counted {client} attempts ({client_throttled} throttled), DynamoDB \
             in this process {endpoint} ({endpoint_throttled} throttled): the two must not differ",
        ko: "이 수치는 믿을 수 없습니다: 클라이언트는 시도 {client}회(스로틀링 {client_throttled}회), 이 프로세스의 DynamoDB는 {endpoint}회(스로틀링 \
             {endpoint_throttled}회)를 집계했습니다. 두 값은 같아야 합니다",
    }
}

/// What the details are of.
pub struct Details<'a> {
    /// What was measured.
    pub results: &'a Results,
    /// What was ordered.
    pub takings: &'a Sales,
    /// What was counted twice, where the DynamoDB is in this process.
    pub counted: Option<Counted>,
    /// From which second every call failed until the end, and with which code.
    pub outage: Option<(u64, String)>,
}

impl Details<'_> {
    /// All of them, a section each.
    pub fn text(&self, lang: Lang, color: bool, columns: usize) -> String {
        let results = self.results;
        let mut sections = vec![
            (calls_heading(lang), grid(&call_rows(lang, results), &[Side::Left, Side::Right, Side::Left])),
            (
                latency_heading(lang),
                grid(&latency_rows(lang, results), &[Side::Left, Side::Right, Side::Right, Side::Right]),
            ),
        ];
        let throttles = split(results, "dynamodb_throttled", "reason");
        if !throttles.is_empty() {
            sections.push((
                throttles_heading(lang),
                by_table([table(lang), reason(lang), attempts(lang)], &throttles),
            ));
        }
        let mut errors = split(results, "dynamodb_errors", "code");
        if !errors.is_empty() {
            errors.iter_mut().for_each(|(_, code, _)| *code = in_words(code));
            let mut body = by_table([table(lang), code(lang), calls(lang)], &errors);
            if let Some((second, code)) = &self.outage {
                body += &paragraph(&outage(lang, *second, code), columns);
            }
            sections.push((errors_heading(lang), body));
        }
        if let Some(units) = capacity_units(results, Layout::terminal(lang, color, columns)) {
            sections.push((capacity_heading(lang), units));
        }
        sections.push((takings_heading(lang), self.takings(lang)));
        let mut text = String::new();
        for (heading, body) in sections {
            text += &format!("\n{}\n{body}", Ink::Cyan.on(&heading, color));
        }
        text + &self.counted(lang, color, columns)
    }

    fn takings(&self, lang: Lang) -> String {
        let takings = self.takings;
        let mut text =
            format!("  {}\n", sold(lang, count(takings.orders), count(takings.items), money(&takings.total)));
        for (number, say) in [
            (takings.sold_out, sold_out as fn(Lang, String) -> String),
            (takings.refused, not_accepted as fn(Lang, String) -> String),
            (takings.unsettled, unsettled as fn(Lang, String) -> String),
        ] {
            if number > 0 {
                text += &format!("  {}\n", say(lang, count(number)));
            }
        }
        text
    }

    fn counted(&self, lang: Lang, color: bool, columns: usize) -> String {
        let Some(counted) = self.counted else { return String::new() };
        let (client, endpoint) = (counted.client, counted.endpoint);
        let text = match (counted.agree(), client == endpoint) {
            (true, true) => agreed(lang, count(endpoint.all), count(endpoint.throttled)),
            (true, false) => {
                let [client, endpoint] = [client.all, endpoint.all].map(count);
                nearly(lang, client, endpoint, count(counted.lost), count(counted.interrupted))
            }
            (false, _) => {
                let [client, client_throttled] = [client.all, client.throttled].map(count);
                let [endpoint, endpoint_throttled] = [endpoint.all, endpoint.throttled].map(count);
                disagreed(lang, client, client_throttled, endpoint, endpoint_throttled)
            }
        };
        let lines = paragraph(&text, columns);
        let lines = lines.lines().map(|line| match counted.agree() {
            true => format!("{line}\n"),
            false => Ink::Red.on(line, color) + "\n",
        });
        format!("\n{}", lines.collect::<String>())
    }
}

/// An amount with thousands apart: `1,234,567.89`.
pub fn money(amount: &Decimal) -> String {
    let text = amount.money();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    format!("{sign}{}.{cents}", thousands(whole))
}

/// An amount to the cent; less than one is said to be so.
pub fn at_least_a_cent(amount: &Decimal) -> String {
    let (none, cent) = (Decimal::default(), Decimal::from_cents(1));
    if *amount > none && *amount < cent { format!("< {}", money(&cent)) } else { money(amount) }
}

/// The text in lines that fit, each of them indented.
fn paragraph(text: &str, columns: usize) -> String {
    let lines = wrap(text, columns.min(LONGEST_LINE).saturating_sub(2));
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

fn call_rows(lang: Lang, results: &Results) -> Vec<Vec<String>> {
    let of = |metric| counter(results, metric);
    let (all_calls, all_attempts, all_throttled) =
        (of("dynamodb_calls"), of("dynamodb_attempts"), of("dynamodb_throttled"));
    let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    let waits_of = results.metric("dynamodb_back_off").map(|metric| &metric.stats);
    let seconds = waits_of.map_or(0.0, |stats| stats.value("sum") / 1000.0);
    let row = |label: String, figure: String, note: String| vec![label, figure, note];
    let mut rows = vec![
        row(calls(lang), count(all_calls), String::new()),
        row(
            attempts(lang),
            count(all_attempts),
            a_call(lang, format!("{:.2}", share(all_attempts, all_calls))),
        ),
        row(
            throttled(lang),
            count(all_throttled),
            of_attempts(lang, format!("{:.1}", share(all_throttled, all_attempts) * 100.0)),
        ),
        row(gave_up(lang), count(of("dynamodb_gave_up")), String::new()),
        row(conditions(lang), count(of("dynamodb_condition_failed")), String::new()),
        row(conflicts(lang), count(of("dynamodb_conflicts")), String::new()),
    ];
    let other = of("dynamodb_errors");
    if other > 0 {
        rows.push(row(errors(lang), count(other), String::new()));
    }
    let waits_note = waits(lang, count(waits_of.map_or(0, |stats| whole(stats.value("count")))));
    rows.push(row(back_off(lang), waited(lang, number(seconds)), waits_note));
    rows
}

fn latency_rows(lang: Lang, results: &Results) -> Vec<Vec<String>> {
    let mut rows = vec![["", "p50", "p95", "p99"].map(str::to_owned).to_vec()];
    for (label, metric) in
        [(of_attempt(lang), "http_req_duration"), (of_call(lang), "dynamodb_call_duration")]
    {
        let stats = results.metric(metric).map(|metric| &metric.stats);
        let times = ["med", "p(95)", "p(99)"].map(|stat| {
            stats.map_or_else(|| "-".to_owned(), |stats| format!("{} ms", number(stats.value(stat))))
        });
        rows.push(std::iter::once(label).chain(times).collect());
    }
    rows
}

/// A counter by table or index, and by another tag.
fn split(results: &Results, metric: &str, tag: &str) -> Vec<(String, String, u64)> {
    let mut sums = BTreeMap::<(String, String), u64>::new();
    let rows = results.rows.iter().filter(|row| row.view == Measures::VIEW && row.metric == metric);
    for row in rows {
        let of = |tag: &str| row.tags.get(tag).map(String::as_str);
        let name = place_name(of("table").unwrap_or("-"), of("index"));
        *sums.entry((name, of(tag).unwrap_or("-").to_owned())).or_default() += sum(row);
    }
    let mut sums: Vec<_> = sums.into_iter().map(|((name, value), sum)| (name, value, sum)).collect();
    sums.sort_by_key(|(_, _, sum)| std::cmp::Reverse(*sum));
    sums
}

fn sum(row: &Row) -> u64 {
    whole(row.stats.value("count"))
}

fn by_table(heads: [String; 3], rows: &[(String, String, u64)]) -> String {
    let mut lines = vec![heads.to_vec()];
    lines.extend(rows.iter().map(|(name, value, sum)| vec![name.clone(), value.clone(), count(*sum)]));
    grid(&lines, &[Side::Left, Side::Left, Side::Right])
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use flashcrowd_metrics::{Builtin, Plan, Registry, Shard, TagSet, Totals};
    use flashcrowd_prime_day::Attempts;
    use flashcrowd_record::{
        Capacity, CapacityCosts, CapacityKind, CapacityLine, ResultsMeta, SummaryOptions,
    };

    use super::*;
    use crate::screen::{plain_width, width};

    /// A small day: 40 calls in 46 attempts, 6 of them throttled.
    pub(crate) fn sample() -> Results {
        let registry = Registry::new();
        let of = Measures::define(&registry).unwrap();
        let mut plan = Plan::new(registry);
        plan.views.push(of.view());
        let plan = Arc::new(plan);
        let (mut shard, mut totals) = (Shard::new(plan.clone()), Totals::new(plan, 1));
        let products = TagSet::from_pairs([("table", "Products"), ("operation", "Query")]);
        let index = products.with("index", "category-index");
        let orders = TagSet::from_pairs([("table", "Orders"), ("operation", "TransactWriteItems")]);
        for (metric, tags, count, value) in [
            (of.calls, &products, 30, 1.0),
            (of.calls, &orders, 10, 1.0),
            (of.attempts, &products, 31, 1.0),
            (of.attempts, &orders, 15, 1.0),
            (of.throttled, &index.with("reason", "IndexReadProvisionedThroughputExceeded"), 1, 1.0),
            (of.throttled, &orders.with("reason", "TableWriteProvisionedThroughputExceeded"), 5, 1.0),
            (of.gave_up, &orders, 1, 1.0),
            (of.errors, &products.with("code", "1212"), 2, 1.0),
            (of.back_off, &orders, 6, 125.0),
            (of.call_duration, &orders, 10, 40.0),
            (of.consumed_read, &products, 30, 0.5),
            (of.consumed_read, &index, 4, 1.5),
            (of.consumed_write, &orders, 9, 2.0),
            (of.failed, &products.with("pattern", "get"), 30, 0.0),
            (of.failed, &orders.with("pattern", "order"), 9, 0.0),
            (of.failed, &orders.with("pattern", "order"), 1, 1.0),
            (Builtin::HTTP_REQ_DURATION, &products, 46, 5.25),
        ] {
            (0..count).for_each(|_| shard.sample(metric, tags, value));
        }
        totals.absorb(0, shard.take());
        let meta = ResultsMeta { start: "2026-11-20T09:00:00Z".into(), ..ResultsMeta::default() };
        Results::collect(&totals, meta, &SummaryOptions::default(), &[], 10.0)
    }

    fn with_capacity() -> Results {
        let line = CapacityLine {
            busiest_minute: None,
            table: "Products".into(),
            index: Some("category-index".into()),
            kind: CapacityKind::Read,
            provisioned: Some(2.0),
            consumed: 596.5,
            flow: Some(60.0),
            burst: Some(600.0),
            throttled: 12,
            due: 1234.5,
            peak: 1500.0,
            recommended: 1800,
        };
        let on_demand =
            CapacityLine { table: "Orders".into(), index: None, kind: CapacityKind::Write, ..line.clone() };
        let on_demand = CapacityLine { provisioned: None, flow: None, burst: None, ..on_demand };
        let costs = CapacityCosts {
            currency: "USD".into(),
            prices_of: "2024-11".into(),
            region: "us-east-1".into(),
            provisioned_hour: "0.39".into(),
            on_demand_hour: "2.51".into(),
        };
        let capacity = Some(Capacity { lines: vec![line, on_demand], costs: Some(costs), keys: Vec::new() });
        Results { capacity, ..sample() }
    }

    fn takings() -> Sales {
        Sales {
            orders: 621,
            lines: 1242,
            items: 2480,
            total: "1234567.8".parse().unwrap(),
            sold_out: 3,
            ..Sales::default()
        }
    }

    fn counted(more: u64, interrupted: u64) -> Option<Counted> {
        let client = Attempts { all: 46, throttled: 6 };
        Some(Counted { client, endpoint: Attempts { all: 46 + more, throttled: 6 }, interrupted, lost: 0 })
    }

    #[test]
    fn in_both_languages() {
        let (results, takings) = (with_capacity(), takings());
        let details = Details {
            results: &results,
            takings: &takings,
            counted: counted(0, 0),
            outage: Some((12, "1212".into())),
        };
        insta::assert_snapshot!("details_en", details.text(Lang::En, false, 80));
        insta::assert_snapshot!("details_ko", details.text(Lang::Ko, false, 80));
    }

    #[test]
    fn two_sides_that_differ_are_an_alarm_unless_steps_were_interrupted() {
        let (results, takings) = (sample(), takings());
        let of = |counted| {
            let details = Details { results: &results, takings: &takings, counted, outage: None };
            details.text(Lang::En, false, 200).split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert!(of(counted(1, 0)).contains("THESE FIGURES CANNOT BE TRUSTED"));
        assert!(
            of(counted(1, 1))
                .contains("46 attempts here, 47 by DynamoDB in this process; 0 attempts got no response, 1 ")
        );
        assert!(!of(None).contains("Counted twice"));
    }

    #[test]
    fn it_fits_a_usual_terminal_and_colours_take_no_room() {
        let (results, takings) = (with_capacity(), takings());
        let details = Details {
            results: &results,
            takings: &takings,
            counted: counted(0, 0),
            outage: Some((12, "1212".into())),
        };
        for lang in [Lang::En, Lang::Ko] {
            let (plain, colored) = (details.text(lang, false, 80), details.text(lang, true, 80));
            for (plain, colored) in plain.lines().zip(colored.lines()) {
                assert!(width(plain) <= 80, "{plain}");
                assert_eq!(width(plain), plain_width(colored));
            }
        }
    }

    #[test]
    fn money_has_its_thousands_apart_and_every_digit() {
        for (text, shown) in [
            ("0", "0.00"),
            ("0.005", "0.01"),
            ("999.9", "999.90"),
            ("1000", "1,000.00"),
            ("-1234.5", "-1,234.50"),
            ("123456789012345678901234567890123456.78", "123,456,789,012,345,678,901,234,567,890,123,456.78"),
        ] {
            assert_eq!(money(&text.parse().unwrap()), shown);
        }
    }
}
