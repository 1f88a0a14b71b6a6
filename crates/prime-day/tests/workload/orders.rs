//! Orders: what the tables hold is what was reported, to the last digit, whatever happens on the way.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Decimal, Service};
use flashcrowd_prime_day::{Catalogue, OrderStyle, Sales, Workload};

use crate::runs::{Ran, cut, go, service, steps, workload};
use crate::server::{Accident, Server};
use crate::tables::{Sums, Tables};

const STOCK: u64 = 1_000_000;

fn catalogue(products: usize, stock: u64) -> Arc<Catalogue> {
    Arc::new(Catalogue::new(products, stock))
}

fn sums(sales: &Sales) -> Sums {
    let Sales { orders, lines, items, total, .. } = sales.clone();
    Sums { orders, lines, items, total }
}

/// A service that is tried so often that no call fails, even if it loses half of the attempts.
fn patient(server: &Server) -> Service {
    let mut service = service(&server.url());
    service.retry.attempts = 30;
    service
}

/// What was taken from the stock.
fn sold(catalogue: &Catalogue, tables: &Tables) -> Decimal {
    let taken =
        catalogue.products.iter().map(|product| Decimal::from(product.stock) - &tables.stock(&product.id));
    taken.fold(Decimal::default(), |sum, one| sum + &one)
}

/// The tables hold exactly what was taken in, and what they hold went from the stock.
fn assert_exact(ran: &Ran, server: &Server, catalogue: &Catalogue) {
    let tables = server.tables();
    assert_eq!(tables.sums(), sums(&ran.sales));
    assert_eq!(sold(catalogue, &tables), Decimal::from(ran.sales.items));
}

#[tokio::test]
async fn transactions_add_up() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |_, _| Accident::None);
    let ran = go(workload(&catalogue), service(&server.url()), steps(Workload::ORDERS, 8, 50)).await;
    assert_eq!((ran.sales.orders, ran.sent(), ran.failed()), (400, 400, 0));
    assert!(ran.sales.lines > 600 && ran.sales.total > Decimal::from(100_000));
    assert_exact(&ran, &server, &catalogue);
    assert_eq!(server.count("TransactWriteItems"), 400);
}

#[tokio::test]
async fn plain_puts_add_up_and_leave_the_stock_alone() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |at, _| match at % 3 {
        0 => Accident::LostAnswer,
        _ => Accident::None,
    });
    let workload = Workload { orders: OrderStyle::Put, ..workload(&catalogue) };
    let ran = go(workload, patient(&server), steps(Workload::ORDERS, 8, 50)).await;
    assert_eq!((ran.sales.orders, ran.sales.unsettled), (400, 0));
    assert_eq!(server.tables().sums(), sums(&ran.sales));
    assert_eq!(sold(&catalogue, &server.tables()), Decimal::default());
    assert!(server.count("PutItem") > 500);
}

#[tokio::test]
async fn lost_requests_and_answers_double_no_order() {
    for heeds_tokens in [true, false] {
        let catalogue = catalogue(100, STOCK);
        let mut tables = Tables::of(&catalogue);
        tables.tokens = tables.tokens.filter(|_| heeds_tokens);
        let server = Server::start(tables, |at, _| match at % 6 {
            0 => Accident::LostRequest,
            2 => Accident::LostAnswer,
            4 => Accident::Failure,
            _ => Accident::None,
        });
        let ran = go(workload(&catalogue), patient(&server), steps(Workload::ORDERS, 8, 50)).await;
        assert_eq!((ran.sent(), ran.sales.orders, ran.failed()), (400, 400, 0));
        assert_exact(&ran, &server, &catalogue);
        let seen = server.seen();
        assert!(seen.len() > 600, "{}", seen.len());
        for one in &seen {
            let token = one.body["ClientRequestToken"].as_str().unwrap();
            assert!(one.body.to_string().contains(&format!("\"order_id\":{{\"S\":\"{token}\"}}")));
        }
    }
}

#[tokio::test]
async fn an_order_of_which_no_attempt_is_answered_is_unsettled() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |at, _| match at % 4 {
        0 => Accident::LostRequest,
        1 => Accident::LostAnswer,
        _ => Accident::None,
    });
    let mut service = service(&server.url());
    service.retry.attempts = 1;
    let ran = go(workload(&catalogue), service, steps(Workload::ORDERS, 4, 25)).await;
    assert_eq!((ran.sales.orders, ran.sales.unsettled, ran.failed()), (50, 50, 50));
    let inside = server.tables().sums();
    assert_eq!(inside.orders, 75);
    assert!(inside.total > ran.sales.total);
}

#[tokio::test]
async fn an_order_that_was_throttled_after_a_lost_answer_is_unsettled() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |at, _| match at {
        0 => Accident::LostAnswer,
        _ => Accident::Refused("ProvisionedThroughputExceededException"),
    });
    let mut service = service(&server.url());
    service.retry.attempts = 4;
    let ran = go(workload(&catalogue), service, steps(Workload::ORDERS, 1, 2)).await;
    assert_eq!((ran.sales.unsettled, ran.sales.refused, ran.sales.orders), (1, 1, 0));
    assert_eq!(server.tables().sums().orders, 1);
}

#[tokio::test]
async fn what_is_sold_out_is_not_sold() {
    let catalogue = catalogue(5, 20);
    let server = Server::start(Tables::of(&catalogue), |at, _| match at % 5 {
        0 => Accident::LostAnswer,
        _ => Accident::None,
    });
    let ran = go(workload(&catalogue), patient(&server), steps(Workload::ORDERS, 8, 50)).await;
    assert_exact(&ran, &server, &catalogue);
    let tables = server.tables();
    assert!(catalogue.products.iter().all(|product| tables.stock(&product.id) >= Decimal::default()));
    assert!(ran.sales.items > 80 && ran.sales.sold_out > 200, "{:?}", ran.sales);
    // Who learns that it is sold out has an answer.
    assert_eq!((ran.sent(), ran.failed()), (400, 0));
}

#[tokio::test]
async fn orders_cut_off_at_the_end_are_unsettled() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |_, _| Accident::Slow(Duration::from_millis(150)));
    let ran = go(workload(&catalogue), service(&server.url()), cut(Workload::ORDERS, 10, "1s")).await;
    let inside = server.tables().sums();
    assert!((8..=10).contains(&ran.sales.unsettled), "{:?}", ran.sales);
    assert!(ran.sales.orders > 0 && ran.sales.orders == ran.iterations());
    assert!((ran.sales.orders..=ran.sent()).contains(&inside.orders), "{inside:?} {:?}", ran.sales);
    assert!(inside.total >= ran.sales.total);
}

#[tokio::test]
async fn orders_cut_off_while_they_back_off_are_refused() {
    let catalogue = catalogue(100, STOCK);
    let server = Server::start(Tables::of(&catalogue), |_, _| Accident::Refused("ThrottlingException"));
    let mut service = service(&server.url());
    (service.retry.base, service.retry.cap) = (Duration::from_secs(60), Duration::from_secs(60));
    let ran = go(workload(&catalogue), service, cut(Workload::ORDERS, 10, "1s")).await;
    // Full jitter may let somebody try again right at the end.
    assert!(ran.sales.unsettled <= 1 && ran.sales.refused >= 9, "{:?}", ran.sales);
    assert_eq!((ran.sales.orders, server.tables().sums().orders), (0, 0));
}
