//! An estimate is what a load will consume, told before it is made.

use std::collections::HashMap;
use std::time::Duration;

use flashcrowd_dynamodb::{Ceiling, Decimal, Item, ceiling, item_size, read_units, write_units};
use flashcrowd_dynamodb_capacity::Prices;
use flashcrowd_record::CapacityKind;

use crate::control::TableState;
use crate::shop::{OrderStyle, Workload};

/// The load that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Virtual users that look at products.
    pub readers: u64,
    /// Virtual users that order.
    pub buyers: u64,
    /// How long it lasts.
    pub duration: Duration,
    /// How long one call takes, roughly.
    pub latency: Duration,
    /// The share of looks, where every virtual user does both.
    pub mixed: Option<f64>,
    /// Steps a second of readers and buyers together, where these are started by the clock.
    pub rate: Option<u64>,
}

/// What a run will consume of the reads or writes of a table or an index, roughly.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: CapacityKind,
    /// Units if nothing is throttled.
    pub wanted: f64,
    /// What can be served at most; none on demand.
    pub ceiling: Option<Ceiling>,
}

/// Bytes that a page of a scan or a query has at most.
const PAGE: u64 = 1024 * 1024;

/// How many lines orders have, each of them equally often.
const LINES: [usize; 3] = [1, 2, 3];

/// What a transaction takes in comparison to plain writes.
const TRANSACTION: f64 = 2.0;

/// What a load will consume of these tables, roughly; only of what it touches.
///
/// Where virtual users loop, each takes a step every `calls × latency + think time`; where the clock starts steps,
/// readers and buyers get their share of the rate by their numbers. A step costs, on average:
///
/// - a scan: its pages of `scan_limit` products, each rounded up to 4 KB, and the empty page at the end where the last
///   one is full;
/// - a query: the first `query_limit` products of a category, by what the index holds of them, eventually consistent;
/// - a get: the product's 4 KB;
/// - an order by a plain put: one write, since orders are smaller than 1 KB;
/// - an order by a transaction: two units for the order, two for each line, and for each line twice what writing its
///   product takes; an order has two lines on average.
pub fn estimate(workload: &Workload, tables: &[TableState], load: &Load) -> Vec<Estimate> {
    let items = Items::of(workload);
    let patterns = workload.patterns;
    let (scan, get) = (items.scan(workload), items.get(workload.consistent));
    let weights = [patterns.scan, patterns.query, patterns.get].map(f64::from);
    let weight: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let calls = (weights[0] * scan.calls + weights[1] + weights[2]) / weight;
    let (looks, orders) = load.steps(calls, workload.think_time);
    let lines = items.lines();
    let (order, stock) = match workload.orders {
        OrderStyle::Put => (1.0, 0.0),
        OrderStyle::Transaction => (TRANSACTION * (1.0 + lines), TRANSACTION * lines * items.write()),
    };
    let (products, orders_table) = (&*workload.tables.products, &*workload.tables.orders);
    let index = workload.tables.category_index();
    // Without an index, all products are scanned for those of a category.
    let (scans, query) = match index {
        Some(_) => (weights[0], items.query(workload.query_limit)),
        None => (weights[0] + weights[1], 0.0),
    };
    [
        (products, None, CapacityKind::Read, looks * (scans * scan.units + weights[2] * get) / weight),
        (products, index, CapacityKind::Read, looks * weights[1] * query / weight),
        (products, None, CapacityKind::Write, orders * stock),
        (orders_table, None, CapacityKind::Write, orders * order),
    ]
    .into_iter()
    .filter(|(.., wanted)| *wanted > 0.0)
    .map(|(table, index, kind, wanted)| Estimate {
        table: table.to_owned(),
        index: index.map(str::to_owned),
        kind,
        wanted,
        ceiling: tables
            .iter()
            .find(|state| state.name == table)
            .and_then(|state| state.provisioned(index, kind))
            .map(|units| ceiling(units as f64, load.duration.as_secs_f64())),
    })
    .collect()
}

