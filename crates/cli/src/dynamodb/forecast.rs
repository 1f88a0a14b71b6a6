//! The forecast: what a run will do and consume, roughly, shown before it starts.

use std::time::Duration;

use flashcrowd_diagnosis::place_name;
use flashcrowd_prime_day::capacity::{Estimate, Prices};
use flashcrowd_prime_day::control::TableState;
use flashcrowd_prime_day::{Forecast as Figures, OrderStyle, Size, Workload};
use flashcrowd_record::CapacityKind;
use flashcrowd_text::figure::{count, number, percent};
use flashcrowd_text::{Lang, messages};

use super::details::at_least_a_cent;
use super::{Side, grid};

messages! {
    fn heading() { en: "Planned run", ko: "실행 계획" }
    fn who(workers: String, reads: String, orders: String, time: String) {
        en: "{workers} for {time}: {reads} browsing products, {orders} placing orders",
        ko: "{workers}로 {time} 동안 실행합니다. 상품 조회 {reads}개, 주문 생성 {orders}개입니다",
    }
    fn each(workers: String, share: String, time: String) {
        en: "{workers} for {time}: each browses products and places orders, {share} of the steps are reads",
        ko: "{workers}로 {time} 동안 실행합니다. 워커마다 상품 조회와 주문 생성을 번갈아 하며 조회가 {share}입니다",
    }
    fn worker() { en: "1 worker", ko: "워커 1개" }
    fn workers(count: String) { en: "{count} workers", ko: "워커 {count}개" }
    fn minutes(minutes: u64) { en: "{minutes} min", ko: "{minutes}분" }
    fn seconds(seconds: f64) { en: "{seconds} s", ko: "{seconds}초" }
    fn pace(reads: String, orders: String) {
        en: "at a fixed rate of {reads} reads and {orders} orders per second",
        ko: "정해진 속도로 시작합니다. 초당 상품 조회 {reads}건, 주문 {orders}건입니다",
    }
    fn to(place: &str, region: &str) {
        en: "at {place}, region {region}",
        ko: "대상은 {place}, 리전은 {region}입니다",
    }
    fn transactions() {
        en: "orders are transactions that reduce the stock in Products; they stay in Orders",
        ko: "주문은 트랜잭션으로 처리하며, Products의 재고를 줄이고 Orders에 남습니다",
    }
    fn puts() { en: "orders are single puts; they stay in Orders", ko: "주문은 PutItem으로 Orders에 남습니다" }
    fn estimate_heading() {
        en: "Estimated consumption without throttling",
        ko: "예상 소비 용량(스로틀링이 없을 때의 대략적인 값)",
    }
    fn table() { en: "table", ko: "테이블" }
    fn units() { en: "units", ko: "소비 용량" }
    fn most() { en: "ceiling", ko: "처리 한도" }
    fn with_burst() { en: "with full burst", ko: "버스트 포함" }
    fn on_demand() { en: "on-demand", ko: "온디맨드" }
    fn over() {
        en: "Anything above the ceiling is throttled and retried.",
        ko: "한도를 넘는 요청은 스로틀링되며 백오프 후 재시도합니다.",
    }
    fn costs(amount: &str, region: &str, date: &str) {
        en: "In on-demand mode it costs about {amount} USD (prices of {region}, {date}).",
        ko: "온디맨드 요금은 약 {amount} USD입니다({region}, {date} 기준).",
    }
}

/// What is about to happen.
pub struct Forecast<'a> {
    /// How many workers there are, and for how long.
    pub size: &'a Size,
    /// What they do.
    pub workload: &'a Workload,
    /// The tables as they are.
    pub tables: &'a [TableState],
    /// The endpoint.
    pub place: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whether the DynamoDB is in-process.
    pub is_here: bool,
    /// What units cost.
    pub prices: &'a Prices,
}

impl Forecast<'_> {
    /// All of it as text, with an empty line at its end.
    pub fn text(&self, lang: Lang) -> String {
        format!("{}{}\n", self.plan(lang), self.estimate(lang))
    }

    /// What will be done, with an empty line at its end.
    pub fn plan(&self, lang: Lang) -> String {
        let (workers, time) = (self.size.workers, span(lang, self.size.duration));
        let all = match workers.total() {
            1 => worker(lang),
            total => self::workers(lang, count(total)),
        };
        let mut lines = vec![match self.size.mixed {
            true => each(lang, all, percent(self.workload.looks), time),
            false => who(lang, all, count(workers.reads), count(workers.orders), time),
        }];
        lines.extend(self.size.rates.map(|rates| pace(lang, count(rates.reads), count(rates.orders))));
        lines.push(to(lang, self.place, self.region));
        lines.extend((workers.orders > 0).then(|| match self.workload.orders {
            OrderStyle::Transaction => transactions(lang),
            OrderStyle::Put => puts(lang),
        }));
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{}\n{lines}\n", heading(lang))
    }

    fn estimate(&self, lang: Lang) -> String {
        let figures = Figures::new(self.size, self.workload, self.tables, self.is_here, self.prices);
        let text = format!("{}\n{}", estimate_heading(lang), rows(lang, &figures.estimates));
        if figures.exceeds_capacity {
            return text + &format!("  {}\n", over(lang));
        }
        match figures.cost {
            None => text,
            Some(cost) => {
                let (amount, prices) = (at_least_a_cent(&cost), self.prices);
                text + &format!("  {}\n", costs(lang, &amount, &prices.region, &prices.date))
            }
        }
    }
}

