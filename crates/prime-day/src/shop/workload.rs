//! The workload is what customers do on the day: look at products, and order them, at the same time.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::catalogue::Catalogue;
use super::popularity::Popularity;
use super::tables::Tables;

/// What customers do.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where it is kept.
    pub tables: Tables,
    /// What there is to buy.
    pub catalogue: Arc<Catalogue>,
    /// Which products are asked for.
    pub popularity: Popularity,
    /// How often each way of looking is taken.
    pub patterns: Patterns,
    /// How orders are written.
    pub orders: OrderStyle,
    /// Items a page of a scan has at most.
    pub scan_limit: u32,
    /// Items a query returns at most.
    pub query_limit: u32,
    /// Whether reads are strongly consistent, where the index allows it.
    pub consistent: bool,
    /// How long customers wait after each of their steps.
    pub think_time: Duration,
    /// The share of looks among the steps of customers that do both, 0 to 1.
    pub looks: f64,
}

/// How often each way of looking at products is taken, as weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// All products, page by page: the front page.
    pub scan: u32,
    /// The products of a category.
    pub query: u32,
    /// One product.
    pub get: u32,
}

/// A way of looking at products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// All products, page by page.
    Scan,
    /// The products of a category.
    Query,
    /// One product.
    Get,
}

/// How orders are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStyle {
    /// Order, lines and stock in one transaction, on condition that the stock suffices.
    Transaction,
    /// One plain put, with its lines inside; stock is left alone.
    Put,
}

impl Workload {
    /// Whether the next step of a customer that does both is a look.
    pub(crate) fn is_look(&self, rng: &mut Rng) -> bool {
        rng.f64() < self.looks
    }

    /// The name of the scenario in which customers look.
    pub const READS: &'static str = "product_queries";
    /// The name of the scenario in which customers order.
    pub const ORDERS: &'static str = "order_creation";
    /// The name of the scenario in which customers do both.
    pub const MIXED: &'static str = "prime_day";
}

impl Workload {
    /// The workload on these tables with what is usual: a few products are popular, orders are transactions, and customers
    /// do not stop to think.
    pub fn new(tables: Tables, catalogue: Arc<Catalogue>) -> Self {
        Self {
            tables,
            popularity: Popularity::zipf(catalogue.products.len(), 1.0),
            catalogue,
            patterns: Patterns::default(),
            orders: OrderStyle::Transaction,
            scan_limit: 25,
            query_limit: 20,
            consistent: false,
            think_time: Duration::ZERO,
            looks: 0.5,
        }
    }
}

impl Patterns {
    /// Draws one; if none has any weight, one product.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Pattern {
        let [scan, query, get] = [self.scan, self.query, self.get].map(u64::from);
        match rng.u64(..(scan + query + get).max(1)) {
            drawn if drawn < scan => Pattern::Scan,
            drawn if drawn < scan + query => Pattern::Query,
            _ => Pattern::Get,
        }
    }
}

impl Pattern {
    /// What its samples are tagged with.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Query => "query",
            Self::Get => "get",
        }
    }
}

impl Default for Patterns {
    fn default() -> Self {
        Self { scan: 1, query: 3, get: 6 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn drawn(patterns: Patterns) -> BTreeMap<&'static str, u32> {
        let (mut times, mut rng) = (BTreeMap::new(), Rng::with_seed(11));
        for _ in 0..10_000 {
            *times.entry(patterns.draw(&mut rng).name()).or_default() += 1;
        }
        times
    }

    #[test]
    fn patterns_are_drawn_by_their_weights() {
        let times = drawn(Patterns::default());
        assert!((850..1_150).contains(&times["scan"]), "{times:?}");
        assert!((2_800..3_200).contains(&times["query"]), "{times:?}");
        assert!((5_800..6_200).contains(&times["get"]), "{times:?}");
        assert_eq!(drawn(Patterns { scan: 0, query: 7, get: 0 }), [("query", 10_000)].into());
        assert_eq!(drawn(Patterns { scan: 0, query: 0, get: 0 }), [("get", 10_000)].into());
        assert_eq!(drawn(Patterns { scan: u32::MAX, query: u32::MAX, get: u32::MAX }).len(), 3);
    }
}
