//! Figures are the counts and times of one opening, counted by the crowd and, independently, by the shop.

use flashcrowd_record::{MetricResult, Results, Row};
use flashcrowd_shop::{Lock, Stats};
use flashcrowd_text::{Lang, messages};

use crate::crowd::{Crowd, PRODUCT};

/// The target for the median of purchase times, in milliseconds.
pub const P50_MS: f64 = 100.0;

/// The target for the 99th percentile of purchase times, in milliseconds.
pub const P99_MS: f64 = 500.0;

/// The share of requests that may fail, 0 to 1.
pub const ERROR_RATE: f64 = 0.001;

/// What one side counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Items sold.
    pub sold: u64,
    /// Purchases that were accepted.
    pub accepted: u64,
    /// Purchases that were refused because the item was sold out.
    pub refused: u64,
    /// Requests of all kinds.
    pub requests: u64,
}

/// The counts and times of one opening.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// How the shop kept its stock.
    pub lock: Lock,
    /// The crowd.
    pub users: u64,
    /// Items in stock before the opening.
    pub items: u64,
    /// What the crowd counted.
    pub crowd: Tally,
    /// What the shop counted.
    pub shop: Tally,
    /// Items left, according to the shop.
    pub left: u64,
    /// Requests without a response, or with an unexpected one.
    pub errors: u64,
    /// Purchase times in milliseconds: p50, p95, p99.
    pub purchase_ms: [f64; 3],
    /// Seconds until everybody was done.
    pub seconds: f64,
}

impl Figures {
    /// Combines the counts of both sides.
    pub fn gather(lock: Lock, crowd: Crowd, results: &Results, stats: &Stats) -> Self {
        let value =
            |metric: &str, stat: &str| results.metric(metric).map_or(0.0, |found| found.stats.value(stat));
        let purchase = |stat| value("http_req_duration{name:purchase}", stat);
        let bought = |status| of_shop(stats, "POST /purchase/{id}", status);
        Self {
            lock,
            users: crowd.users,
            items: crowd.items,
            crowd: Tally {
                sold: whole(value("items_sold", "count")),
                accepted: purchases(results, "200"),
                refused: purchases(results, "409"),
                requests: results.metric("http_reqs").map_or(0, samples),
            },
            shop: Tally {
                sold: stats.sold.get(&PRODUCT).copied().unwrap_or_default(),
                accepted: bought(200),
                refused: bought(409),
                requests: stats.requests_total(),
            },
            left: stats.stock.get(&PRODUCT).copied().unwrap_or_default(),
            errors: whole(value("http_req_failed", "passes")),
            purchase_ms: ["med", "p(95)", "p(99)"].map(purchase),
            seconds: results.seconds,
        }
    }

    /// Items sold that were not in stock.
    pub fn oversold(&self) -> u64 {
        self.shop.sold.saturating_sub(self.items)
    }

    /// The 99th percentile of purchase times, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.purchase_ms[2]
    }

    /// Whether purchases were as fast as targeted.
    pub fn fast(&self) -> bool {
        self.purchase_ms[0] < P50_MS && self.p99_ms() < P99_MS
    }

    /// Whether every item was sold exactly once.
    pub fn exact(&self) -> bool {
        self.shop.sold == self.items
    }

    /// Whether few enough requests failed.
    pub fn sound(&self) -> bool {
        (self.errors as f64) < ERROR_RATE * self.crowd.requests as f64
    }

    /// Requests per second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.crowd.requests as f64 / self.seconds } else { 0.0 }
    }
}

/// Contradictions: only a bug of this program or lost requests can cause them.
pub fn problems(lang: Lang, all: &[Figures]) -> Vec<String> {
    let differences = all.iter().flat_map(|one| {
        let (crowd, shop) = (&one.crowd, &one.shop);
        let counts = [
            (items_sold(lang), crowd.sold, shop.sold),
            (accepted(lang), crowd.accepted, shop.accepted),
            (refused(lang), crowd.refused, shop.refused),
            (requests(lang), crowd.requests, shop.requests),
        ];
        let differing = counts.into_iter().filter(|(_, crowd, shop)| crowd != shop);
        differing.map(|(what, crowd, shop)| differs(lang, one.lock, what, crowd, shop))
    });
    let wrong = all.iter().filter(|one| one.lock != Lock::None && one.oversold() > 0);
    differences.chain(wrong.map(|one| oversold(lang, one.lock, one.shop.sold, one.items))).collect()
}