/// What an estimate costs on demand; provisioned capacity is paid by the hour anyway.
pub fn cost(estimate: &[Estimate], prices: &Prices) -> Decimal {
    let costs: Vec<Decimal> = estimate.iter().map(|one| prices.by_request(one.kind, one.wanted)).collect();
    costs.iter().sum()
}

impl Load {
    /// Steps of readers, which take so many calls each, and of buyers.
    fn steps(&self, calls: f64, think_time: Duration) -> (f64, f64) {
        let (readers, buyers) = (self.readers as f64, self.buyers as f64);
        let seconds = self.duration.as_secs_f64();
        if let Some(rate) = self.rate.map(|rate| rate as f64) {
            let all = (readers + buyers).max(1.0);
            return (seconds * rate * readers / all, seconds * rate * buyers / all);
        }
        let step = |calls: f64| {
            let step = calls * self.latency.as_secs_f64() + think_time.as_secs_f64();
            step.max(Duration::from_micros(1).as_secs_f64())
        };
        if let Some(share) = self.mixed {
            let both = share * step(calls) + (1.0 - share) * step(1.0);
            let steps = seconds * (readers + buyers) / both;
            return (steps * share, steps * (1.0 - share));
        }
        (seconds * readers / step(calls), seconds * buyers / step(1.0))
    }
}

/// What there is to read.
struct Items {
    /// Sizes of the products.
    products: Vec<u64>,
    /// For each category the sizes of what the index holds of its products.
    categories: Vec<Vec<u64>>,
}

/// The calls and units of something.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    calls: f64,
    units: f64,
}

impl Items {
    fn of(workload: &Workload) -> Self {
        let items = workload.catalogue.product_items();
        let mut categories: HashMap<&str, Vec<u64>> = HashMap::new();
        for (product, item) in workload.catalogue.products.iter().zip(&items) {
            categories.entry(&product.category).or_default().push(entry_size(item));
        }
        Self {
            products: items.iter().map(item_size).collect(),
            categories: categories.into_values().collect(),
        }
    }

    /// A scan of all products: full pages, then one that has what is left, if only nothing.
    fn scan(&self, workload: &Workload) -> Cost {
        let count = self.products.len() as u64;
        let size = self.products.iter().sum::<u64>().checked_div(count).unwrap_or_default().max(1);
        let page = u64::from(workload.scan_limit).clamp(1, (PAGE / size).max(1));
        let units = |items: u64| read_units(items * size, workload.consistent);
        let full = count / page;
        Cost { calls: (full + 1) as f64, units: full as f64 * units(page) + units(count % page) }
    }

    /// A query of a category, on average.
    fn query(&self, limit: u32) -> f64 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        mean(self.categories.iter().map(|sizes| {
            let bytes: u64 = sizes.iter().take(limit).sum();
            read_units(bytes.min(PAGE), false)
        }))
    }

    /// A get of a product, on average.
    fn get(&self, consistent: bool) -> f64 {
        mean(self.products.iter().map(|size| read_units(*size, consistent)))
    }

    /// A write of a product, on average.
    fn write(&self) -> f64 {
        mean(self.products.iter().map(|size| write_units(*size)))
    }

    /// Lines of an order, on average.
    fn lines(&self) -> f64 {
        mean(LINES.iter().map(|lines| self.products.len().min(*lines) as f64))
    }
}

