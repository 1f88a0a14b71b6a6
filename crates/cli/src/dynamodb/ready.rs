//! A place is ready when its tables are there, filled and known: checked before the first request of the load.

use std::sync::Arc;

use flashcrowd_prime_day::control::{self, ControlError, Mode, TableState};
use flashcrowd_prime_day::{Catalogue, OrderStyle, Popularity, Workload};

use super::place::{Place, Practice};
use crate::args::{CustomerArgs, OrdersArg};
use crate::exit::Failure;

/// What is known of a place that is ready.
pub struct Ready {
    /// The tables.
    pub tables: Vec<TableState>,
    /// What customers will do.
    pub workload: Workload,
    /// How popular its products are, in words.
    pub popularity: String,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Makes and fills the practice tables, on demand.
pub async fn furnish(place: &Place, practice: &Practice) -> Result<(), Failure> {
    let client = place.client();
    let products = usize::try_from(practice.products).unwrap_or(usize::MAX);
    let catalogue = Catalogue::new(products, practice.stock);
    control::setup(&client, &place.tables, &catalogue, Mode::OnDemand, &mut |_| {})
        .await
        .map(drop)
        .map_err(refused)
}

/// Gives the practice tables the capacity that they are to have, once nothing but the load will consume it.
pub async fn provision(place: &Place, practice: &Practice, ready: &mut Ready) -> Result<(), Failure> {
    let client = place.client();
    control::switch(&client, &place.tables, practice.mode, &mut |_| {}).await.map_err(refused)?;
    ready.tables = control::describe(&client, &place.tables).await.map_err(refused)?;
    Ok(())
}

/// Looks at the tables; what is wrong with them is told before anything else is sent.
pub async fn look(place: &Place, customers: &CustomerArgs) -> Result<Ready, Failure> {
    let client = place.client();
    let tables = control::describe(&client, &place.tables).await.map_err(refused)?;
    let not_active: Vec<String> = tables
        .iter()
        .filter(|table| !table.is_active())
        .map(|table| format!("table {} or an index of it is not ACTIVE: wait until it is", table.name))
        .collect();
    if !not_active.is_empty() {
        return Err(Failure::Config(not_active));
    }
    let catalogue = control::read_catalogue(&client, &place.tables).await.map_err(refused)?;
    let (mut orders, mut warnings) = (style(customers.orders), Vec::new());
    if orders == OrderStyle::Transaction
        && !control::knows_transactions(&client, &place.tables).await.map_err(refused)?
    {
        orders = OrderStyle::Put;
        warnings.push(
            "this DynamoDB knows no transactions: orders are written as with --orders put, and stock stays as it is"
                .to_owned(),
        );
    }
    let count = catalogue.products.len();
    let workload = Workload {
        tables: place.tables.clone(),
        catalogue: Arc::new(catalogue),
        popularity: match customers.uniform {
            true => Popularity::uniform(count),
            false => Popularity::zipf(count, customers.zipf),
        },
        patterns: customers.patterns,
        orders,
        scan_limit: customers.scan_limit,
        query_limit: customers.query_limit,
        consistent: customers.consistent,
        think_time: customers.think_time,
    };
    let popularity =
        if customers.uniform { "uniform".to_owned() } else { format!("zipf {}", customers.zipf) };
    Ok(Ready { tables, workload, popularity, warnings })
}

/// Why the tables are not as they have to be: wrong names are wrong options, what the service refuses is not.
pub fn refused(error: ControlError) -> Failure {
    match error {
        ControlError::Missing(_) | ControlError::Foreign(_) | ControlError::Unfit(_) => {
            Failure::Config(vec![error.to_string()])
        }
        other => Failure::Other(other.into()),
    }
}

fn style(orders: OrdersArg) -> OrderStyle {
    match orders {
        OrdersArg::Transaction => OrderStyle::Transaction,
        OrdersArg::Put => OrderStyle::Put,
    }
}
