//! An order is what one customer buys: one to three products at the day's discount, delivered on the next day.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use fastrand::Rng;
use flashcrowd_dynamodb::Decimal;
use time::OffsetDateTime;

use super::catalogue::{Catalogue, Product};
use super::popularity::Popularity;

/// What one customer buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id, unique over all runs.
    pub id: String,
    /// Who buys.
    pub customer: String,
    /// What, one to three different products.
    pub lines: Vec<Line>,
    /// What all lines come to.
    pub total: Decimal,
    /// When it was made, `2026-11-20T09:00:00Z`.
    pub ordered_at: String,
    /// The day it arrives, `2026-11-21`.
    pub delivery: String,
}

/// A product of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The product's id.
    pub product: String,
    /// How many.
    pub quantity: u64,
    /// What one costs usually.
    pub price: Decimal,
    /// The discount in per cent, 10 to 50.
    pub discount: u64,
    /// What the line comes to, to the cent.
    pub total: Decimal,
}

/// Products of an order at most.
const MOST_LINES: usize = 3;

impl Order {
    /// Draws what somebody buys at that time: popular products more often. None if there is nothing to buy or nobody to
    /// buy it.
    pub fn draw(
        catalogue: &Catalogue,
        popularity: &Popularity,
        rng: &mut Rng,
        id: String,
        now: SystemTime,
    ) -> Option<Self> {
        let customer = rng.choice(&catalogue.customers)?.clone();
        let products = draw_products(catalogue, popularity, rng);
        let lines: Vec<Line> = products.into_iter().map(|product| Line::draw(product, rng)).collect();
        let total = lines.iter().map(|line| &line.total).sum();
        let (ordered_at, delivery) = dates(now);
        (!lines.is_empty()).then_some(Self { id, customer, lines, total, ordered_at, delivery })
    }

    /// What all lines would come to without discounts.
    pub fn subtotal(&self) -> Decimal {
        self.lines.iter().fold(Decimal::default(), |sum, line| sum + &line.usual())
    }

    /// What the discounts come to.
    pub fn discount(&self) -> Decimal {
        self.subtotal() - &self.total
    }

    /// How many items it has.
    pub fn items(&self) -> u64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

impl Line {
    /// So many of a product at a discount in per cent; what it comes to is rounded half up to the cent.
    pub fn new(product: &Product, quantity: u64, discount: u64) -> Self {
        let mut line = Self {
            product: product.id.clone(),
            quantity,
            price: product.price.clone(),
            discount,
            total: Decimal::default(),
        };
        let per_cent = Decimal::from(100_u64.saturating_sub(discount));
        line.total = (line.usual() * &per_cent * &Decimal::from_cents(1)).round(2);
        line
    }

    fn draw(product: &Product, rng: &mut Rng) -> Self {
        Self::new(product, rng.u64(1..=2), rng.u64(10..=50))
    }

    fn usual(&self) -> Decimal {
        self.price.clone() * &Decimal::from(self.quantity)
    }
}

fn draw_products<'a>(catalogue: &'a Catalogue, popularity: &Popularity, rng: &mut Rng) -> Vec<&'a Product> {
    const DRAWS: usize = 16;
    let (count, wanted) = (catalogue.products.len(), rng.usize(1..=MOST_LINES));
    let mut drawn: Vec<usize> = Vec::with_capacity(MOST_LINES);
    while drawn.len() < wanted.min(count) {
        let mut at = popularity.draw(rng) % count;
        // Where one product is nearly all that is bought, the next that is not yet there has to do.
        for _ in 0..DRAWS {
            if !drawn.contains(&at) {
                break;
            }
            at = popularity.draw(rng) % count;
        }
        while drawn.contains(&at) {
            at = (at + 1) % count;
        }
        drawn.push(at);
    }
    drawn.into_iter().filter_map(|at| catalogue.products.get(at)).collect()
}

/// The moment, and the day after it.
fn dates(now: SystemTime) -> (String, String) {
    let now = OffsetDateTime::from(now);
    let (day, next) = (now.date(), now.date().next_day().unwrap_or(now.date()));
    let date = |day: time::Date| format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day());
    (format!("{}T{:02}:{:02}:{:02}Z", date(day), now.hour(), now.minute(), now.second()), date(next))
}

/// Gives ids in the form of random UUIDs, no two of them the same: a counter under a keyed hash, whose key is the
/// system's randomness.
#[derive(Debug, Default)]
pub(crate) struct OrderIds {
    key: RandomState,
    given: Cell<u64>,
}

