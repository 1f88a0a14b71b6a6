//! The live screen of Prime Day: redrawn on a terminal, and a block of figures every ten seconds.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_diagnosis::place_name;
use flashcrowd_dynamodb::{HotKey, KeyRates, Measures};
use flashcrowd_engine::Tick;
use flashcrowd_prime_day::{Calls, Count, Outage, PrimeDay, Tally, whole};
use flashcrowd_text::figure::count;
use flashcrowd_text::{Lang, messages};

use crate::log::{Level, Logger};
use crate::run::Drawing;
use crate::screen::{Console, Ink, ProgressView, Stage, bar, pad, width};

/// How often a block is written.
const BLOCK: Duration = Duration::from_secs(10);

/// The widest the bar gets.
const WIDEST_BAR: usize = 40;

/// The narrowest the bar gets.
const NARROWEST_BAR: usize = 6;

messages! {
    fn clock(elapsed: u64, length: u64) { en: "[{elapsed}s / {length}s]", ko: "[{elapsed}초 / {length}초]" }
    fn all(requests: String, rate: String, success: String, throttled: String) {
        en: "{requests} requests, {rate} requests/s, {success}% succeeded, {throttled} throttled",
        ko: "총 요청 수 {requests}개, {rate} RPS, 전체 성공률 {success}%, 스로틀링 {throttled}개",
    }
    fn kinds(looked: String, not_looked: String, ordered: String, not_ordered: String) {
        en: "product queries {looked} ok, {not_looked} failed; orders {ordered} ok, {not_ordered} failed",
        ko: "상품 조회 성공 {looked}개, 실패 {not_looked}개 / 주문 생성 성공 {ordered}개, 실패 {not_ordered}개",
    }
    fn reads() { en: "product queries", ko: "상품 조회" }
    fn orders() { en: "orders", ko: "주문 생성" }
    fn throttles() { en: "throttled", ko: "스로틀링" }
    fn kind(ok: String, failed: String, rate: String) {
        en: "{ok} ok, {failed} failed, {rate}/s",
        ko: "성공 {ok}개, 실패 {failed}개, 초당 {rate}개",
    }
    fn throttled(all: String, rate: String) { en: "{all}, {rate}/s", ko: "{all}개, 초당 {rate}개" }
    fn worker(active: u64) { en: "{active} worker", ko: "워커 {active}개" }
    fn workers(active: u64) { en: "{active} workers", ko: "워커 {active}개" }
}

/// Draws the run.
pub struct Live {
    lang: Lang,
    console: Arc<Console>,
    quiet: bool,
    /// The log file.
    journal: Logger,
    /// The log file and the usual log.
    log: Logger,
    measures: Measures,
    keys: Arc<KeyRates>,
    length: Duration,
    state: RefCell<State>,
}

/// The figures so far.
#[derive(Default)]
struct State {
    tally: Tally,
    last: Tally,
    interval: Duration,
    interrupted: u64,
    blocks: u32,
    outage: Outage,
}

/// Where the live screen writes.
pub struct Outputs {
    /// The language.
    pub lang: Lang,
    /// Where text for people goes.
    pub console: Arc<Console>,
    /// Whether nothing is shown.
    pub quiet: bool,
    /// The log file.
    pub journal: Logger,
    /// The log file and the usual log.
    pub log: Logger,
}

impl Live {
    /// The screen of a run of this length.
    pub fn new(outputs: Outputs, day: &PrimeDay, length: Duration) -> Self {
        let Outputs { lang, console, quiet, journal, log } = outputs;
        let (measures, keys) = (day.measures(), day.keys().clone());
        Self { lang, console, quiet, journal, log, measures, keys, length, state: RefCell::default() }
    }

    /// Interrupted steps.
    pub fn interrupted(&self) -> u64 {
        self.state.borrow().interrupted
    }

    /// The outage that lasted until the end, if there was one: its first second, and its code in words.
    pub fn outage(&self) -> Option<(u64, String)> {
        self.state.borrow().outage.lasting()
    }