fn rows(lang: Lang, estimate: &[Estimate]) -> String {
    let mut rows = vec![vec![table(lang), String::new(), units(lang), most(lang), with_burst(lang)]];
    rows.extend(estimate.iter().map(|one| {
        let kind = match one.kind {
            CapacityKind::Read => "RCU",
            CapacityKind::Write => "WCU",
        };
        let (most, burst) = match one.ceiling {
            None => (on_demand(lang), String::new()),
            Some(most) => (number(most.flow), number(most.flow + most.burst)),
        };
        vec![place_name(&one.table, one.index.as_deref()), kind.to_owned(), number(one.wanted), most, burst]
    }));
    grid(&rows, &[Side::Left, Side::Left, Side::Right, Side::Right, Side::Right])
}

/// A time in minutes and seconds.
fn span(lang: Lang, time: Duration) -> String {
    let (minutes, seconds) = (time.as_secs() / 60, time.as_secs_f64() % 60.0);
    let parts = [
        (minutes > 0).then(|| self::minutes(lang, minutes)),
        (seconds > 0.0).then(|| self::seconds(lang, seconds)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flashcrowd_dynamodb::Ceiling;
    use flashcrowd_prime_day::control::Mode;
    use flashcrowd_prime_day::{Catalogue, Patterns, Popularity, Preset, Split, Tables};

    use super::*;

    fn workload() -> Workload {
        Workload {
            tables: Tables::new(""),
            catalogue: Arc::new(Catalogue::new(100, 1_000_000)),
            popularity: Popularity::uniform(100),
            patterns: Patterns::default(),
            orders: OrderStyle::Transaction,
            scan_limit: 25,
            query_limit: 20,
            consistent: false,
            think_time: Duration::ZERO,
            looks: 0.5,
        }
    }

    fn tables(mode: Mode) -> Vec<TableState> {
        let table = |name: &str| TableState {
            name: name.into(),
            status: "ACTIVE".into(),
            mode,
            items: 100,
            indexes: Vec::new(),
            decreases_today: 0,
        };
        ["Categories", "Products", "Customers", "Orders"].map(table).into()
    }

    fn text(lang: Lang, mode: Mode) -> String {
        let (workers, duration) = (Split { reads: 10, orders: 10 }, Duration::from_secs(300));
        let rates = Some(Split { reads: 60, orders: 40 });
        let forecast = Forecast {
            size: &Size { preset: Preset::Asked, workers, mixed: false, rates, duration },
            workload: &workload(),
            tables: &tables(mode),
            place: "https://dynamodb.us-east-1.amazonaws.com",
            region: "us-east-1",
            is_here: false,
            prices: &Prices::of("us-east-1"),
        };
        forecast.text(lang)
    }

    #[test]
    fn the_plan_and_the_estimate_are_shown_in_both_languages() {
        insta::assert_snapshot!("forecast_en", text(Lang::En, Mode::Provisioned { read: 2, write: 2 }));
        insta::assert_snapshot!("forecast_ko", text(Lang::Ko, Mode::Provisioned { read: 2, write: 2 }));
        insta::assert_snapshot!("forecast_on_demand", text(Lang::En, Mode::OnDemand));
    }

    #[test]
    fn a_table_that_suffices_throttles_nothing_and_costs_its_hours() {
        let text = text(Lang::En, Mode::Provisioned { read: 100_000, write: 100_000 });
        assert!(!text.contains("throttled and retried") && !text.contains("USD"), "{text}");
    }

    #[test]
    fn times_are_shown_in_minutes_and_seconds() {
        for (ms, en, ko) in [
            (30_000, "30 s", "30초"),
            (300_000, "5 min", "5분"),
            (90_000, "1 min 30 s", "1분 30초"),
            (1_500, "1.5 s", "1.5초"),
        ] {
            let time = Duration::from_millis(ms);
            assert_eq!((span(Lang::En, time).as_str(), span(Lang::Ko, time).as_str()), (en, ko));
        }
    }

    #[test]
    fn an_index_is_named_after_its_table() {
        let ceiling = Some(Ceiling { flow: 600.0, burst: 600.0 });
        let (table, index) = ("Products".to_owned(), Some("category-index".to_owned()));
        let kind = CapacityKind::Read;
        let rows = rows(Lang::En, &[Estimate { table, index, kind, wanted: 1234.0, ceiling }]);
        insta::assert_snapshot!(rows, @r"
          table                         units  ceiling  with full burst
          Products/category-index  RCU  1,234      600            1,200
        ");
    }
}