messages! {
    fn items_sold() { en: "items sold", ko: "판매 수량" }
    fn accepted() { en: "purchases accepted", ko: "구매 성공" }
    fn refused() { en: "purchases refused", ko: "구매 거절" }
    fn requests() { en: "requests", ko: "요청 수" }
    fn differs(lock: Lock, what: String, crowd: u64, shop: u64) {
        en: "--lock {lock}: the users counted {crowd} {what}, the shop {shop}: the counts must be equal",
        ko: "--lock {lock}, {what}: 사용자 쪽 {crowd}, 상점 쪽 {shop}. 두 값은 같아야 합니다",
    }
    fn oversold(lock: Lock, sold: u64, items: u64) {
        en: "--lock {lock} sold {sold} items, but only {items} were in stock: this lock must not oversell",
        ko: "--lock {lock}: 재고 {items}개에 {sold}개가 팔렸습니다. 이 락에서는 초과 판매가 없어야 합니다",
    }
}

fn of_shop(stats: &Stats, route: &str, status: u16) -> u64 {
    stats.requests.get(route).and_then(|statuses| statuses.get(&status)).copied().unwrap_or_default()
}

/// Purchases with this status, as the crowd counted them.
fn purchases(results: &Results, status: &str) -> u64 {
    let is = |row: &Row, tag: &str, value: &str| row.tags.get(tag).is_some_and(|found| found == value);
    let rows = results.rows.iter().filter(|row| row.view == "requests" && row.metric == "http_reqs");
    rows.filter(|row| is(row, "name", "purchase") && is(row, "status", status)).map(|row| row.samples).sum()
}

fn samples(metric: &MetricResult) -> u64 {
    metric.samples
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and not negative"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::crowd::SCRIPT;

    /// The figures of a real run.
    pub(crate) fn sample() -> Vec<Figures> {
        let one = |lock, sold, left, purchase_ms, seconds| {
            let tally = Tally { sold, accepted: sold, refused: 1000 - sold, requests: 5000 };
            let (users, items, errors) = (1000, 100, 0);
            Figures {
                lock,
                users,
                items,
                shop: tally.clone(),
                crowd: tally,
                left,
                errors,
                purchase_ms,
                seconds,
            }
        };
        vec![
            one(Lock::None, 683, 0, [7.91, 26.4, 41.2], 2.84),
            one(Lock::Mutex, 100, 0, [3_742.0, 6_903.0, 7_214.0], 9.27),
            one(Lock::Atomic, 100, 0, [8.02, 25.9, 40.7], 2.81),
        ]
    }

    #[test]
    fn the_targets_are_the_scripts_thresholds() {
        let of = |stat: &str, limit: f64| format!("'{stat}<{limit}'");
        for threshold in [of("p(50)", P50_MS), of("p(99)", P99_MS), of("rate", ERROR_RATE)] {
            assert!(SCRIPT.contains(&threshold), "{threshold}");
        }
    }

    #[test]
    fn equal_counts_are_no_problem() {
        assert_eq!(problems(Lang::En, &sample()), Vec::<String>::new());
    }

    #[test]
    fn contradictions_are_reported() {
        let mut all = sample();
        all[0].crowd.sold = 682;
        all[2].shop.sold = 101;
        all[2].crowd.sold = 101;
        insta::assert_snapshot!(problems(Lang::En, &all).join("\n"), @r"
        --lock none: the users counted 682 items sold, the shop 683: the counts must be equal
        --lock atomic sold 101 items, but only 100 were in stock: this lock must not oversell
        ");
        insta::assert_snapshot!(problems(Lang::Ko, &all).join("\n"), @r"
        --lock none, 판매 수량: 사용자 쪽 682, 상점 쪽 683. 두 값은 같아야 합니다
        --lock atomic: 재고 100개에 101개가 팔렸습니다. 이 락에서는 초과 판매가 없어야 합니다
        ");
    }
}