impl OrderIds {
    /// The next one.
    pub(crate) fn next(&self) -> String {
        let number = self.given.replace(self.given.get() + 1);
        let (high, low) = (self.key.hash_one((number, 0_u8)), self.key.hash_one((number, 1_u8)));
        // Version 4, variant 1.
        let (high, low) = (high & !0xF000 | 0x4000, low & !(0b11 << 62) | (0b10 << 62));
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use fastrand::Rng;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn draw(catalogue: &Catalogue, popularity: &Popularity, rng: &mut Rng) -> Order {
        Order::draw(catalogue, popularity, rng, "id".into(), at(0)).unwrap()
    }

    fn product(cents: i64) -> Product {
        let price = Decimal::from_cents(cents);
        Product { id: "p".into(), category: "c".into(), name: "n".into(), price, stock: 1 }
    }

    #[test]
    fn lines_are_rounded_half_up_to_the_cent() {
        for (cents, quantity, discount, total) in [
            (1_990, 1, 10, "17.91"),
            (1_990, 2, 50, "19.90"),
            (1_995, 1, 10, "17.96"),
            (1, 1, 50, "0.01"),
            (1, 1, 51, "0.00"),
            (199_990, 2, 33, "2679.87"),
            (100, 3, 0, "3.00"),
            (100, 3, 100, "0.00"),
        ] {
            assert_eq!(Line::new(&product(cents), quantity, discount).total.money(), total, "{cents}");
        }
    }

    #[test]
    fn it_arrives_on_the_next_day() {
        for (seconds, ordered_at, delivery) in [
            (0, "1970-01-01T00:00:00Z", "1970-01-02"),
            (1_795_132_799, "2026-11-19T23:59:59Z", "2026-11-20"),
            (1_798_761_599, "2026-12-31T23:59:59Z", "2027-01-01"),
            (1_835_308_800, "2028-02-28T00:00:00Z", "2028-02-29"),
        ] {
            assert_eq!(dates(at(seconds)), (ordered_at.to_owned(), delivery.to_owned()));
        }
    }

    #[test]
    fn one_to_three_products_are_bought_equally_often() {
        let (catalogue, mut rng) = (Catalogue::new(100, 1), Rng::with_seed(3));
        let popularity = Popularity::zipf(100, 1.0);
        let (mut lines, mut discounts, mut customers) = (BTreeMap::new(), HashSet::new(), HashSet::new());
        for _ in 0..6_000 {
            let order = draw(&catalogue, &popularity, &mut rng);
            *lines.entry(order.lines.len()).or_insert(0) += 1;
            let products: HashSet<_> = order.lines.iter().map(|line| &line.product).collect();
            assert_eq!(products.len(), order.lines.len());
            assert_eq!(order.subtotal(), order.discount() + &order.total);
            assert!((1..=6).contains(&order.items()));
            discounts.extend(order.lines.iter().map(|line| line.discount));
            customers.insert(order.customer);
        }
        assert_eq!(lines.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(lines.values().all(|times| (1_800..2_200).contains(times)), "{lines:?}");
        assert_eq!((discounts.iter().min(), discounts.iter().max()), (Some(&10), Some(&50)));
        assert_eq!((discounts.len(), customers.len()), (41, 100));
    }

    #[test]
    fn a_small_catalogue_limits_an_order() {
        let mut rng = Rng::with_seed(3);
        for count in [1, 2, 3] {
            let (catalogue, popularity) = (Catalogue::new(count, 1), Popularity::zipf(count, 50.0));
            let most = (0..100).map(|_| draw(&catalogue, &popularity, &mut rng).lines.len()).max();
            assert_eq!(most, Some(count));
        }
        let (empty, popularity) = (Catalogue::new(0, 1), Popularity::zipf(0, 1.0));
        assert_eq!(Order::draw(&empty, &popularity, &mut rng, "id".into(), at(0)), None);
        let nobody = Catalogue { customers: Vec::new(), ..Catalogue::new(1, 1) };
        assert_eq!(Order::draw(&nobody, &popularity, &mut rng, "id".into(), at(0)), None);
    }

    #[test]
    fn ids_are_uuids_and_unique_over_all_who_give_them() {
        let givers: Vec<OrderIds> = (0..8).map(|_| OrderIds::default()).collect();
        let ids: Vec<String> = givers.iter().flat_map(|ids| (0..10_000).map(|_| ids.next())).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 80_000);
        for id in ids {
            assert_eq!(id.len(), 36);
            assert!(id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{id}");
            assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        }
    }

    proptest! {
        #[test]
        fn money_is_that_of_integers(cents in 1..10_000_000_i64, quantity in 1..100_u64, discount in 0..=100_u64) {
            let line = Line::new(&product(cents), quantity, discount);
            let exact = cents * i64::try_from(quantity * (100 - discount)).unwrap();
            prop_assert_eq!(line.total, Decimal::from_cents((exact + 50) / 100));
        }
    }
}
