//! A settlement watches the call that writes an order, and says what became of the order, also when nobody waits for the
//! answer any more.

use std::cell::Cell;
use std::time::Duration;

use flashcrowd_http::Exchange;
use tokio::time::Instant;

use super::shop_behaviour::ShopBehaviour;
use crate::call::{Call, Reply};
use crate::fault::{Fault, FaultKind};
use crate::meter::Meter;
use crate::order::Order;
use crate::requests::Requests;
use crate::watch::{CallEnd, Watch};

/// Watches an order on its way and adds it to the takings: once, however it ends.
pub(super) struct Settlement<'a> {
    behaviour: &'a ShopBehaviour,
    order: &'a Order,
    meter: &'a Meter,
    /// Whether an attempt was sent of which is not known what became of it.
    lost: Cell<bool>,
    /// Until when no attempt is on its way.
    waits_until: Cell<Option<Instant>>,
    fate: Cell<Option<Fate>>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
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
        let (lost, waits_until, fate) = (Cell::new(false), Cell::new(None), Cell::new(None));
        Self { behaviour, order, meter, lost, waits_until, fate }
    }

    /// Adds the order to the takings by the answer to its call.
    pub(super) fn settle(self, result: &Result<Reply, Fault>) -> Fate {
        let fate = fate(result.as_ref().err(), self.lost.get());
        self.fate.set(Some(fate));
        fate
    }
}

impl Watch for Settlement<'_> {
    fn attempt(&self, call: &Call, exchange: &Exchange, fault: Option<&Fault>) {
        if fault.is_some_and(|fault| is_lost(fault.kind)) && exchange.bytes_sent > 0 {
            self.lost.set(true);
        }
        self.meter.attempt(call, exchange, fault);
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
            if waits && !self.lost.get() { Fate::Refused } else { Fate::Unsettled }
        };
        let mut takings = self.behaviour.lock_takings();
        match self.fate.get().unwrap_or_else(interrupted) {
            Fate::Accepted => takings.accept(self.order),
            Fate::SoldOut => takings.sold_out += 1,
            Fate::Refused => takings.refused += 1,
            Fate::Unsettled => takings.unsettled += 1,
        }
    }
}

/// Whether what was sent may have taken effect.
fn is_lost(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Network | FaultKind::Server | FaultKind::Unreadable)
}

/// What became of an order whose call ended with that fault, or none, after attempts of which some may have been lost.
fn fate(fault: Option<&Fault>, lost: bool) -> Fate {
    let Some(fault) = fault else { return Fate::Accepted };
    if fault.kind != FaultKind::Conditional {
        return if lost { Fate::Unsettled } else { Fate::Refused };
    }
    let failed = |action: usize| {
        fault
            .cancellations
            .get(action)
            .is_some_and(|cancellation| cancellation.code == "ConditionalCheckFailed")
    };
    match (failed(Requests::HEADER_ACTION), lost) {
        // A lost attempt has written it.
        (true, true) => Fate::Accepted,
        (true, false) => Fate::Refused,
        (false, true) if fault.cancellations.is_empty() => Fate::Unsettled,
        (false, _) => Fate::SoldOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Cancellation;

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
            (None, Fate::Accepted, Fate::Accepted),
            (Some(fault(Throttled, &["None", "ThrottlingError"])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Conflict, &["None", "TransactionConflict"])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Network, &[])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Denied, &[])), Fate::Refused, Fate::Unsettled),
            (Some(fault(NotFound, &[])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Invalid, &[])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Busy, &[])), Fate::Refused, Fate::Unsettled),
            (Some(fault(Conditional, &["None", "None", failed])), Fate::SoldOut, Fate::SoldOut),
            (Some(fault(Conditional, &[failed, "None", failed])), Fate::Refused, Fate::Accepted),
            (Some(fault(Conditional, &[])), Fate::SoldOut, Fate::Unsettled),
        ] {
            assert_eq!(fate(ended_by.as_ref(), false), not_lost, "{ended_by:?}");
            assert_eq!(fate(ended_by.as_ref(), true), lost, "{ended_by:?} after a lost attempt");
        }
    }

    #[test]
    fn an_attempt_is_lost_if_it_may_have_taken_effect() {
        let lost = [FaultKind::Network, FaultKind::Server, FaultKind::Unreadable];
        let not = [FaultKind::Throttled, FaultKind::Conflict, FaultKind::Conditional, FaultKind::Denied];
        assert!(lost.into_iter().all(is_lost) && !not.into_iter().any(is_lost));
    }
}
