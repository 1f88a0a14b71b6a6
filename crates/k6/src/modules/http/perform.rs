//! Performing a call: sending it, following where it leads, and adding its samples.

use std::rc::Rc;

use flashcrowd_http::{Exchange, Fetched, HttpError, Request, SampleKey, fetch, full_jar};

use super::call::{Call, Labels, ResponseType};
use super::debug;
use crate::state::VuState;

/// The outcome of a call.
pub struct CallOutcome {
    /// The last exchange, its body decoded.
    pub exchange: Box<Exchange>,
    /// The request it is the answer to.
    pub request: Request,
    /// Why there is no usable response.
    pub error: Option<HttpError>,
    /// What the script wants of the body.
    pub response_type: ResponseType,
}

/// What stands for the answer to a request that is right, in a batch that is not sent.
pub const NOT_SENT: &str = "not sent, as another request of the batch is wrong";

/// The outcome of a call that is not sent: a request that failed.
pub fn refused(vu: &VuState, call: Box<Call>) -> Box<CallOutcome> {
    let Call { request, refusal, labels, response_type, .. } = *call;
    let error = match (refusal, request.target.refusal()) {
        (Some(message), _) => HttpError { code: 0, message: message.into() },
        (None, Some(error)) => error.clone(),
        (None, None) => HttpError { code: 0, message: NOT_SENT.into() },
    };
    let mut exchange = Exchange::unsent(error);
    add_samples(vu, &exchange, &request, &labels);
    let error = exchange.error.take();
    Box::new(CallOutcome { exchange, request, error, response_type })
}

/// Sends a call and adds the samples of each of its exchanges.
pub async fn perform(vu: &Rc<VuState>, call: Box<Call>) -> Box<CallOutcome> {
    let Some(client) = vu.client.as_ref().filter(|_| call.refusal.is_none()) else {
        return refused(vu, call);
    };
    let Call { request, options, jar, labels, response_type, redirects_said, .. } = *call;
    if let Some(limit) = vu.program.limiter() {
        limit.wait().await;
    }
    let on_exchange = |exchange: &Exchange, request: &Request| {
        if let Some(mode) = vu.settings().http_debug {
            debug::log(vu, mode, exchange, request);
        }
        add_samples(vu, exchange, request, &labels);
    };
    let Fetched { mut exchange, request, dropped_cookies, redirect_limit_reached } =
        fetch(client, request, Some(&*jar), &options, on_exchange).await;
    if redirect_limit_reached && !redirects_said {
        vu.warn(&format!("stopped after {} redirects: {}", options.redirects, request.target.name));
    }
    if dropped_cookies > 0 && vu.worker.as_ref().is_some_and(|worker| !worker.told_cookies.replace(true)) {
        vu.warn(&full_jar(dropped_cookies));
    }
    let error = exchange.error.take();
    Box::new(CallOutcome { exchange, request, error, response_type })
}

fn add_samples(vu: &VuState, exchange: &Exchange, request: &Request, labels: &Labels) {
    vu.sent.set(vu.sent.get() + exchange.bytes_sent);
    vu.received.set(vu.received.get() + exchange.bytes_received);
    let Some(worker) = &vu.worker else { return };
    let system = &vu.settings().system_tags;
    let key = SampleKey {
        base: vu.tags(),
        extra: labels.tags.clone(),
        name: labels.name.as_ref().unwrap_or(&request.target.name).clone(),
        method: request.method.clone(),
        status: exchange.status,
        version: exchange.version,
        error_code: exchange.error_code(),
        expected: labels.expected.accepts(exchange.status),
        error: exchange.error.as_ref().map(|error| error.message.clone()),
        tls: exchange.tls.map(|tls| tls.version),
        ip: exchange.remote.filter(|_| system.has_ip()).map(|remote| remote.ip()),
        resent: exchange.delivery.resends > 0,
    };
    let lag = vu.take_lag();
    worker.samples.borrow_mut().add(&mut worker.context.shard.borrow_mut(), key, exchange, system, lag);
}
