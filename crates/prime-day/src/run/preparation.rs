//! Preparation: the tables are checked, read and, in practice, created before the first request of the load.

use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, Practice};
use super::error::PrimeDayError;
use crate::control::{self, Checked, Mode, TableState};
use crate::shop::{Catalogue, OrderStyle, Patterns, Popularity, Workload};

/// What customers do, as configured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Customers {
    /// Weights of the read operations.
    pub patterns: Patterns,
    /// How orders are written.
    pub orders: OrderStyle,
    /// The exponent of Zipf's law for the popularity of products; uniform if none is given.
    pub zipf: Option<f64>,
    /// Whether reads are strongly consistent, except on the index.
    pub consistent: bool,
    /// Maximum number of items per page of a scan.
    pub scan_limit: u32,
    /// Maximum number of items that a query returns.
    pub query_limit: u32,
    /// How long customers wait after each step.
    pub think_time: Duration,
    /// The share of looks among the steps of customers that do both, 0 to 1.
    pub looks: f64,
}

/// The tables and the workload on them, checked.
pub struct Ready {
    /// The tables.
    pub tables: Vec<TableState>,
    /// What customers will do.
    pub workload: Workload,
    /// The popularity of the products, in words.
    pub popularity: String,
    /// What the user should know before the run.
    pub warnings: Vec<String>,
    /// What came of checking the tables against their layout, where they have one.
    pub checked: Option<Checked>,
}

/// Checks the tables and reads the catalogue. In practice, the tables are created and filled first, on demand, and get
/// their capacity last, so that only the load consumes it.
pub async fn prepare(
    connection: &Connection,
    practice: &Practice,
    customers: &Customers,
) -> Result<Ready, PrimeDayError> {
    if !connection.is_in_process() {
        return check(connection, customers).await;
    }
    let (client, tables) = (connection.client(), &connection.tables);
    let products = usize::try_from(practice.products).unwrap_or(usize::MAX);
    let catalogue = Catalogue::new(products, practice.stock);
    control::setup(&client, tables, &catalogue, Mode::OnDemand, &mut |_| {}).await?;
    let ready = check(connection, customers).await?;
    control::switch(&client, tables, practice.mode, &mut |_| {}).await?;
    Ok(Ready { tables: control::describe(&client, tables).await?, ..ready })
}

/// Checks the tables: problems are reported before anything else is sent.
async fn check(connection: &Connection, customers: &Customers) -> Result<Ready, PrimeDayError> {
    let client = connection.client();
    let own = match &connection.layout {
        None => None,
        Some(layout) => match control::check_layout(&client, layout, customers.orders).await? {
            (checked, Some(found)) => Some((checked, found)),
            (checked, None) => return Err(PrimeDayError::Layout(checked)),
        },
    };
    let tables = control::describe(&client, &connection.tables).await?;
    let not_active: Vec<String> = tables
        .iter()
        .filter(|table| !table.is_active())
        .map(|table| format!("table {} or one of its indexes is not ACTIVE: wait until it is", table.name))
        .collect();
    if !not_active.is_empty() {
        return Err(PrimeDayError::Config(not_active));
    }
    let (mut orders, mut warnings) = (customers.orders, Vec::new());
    let (names, catalogue, checked) = match own {
        Some((checked, (tables, catalogue))) => (tables, catalogue, Some(checked)),
        None => {
            let catalogue = control::read_catalogue(&client, &connection.tables).await?;
            (connection.tables.clone(), catalogue, None)
        }
    };
    if orders == OrderStyle::Transaction && !control::knows_transactions(&client, &connection.tables).await? {
        orders = OrderStyle::Put;
        warnings.push(
            "this DynamoDB does not support transactions: orders are written as with --orders put, and the stock is \
             unchanged"
                .to_owned(),
        );
    }
    let count = catalogue.products.len();
    let (products, popularity) = match customers.zipf {
        Some(exponent) => (Popularity::zipf(count, exponent), format!("zipf {exponent}")),
        None => (Popularity::uniform(count), "uniform".to_owned()),
    };
    let workload = Workload {
        tables: names,
        catalogue: Arc::new(catalogue),
        popularity: products,
        patterns: customers.patterns,
        orders,
        scan_limit: customers.scan_limit,
        query_limit: customers.query_limit,
        consistent: customers.consistent,
        think_time: customers.think_time,
        looks: customers.looks,
    };
    Ok(Ready { tables, workload, popularity, warnings, checked })
}