    fn write_block(&self, elapsed: Duration, tally: Tally) {
        if !self.quiet {
            self.console
                .write(self.console.progress_stream(), &block(self.lang, elapsed, self.length, tally));
        }
        let figures = [
            ("elapsed", elapsed.as_secs()),
            ("requests", tally.requests()),
            ("queries_ok", tally.reads.ok),
            ("queries_failed", tally.reads.failed),
            ("orders_ok", tally.orders.ok),
            ("orders_failed", tally.orders.failed),
            ("throttles", tally.throttled),
        ];
        let mut fields: Vec<(&str, String)> =
            figures.iter().map(|(name, value)| (*name, value.to_string())).collect();
        fields.push(("rps", format!("{:.2}", tally.rate(elapsed.as_secs_f64()))));
        fields.push(("success_percent", format!("{:.2}", tally.success_percent())));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.journal.say(Level::Info, "progress", &fields);
    }
}

impl Drawing for Live {
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String {
        let state = self.state.borrow();
        picture(self.lang, view, self.length, &state, (usize::from(columns), color))
    }

    fn lines(&self, _: &ProgressView) -> String {
        // Blocks are written as they fall due, on a terminal too.
        String::new()
    }

    fn tick(&self, tick: &Tick<'_>) {
        let (tally, last) = Tally::of(tick.totals, &self.measures);
        let calls = Calls::of(tick.totals, &self.measures);
        let (told, due) = {
            let mut state = self.state.borrow_mut();
            (state.tally, state.last, state.interval) = (tally, last, tick.interval);
            state.interrupted = tick.scenarios.iter().map(|one| one.iterations.interrupted).sum();
            let told = state.outage.look(tick.elapsed, tick.interval, &calls);
            // Ticks come a moment early or late.
            let due = tick.elapsed + BLOCK / 20 >= BLOCK * (state.blocks + 1) && !tick.last;
            state.blocks += u32::from(due);
            (told, due)
        };
        if let Some(told) = told {
            self.log.warn(&told);
        }
        self.keys.news().iter().for_each(|key| self.log.warn(&near(key)));
        if due {
            self.write_block(tick.elapsed, tally);
        }
    }
}

/// What is said of a key that comes near to what a partition serves.
fn near(key: &HotKey) -> String {
    let (place, unit) =
        (place_name(&key.table, key.index.as_deref()), if key.is_write { "WCU" } else { "RCU" });
    format!(
        "key {} of {place} consumes {:.0} {unit}/s, and one partition serves {:.0}: spread it over several, or cache it",
        key.key, key.rate, key.limit
    )
}

/// The figures so far, in two lines.
fn block(lang: Lang, elapsed: Duration, length: Duration, tally: Tally) -> String {
    let clock = clock(lang, whole(elapsed.as_secs_f64()), length.as_secs());
    let rate = format!("{:.1}", tally.rate(elapsed.as_secs_f64()));
    let success = format!("{:.2}", tally.success_percent());
    let all = all(lang, count(tally.requests()), rate, success, count(tally.throttled));
    let [looked, not_looked, ordered, not_ordered] =
        [tally.reads.ok, tally.reads.failed, tally.orders.ok, tally.orders.failed].map(count);
    let kinds = kinds(lang, looked, not_looked, ordered, not_ordered);
    format!("{clock} {all}\n{} {kinds}\n", " ".repeat(width(&clock)))
}

