//! A watch is told of everything that a client does, so that nothing of it is hidden.

use std::time::Duration;

use flashcrowd_http::Exchange;

use crate::call::{Call, Reply};
use crate::fault::Fault;

/// How a call ended.
#[derive(Debug)]
pub struct CallEnd<'a> {
    /// Its answer.
    pub result: Result<&'a Reply, &'a Fault>,
    /// How many attempts it took.
    pub attempts: u32,
    /// How long it took, back-off included.
    pub took: Duration,
}

/// Is told of what a client does.
pub trait Watch {
    /// One attempt was answered, or was not.
    fn attempt(&self, call: &Call, exchange: &Exchange, fault: Option<&Fault>);

    /// One attempt had been sent when it was given up: nobody knows what came of it.
    fn interrupted(&self, _call: &Call, _exchange: &Exchange) {}

    /// The call is about to wait before its next attempt.
    fn back_off(&self, call: &Call, wait: Duration);

    /// It has waited so long: less than it was about to if nobody waits for its answer any more.
    fn waited(&self, call: &Call, waited: Duration);

    /// The call is over.
    fn end(&self, call: &Call, end: &CallEnd<'_>);
}

impl Watch for () {
    fn attempt(&self, _: &Call, _: &Exchange, _: Option<&Fault>) {}

    fn back_off(&self, _: &Call, _: Duration) {}

    fn waited(&self, _: &Call, _: Duration) {}

    fn end(&self, _: &Call, _: &CallEnd<'_>) {}
}
