//! What fails for good does not make customers spin.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_prime_day::{Catalogue, Workload};

use crate::runs::{cut, go, service, workload};
use crate::server::{Accident, Server};
use crate::tables::Tables;

async fn refused_with(code: &'static str, exec: &str) -> (u64, usize) {
    let catalogue = Arc::new(Catalogue::new(10, 1));
    let server = Server::start(Tables::of(&catalogue), move |_, _| Accident::Refused(code));
    let ran = go(workload(&catalogue), service(&server.url()), cut(exec, 4, "1500ms")).await;
    if exec == Workload::ORDERS {
        // Each of the four may be cut off while it waits, or with a request on its way.
        assert!((ran.failed()..=ran.failed() + 4).contains(&ran.sent()), "{} {:?}", ran.failed(), ran.sales);
        assert!(ran.sales.orders == 0 && ran.sales.unsettled <= 4, "{:?}", ran.sales);
    }
    (ran.failed(), server.seen().len())
}

#[tokio::test]
async fn a_missing_table_and_refused_credentials_are_asked_for_once_a_second() {
    for code in ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"] {
        for exec in [Workload::READS, Workload::ORDERS] {
            let (failed, requests) = refused_with(code, exec).await;
            // Each of the four at once, and after a second.
            assert!((4..=8).contains(&failed), "{code} {exec}: {failed}");
            assert!((4..=8).contains(&requests), "{code} {exec}: {requests}");
        }
    }
}

#[tokio::test]
async fn throttles_cost_no_more_time_than_their_back_off() {
    let (failed, requests) = refused_with("ProvisionedThroughputExceededException", Workload::ORDERS).await;
    assert!(failed > 20 && requests as u64 >= failed * 8, "{failed} {requests}");
}

#[tokio::test]
async fn nobody_there_is_asked_ever_less_often() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut service = service(&url);
    service.retry.attempts = 1;
    let catalogue = Arc::new(Catalogue::new(10, 1));
    let ran = go(workload(&catalogue), service, cut(Workload::ORDERS, 4, "2s")).await;
    // After 50, 100, 200, 400, 800 ms.
    assert!((12..=28).contains(&ran.failed()), "{}", ran.failed());
    // Nothing was ever sent.
    assert!(ran.sales.orders == 0 && ran.sales.unsettled <= 1, "{:?}", ran.sales);
    assert!(ran.sales.refused >= ran.failed());
}

#[tokio::test]
async fn an_empty_shop_is_told_and_not_spun_on() {
    let catalogue = Arc::new(Catalogue::new(0, 1));
    let server = Server::start(Tables::of(&catalogue), |_, _| Accident::None);
    for exec in [Workload::READS, Workload::ORDERS] {
        let mut workload = workload(&catalogue);
        workload.patterns.scan = 0;
        let ran = go(workload, service(&server.url()), cut(exec, 2, "1s")).await;
        assert!((2..=4).contains(&ran.failed()) && ran.sent() == 0, "{exec}: {}", ran.failed());
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn customers_go_on_when_the_endpoint_comes_back() {
    let catalogue = Arc::new(Catalogue::new(10, 1_000_000));
    let server = Server::start(Tables::of(&catalogue), |at, _| match at {
        20..40 => Accident::LostRequest,
        _ => Accident::None,
    });
    let mut service = service(&server.url());
    (service.retry.attempts, service.timeout) = (1, Duration::from_secs(1));
    let ran = go(workload(&catalogue), service, cut(Workload::ORDERS, 4, "4s")).await;
    assert!((20..=24).contains(&ran.sales.unsettled), "{:?}", ran.sales);
    assert!(ran.sales.orders > 20);
}