fn picture(
    lang: Lang,
    view: &ProgressView,
    length: Duration,
    state: &State,
    (columns, color): (usize, bool),
) -> String {
    let share = view.elapsed.as_secs_f64() / length.as_secs_f64().max(1.0);
    let share = if view.stage == Stage::Done { 1.0 } else { share };
    let clock = clock(lang, view.elapsed.as_secs(), length.as_secs());
    let facts = format!("{clock} {}", if view.vus == 1 { worker(lang, 1) } else { workers(lang, view.vus) });
    let room = columns.saturating_sub(width(&facts) + "[] ".len()).clamp(NARROWEST_BAR, WIDEST_BAR);
    let bar = Ink::Cyan.on(&bar(share, room), color);
    // Ticks are a second apart; the last one may come at once.
    let seconds = state.interval.as_secs_f64().max(1.0);
    let a_second = |number: u64| format!("{:.1}", number as f64 / seconds);
    let both = |count_: Count, last: Count| {
        kind(lang, count(count_.ok), count(count_.failed), a_second(last.total()))
    };
    let (tally, last) = (state.tally, state.last);
    let throttled = throttled(lang, count(tally.throttled), a_second(last.throttled));
    let rows = [
        (reads(lang), both(tally.reads, last.reads)),
        (orders(lang), both(tally.orders, last.orders)),
        (throttles(lang), if last.throttled > 0 { Ink::Yellow.on(&throttled, color) } else { throttled }),
    ];
    let widest = rows.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    let rows = rows.iter().map(|(label, text)| format!("  {}  {text}\n", pad(label, widest)));
    format!("[{bar}] {facts}\n{}", rows.collect::<String>())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::screen::plain_width;

    const SECOND: Duration = Duration::from_secs(1);

    pub(in super::super) fn sample() -> Tally {
        Tally {
            reads: Count { ok: 670, failed: 5 },
            orders: Count { ok: 621, failed: 0 },
            throttled: 5,
            gave_up: 5,
        }
    }

    fn view() -> ProgressView {
        ProgressView {
            stage: Stage::Running,
            elapsed: Duration::from_millis(12_300),
            length: 60 * SECOND,
            vus: 5,
            vus_max: 5,
            completed: 1296,
            interrupted: 0,
            dropped: 0,
            scenarios: Vec::new(),
        }
    }

    fn state() -> State {
        let last = Tally {
            reads: Count { ok: 20, failed: 1 },
            orders: Count { ok: 9, failed: 0 },
            throttled: 3,
            gave_up: 0,
        };
        State { tally: sample(), last, interval: SECOND, ..State::default() }
    }

    #[test]
    fn a_block_is_two_lines() {
        let both = [Lang::En, Lang::Ko].map(|lang| block(lang, 10 * SECOND, 30 * SECOND, sample()));
        insta::assert_snapshot!(both.concat(), @r"
        [10s / 30s] 1,296 requests, 129.6 requests/s, 99.61% succeeded, 5 throttled
                    product queries 670 ok, 5 failed; orders 621 ok, 0 failed
        [10초 / 30초] 총 요청 수 1,296개, 129.6 RPS, 전체 성공률 99.61%, 스로틀링 5개
                      상품 조회 성공 670개, 실패 5개 / 주문 생성 성공 621개, 실패 0개
        ");
    }

    #[test]
    fn a_hot_key_is_told_by_name() {
        let key = HotKey {
            table: "Products".to_owned(),
            index: None,
            is_write: true,
            key: "p-00001".to_owned(),
            rate: 851.4,
            peak: 900.0,
            limit: 1_000.0,
        };
        assert_eq!(
            near(&key),
            "key p-00001 of Products consumes 851 WCU/s, and one partition serves 1000: spread it over several, or cache it"
        );
    }

    #[test]
    fn a_picture_shows_the_current_figures() {
        let both =
            [Lang::En, Lang::Ko].map(|lang| picture(lang, &view(), 30 * SECOND, &state(), (80, false)));
        insta::assert_snapshot!(both.concat(), @r"
        [================>-----------------------] [12s / 30s] 5 workers
          product queries  670 ok, 5 failed, 21.0/s
          orders           621 ok, 0 failed, 9.0/s
          throttled        5, 3.0/s
        [================>-----------------------] [12초 / 30초] 워커 5개
          상품 조회  성공 670개, 실패 5개, 초당 21.0개
          주문 생성  성공 621개, 실패 0개, 초당 9.0개
          스로틀링   5개, 초당 3.0개
        ");
    }

    #[test]
    fn a_picture_fits_and_colours_take_no_room() {
        for (lang, columns) in [(Lang::En, 60), (Lang::Ko, 60), (Lang::En, 120), (Lang::Ko, 120)] {
            let of = |color| picture(lang, &view(), 30 * SECOND, &state(), (columns, color));
            for (plain, colored) in of(false).lines().zip(of(true).lines()) {
                assert!(width(plain) <= columns, "{plain}");
                assert_eq!(width(plain), plain_width(colored));
            }
        }
    }
}