/// The size of what the index holds of a product.
fn entry_size(product: &Item) -> u64 {
    const HELD: [&str; 4] = ["product_id", "category_id", "name", "price"];
    let entry = product.iter().filter(|(name, _)| HELD.contains(&name.as_str()));
    item_size(&entry.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use flashcrowd_dynamodb_shop::{Store, StoreConfig};
    use serde_json::json;

    use super::*;
    use crate::control::{IndexState, Mode};
    use crate::shop::{CATEGORY_INDEX, Catalogue, Order, Patterns, Popularity, Requests, Tables};

    fn workload(products: usize, patterns: Patterns, orders: OrderStyle) -> Workload {
        Workload {
            tables: Tables::new(""),
            catalogue: Catalogue::new(products, 1_000).into(),
            popularity: Popularity::uniform(products),
            patterns,
            orders,
            scan_limit: 100,
            query_limit: 20,
            consistent: false,
            think_time: Duration::ZERO,
            looks: 0.5,
        }
    }

    fn provisioned_tables() -> Vec<TableState> {
        let mode = Mode::Provisioned { read: 2, write: 3 };
        let index = IndexState { name: CATEGORY_INDEX.into(), status: "ACTIVE".into(), mode };
        let table = |name: &str, indexes| TableState {
            name: name.into(),
            status: "ACTIVE".into(),
            mode,
            items: 0,
            indexes,
            decreases_today: 0,
        };
        vec![table("Products", vec![index]), table("Orders", Vec::new())]
    }

    fn load(readers: u64, buyers: u64, rate: Option<u64>) -> Load {
        let (duration, latency) = (Duration::from_secs(300), Duration::from_millis(10));
        Load { readers, buyers, duration, latency, mixed: None, rate }
    }

    fn told(estimates: &[Estimate]) -> String {
        let line = |one: &Estimate| {
            let index = one.index.as_deref().unwrap_or("-");
            format!("{} {index} {:?} {:.1} {:?}", one.table, one.kind, one.wanted, one.ceiling)
        };
        estimates.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn all_that_is_touched_is_told_with_what_it_can_serve() {
        let patterns = Patterns { scan: 1, query: 3, get: 6 };
        let workload = workload(100, patterns, OrderStyle::Transaction);
        insta::assert_snapshot!(told(&estimate(&workload, &provisioned_tables(), &load(14, 6, None))), @"
Products - Read 420000.0 Some(Ceiling { flow: 600.0, burst: 600.0 })
Products category-index Read 57272.7 Some(Ceiling { flow: 600.0, burst: 600.0 })
Products - Write 720000.0 Some(Ceiling { flow: 900.0, burst: 900.0 })
Orders - Write 1080000.0 Some(Ceiling { flow: 900.0, burst: 900.0 })
");
    }

    #[test]
    fn plain_puts_leave_products_alone_and_on_demand_has_no_ceiling() {
        let workload = workload(100, Patterns { scan: 0, query: 0, get: 1 }, OrderStyle::Put);
        insta::assert_snapshot!(told(&estimate(&workload, &[], &load(1, 1, None))), @"
Products - Read 15000.0 None
Orders - Write 30000.0 None
");
        insta::assert_snapshot!(told(&estimate(&workload, &[], &load(30, 10, Some(8)))), @"
Products - Read 900.0 None
Orders - Write 600.0 None
");
        assert_eq!(estimate(&workload, &[], &load(0, 0, Some(8))), []);
    }

    #[test]
    fn think_time_is_part_of_a_step() {
        let mut workload = workload(100, Patterns { scan: 0, query: 0, get: 1 }, OrderStyle::Put);
        let units = |workload: &Workload| estimate(workload, &[], &load(1, 0, None))[0].wanted;
        let without = units(&workload);
        workload.think_time = Duration::from_millis(90);
        assert!((units(&workload) * 10.0 - without).abs() < 1e-6);
        workload.consistent = true;
        assert!((units(&workload) * 5.0 - without).abs() < 1e-6);
    }

    #[test]
    fn a_scan_has_an_empty_page_at_the_end_if_the_last_one_is_full() {
        let scan = |products, limit| {
            let mut workload = workload(products, Patterns::default(), OrderStyle::Put);
            workload.scan_limit = limit;
            let Cost { calls, units } = Items::of(&workload).scan(&workload);
            (calls, units)
        };
        assert_eq!(scan(100, 100), (2.0, 7.5 + 0.5));
        assert_eq!(scan(100, 101), (1.0, 7.5));
        assert_eq!(scan(100, 40), (3.0, 3.0 + 3.0 + 1.5));
        assert_eq!(scan(0, 100), (1.0, 0.5));
        // A page ends at a megabyte, whatever the limit.
        assert_eq!(scan(2_000, u32::MAX).0, 2.0);
    }

    #[test]
    fn nothing_to_sell_is_no_trouble() {
        let workload = workload(0, Patterns::default(), OrderStyle::Transaction);
        assert!(estimate(&workload, &[], &load(5, 5, None)).iter().all(|one| one.wanted.is_finite()));
        let idle = Load { latency: Duration::ZERO, ..load(5, 5, None) };
        assert!(estimate(&workload, &[], &idle).iter().all(|one| one.wanted.is_finite()));
    }

    fn store(catalogue: &Catalogue) -> Store {
        let store = Store::open(StoreConfig {
            settle: Duration::ZERO,
            hold: Duration::ZERO,
            ..StoreConfig::default()
        })
        .unwrap();
        for (table, key) in [
            ("Products", vec![("product_id", "HASH")]),
            ("Orders", vec![("order_id", "HASH"), ("line", "RANGE")]),
        ] {
            let of = |name: &str, value: &dyn Fn(&(&str, &str)) -> serde_json::Value| {
                (name.to_owned(), key.iter().map(value).collect::<serde_json::Value>())
            };
            let keys = [
                of("AttributeDefinitions", &|(name, _)| json!({"AttributeName": name, "AttributeType": "S"})),
                of("KeySchema", &|(name, kind)| json!({"AttributeName": name, "KeyType": kind})),
            ];
            let mut body = json!({"TableName": table, "BillingMode": "PAY_PER_REQUEST"});
            body.as_object_mut().unwrap().extend(keys);
            consumed(&store, "CreateTable", body.to_string().as_bytes());
        }
        for item in catalogue.product_items() {
            consumed(
                &store,
                "PutItem",
                json!({"TableName": "Products", "Item": item}).to_string().as_bytes(),
            );
        }
        store
    }

    /// Units by table.
    fn consumed(store: &Store, operation: &str, body: &[u8]) -> HashMap<String, f64> {
        let answer = store.answer(operation, body);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let capacity = &answer["ConsumedCapacity"];
        let tables = capacity.as_array().cloned().unwrap_or_else(|| vec![capacity.clone()]);
        let named = |table: &serde_json::Value| {
            Some((table["TableName"].as_str()?.to_owned(), table["CapacityUnits"].as_f64()?))
        };
        tables.iter().filter_map(named).collect()
    }

    #[test]
    fn orders_consume_what_is_said() {
        let catalogue = Catalogue::new(100, 1_000);
        let (store, popularity) = (store(&catalogue), Popularity::uniform(100));
        let (mut rng, mut requests) = (fastrand::Rng::with_seed(1), Requests::new(Tables::new(""), false));
        for at in 0..200 {
            let id = format!("00000000-0000-4000-8000-{at:012}");
            let order = Order::draw(&catalogue, &popularity, &mut rng, id, UNIX_EPOCH).unwrap();
            let lines = order.lines.len() as f64;
            let put = consumed(&store, "PutItem", &requests.put(&order).unwrap());
            assert_eq!(put, HashMap::from([("Orders".to_owned(), 1.0)]));
            let other = Order { id: format!("1{}", &order.id[1..]), ..order };
            let transaction = consumed(&store, "TransactWriteItems", &requests.transaction(&other).unwrap());
            let wanted = [("Orders".to_owned(), 2.0 * (1.0 + lines)), ("Products".to_owned(), 2.0 * lines)];
            assert_eq!(transaction, HashMap::from(wanted));
        }
    }
}
