//! A settlement watches the call that writes an order, and says what became of the order, also when nobody waits for the
//! answer any more.

use std::cell::Cell;
use std::time::Duration;

use flashcrowd_dynamodb::{Call, CallEnd, Fault, FaultKind, Meter, Reply, Watch};
use flashcrowd_http::Exchange;
use tokio::time::Instant;

use super::shop_behaviour::ShopBehaviour;
use crate::shop::{Order, Requests};

/// Watches an order on its way and adds it to the sales: once, however it ends.
pub(super) struct Settlement<'a> {
    behaviour: &'a ShopBehaviour,
    order: &'a Order,
    meter: &'a Meter,
    /// Whether an attempt was sent of which is not known what became of it.
    lost: Cell<bool>,
    /// Until when no attempt is on its way.
    waits_until: Cell<Option<Instant>>,
    outcome: Cell<Option<OrderOutcome>>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderOutcome {
    /// It is in the tables.
    Accepted,
    /// It is not, since a product is sold out.
    SoldOut,
    /// It is not, for another reason.
    Refused,
    /// Nobody knows.
    Unsettled,
}

impl<'a> Settlement<'a> {
    /// Of an order that is about to be sent.
    pub(super) fn new(behaviour: &'a ShopBehaviour, order: &'a Order, meter: &'a Meter) -> Self {
        let (lost, waits_until, outcome) = (Cell::new(false), Cell::new(None), Cell::new(None));
        Self { behaviour, order, meter, lost, waits_until, outcome }
    }

    /// Adds the order to the sales by the answer to its call.
    pub(super) fn settle(self, result: &Result<Reply, Fault>) -> OrderOutcome {
        let outcome = outcome(result.as_ref().err(), self.lost.get());
        self.outcome.set(Some(outcome));
        outcome
    }
}

impl Watch for Settlement<'_> {
    fn attempt(&self, call: &Call, exchange: &Exchange, fault: Option<&Fault>) {
        if fault.is_some_and(|fault| is_lost(fault.kind)) && exchange.bytes_sent > 0 {
            self.lost.set(true);
        }
        self.meter.attempt(call, exchange, fault);
    }

    fn interrupted(&self, call: &Call, exchange: &Exchange) {
        self.lost.set(true);
        self.meter.interrupted(call, exchange);
    }

    fn back_off(&self, call: &Call, wait: Duration) {
        self.waits_until.set(Some(Instant::now() + wait));
        self.meter.back_off(call, wait);
    }

    fn waited(&self, call: &Call, waited: Duration) {
        self.meter.waited(call, waited);
    }

    fn end(&self, call: &Call, end: &CallEnd<'_>) {
        self.meter.end(call, end);
    }
}

impl Drop for Settlement<'_> {
    fn drop(&mut self) {
        let interrupted = || {
            let waits = self.waits_until.get().is_some_and(|until| Instant::now() < until);
            if waits && !self.lost.get() { OrderOutcome::Refused } else { OrderOutcome::Unsettled }
        };
        let mut sales = self.behaviour.lock_sales();
        match self.outcome.get().unwrap_or_else(interrupted) {
            OrderOutcome::Accepted => sales.accept(self.order),
            OrderOutcome::SoldOut => sales.sold_out += 1,
            OrderOutcome::Refused => sales.refused += 1,
            OrderOutcome::Unsettled => sales.unsettled += 1,
        }
    }
}

/// Whether what was sent may have taken effect.
fn is_lost(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Network | FaultKind::Server | FaultKind::Unreadable)
}

/// What became of an order whose call ended with that fault, or none, after attempts of which some may have been lost.
fn outcome(fault: Option<&Fault>, lost: bool) -> OrderOutcome {
    let Some(fault) = fault else { return OrderOutcome::Accepted };
    if fault.kind != FaultKind::Conditional {
        return if lost { OrderOutcome::Unsettled } else { OrderOutcome::Refused };
    }
    let failed = |action: usize| {
        fault
            .cancellations
            .get(action)
            .is_some_and(|cancellation| cancellation.code == "ConditionalCheckFailed")
    };
    match (failed(Requests::HEADER_ACTION), lost) {
        // A lost attempt has written it.
        (true, true) => OrderOutcome::Accepted,
        (true, false) => OrderOutcome::Refused,
        (false, true) if fault.cancellations.is_empty() => OrderOutcome::Unsettled,
        (false, _) => OrderOutcome::SoldOut,
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_dynamodb::Cancellation;

    use super::*;

    fn fault(kind: FaultKind, cancellations: &[&str]) -> Fault {
        let cancellations = cancellations
            .iter()
            .map(|code| Cancellation { code: (*code).to_owned(), message: None })
            .collect();
        Fault { kind, cancellations, ..Fault::unreadable("") }
    }

    #[test]
    fn what_became_of_an_order() {
        use FaultKind::{Busy, Conditional, Conflict, Denied, Invalid, Network, NotFound, Throttled};
        let failed = "ConditionalCheckFailed";
        for (ended_by, not_lost, lost) in [
            (None, OrderOutcome::Accepted, OrderOutcome::Accepted),
            (
                Some(fault(Throttled, &["None", "ThrottlingError"])),
                OrderOutcome::Refused,
                OrderOutcome::Unsettled,
            ),
            (
                Some(fault(Conflict, &["None", "TransactionConflict"])),
                OrderOutcome::Refused,
                OrderOutcome::Unsettled,
            ),
            (Some(fault(Network, &[])), OrderOutcome::Refused, OrderOutcome::Unsettled),
            (Some(fault(Denied, &[])), OrderOutcome::Refused, OrderOutcome::Unsettled),
            (Some(fault(NotFound, &[])), OrderOutcome::Refused, OrderOutcome::Unsettled),
            (Some(fault(Invalid, &[])), OrderOutcome::Refused, OrderOutcome::Unsettled),
            (Some(fault(Busy, &[])), OrderOutcome::Refused, OrderOutcome::Unsettled),
            (
                Some(fault(Conditional, &["None", "None", failed])),
                OrderOutcome::SoldOut,
                OrderOutcome::SoldOut,
            ),
            (
                Some(fault(Conditional, &[failed, "None", failed])),
                OrderOutcome::Refused,
                OrderOutcome::Accepted,
            ),
            (Some(fault(Conditional, &[])), OrderOutcome::SoldOut, OrderOutcome::Unsettled),
        ] {
            assert_eq!(outcome(ended_by.as_ref(), false), not_lost, "{ended_by:?}");
            assert_eq!(outcome(ended_by.as_ref(), true), lost, "{ended_by:?} after a lost attempt");
        }
    }

    #[test]
    fn an_attempt_is_lost_if_it_may_have_taken_effect() {
        let lost = [FaultKind::Network, FaultKind::Server, FaultKind::Unreadable];
        let not = [FaultKind::Throttled, FaultKind::Conflict, FaultKind::Conditional, FaultKind::Denied];
        assert!(lost.into_iter().all(is_lost) && !not.into_iter().any(is_lost));
    }
}
