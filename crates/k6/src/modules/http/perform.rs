//! Performing a call: sending it, following where it leads, and adding its samples.

use std::rc::Rc;

use flashcrowd_http::{Exchange, HttpError, Request, SampleKey, fetch};

use super::call::{Call, ResponseType};
use super::debug;
use crate::state::VuState;

/// The outcome of a call.
pub struct CallOutcome {
    /// The URL that the script requested.
    pub url: String,
    /// The last exchange, its body decoded; none when the URL was invalid.
    pub exchange: Option<(Box<Exchange>, Request)>,
    /// Why there is no usable response.
    pub error: Option<HttpError>,
    /// What the script wants of the body.
    pub response_type: ResponseType,
}

impl CallOutcome {
    /// The outcome of a request that was never sent because it is invalid.
    pub fn refused(message: String) -> Box<Self> {
        let error = HttpError { code: 0, message: message.into() };
        Box::new(Self {
            url: String::new(),
            exchange: None,
            error: Some(error),
            response_type: ResponseType::None,
        })
    }
}

/// Sends a call and adds the samples of each of its exchanges.
pub async fn perform(vu: &Rc<VuState>, call: Box<Call>) -> Box<CallOutcome> {
    let request = match call.request {
        Ok(request) => request,
        Err(error) => {
            let Call { url, response_type, .. } = *call;
            return Box::new(CallOutcome { url, exchange: None, error: Some(error), response_type });
        }
    };
    let Some(client) = &vu.client else {
        let Call { url, response_type, .. } = *call;
        return Box::new(CallOutcome { url, exchange: None, error: None, response_type });
    };
    if let Some(limit) = vu.program.limiter() {
        limit.wait().await;
    }
    let on_exchange = |exchange: &Exchange, request: &Request| {
        if let Some(mode) = vu.settings().http_debug {
            debug::log(vu, mode, exchange, request);
        }
        add_samples(vu, exchange, request, call.name.as_ref(), call.tags.as_ref(), &call.expected);
    };
    let mut fetched = fetch(client, request, Some(&*call.jar), &call.options, on_exchange).await;
    if fetched.redirect_limit_reached && !call.redirects_said {
        vu.warn(&format!(
            "stopped after {} redirects: {}",
            call.options.redirects, fetched.request.target.name
        ));
    }
    if fetched.dropped_cookies > 0
        && vu.worker.as_ref().is_some_and(|worker| !worker.told_cookies.replace(true))
    {
        vu.warn(&format!(
            "the cookie jar is full: {} cookies were not kept; a virtual user has 180 for a domain, 3,000 and 1 MiB in all",
            fetched.dropped_cookies
        ));
    }
    let error = fetched.exchange.error.take();
    Box::new(CallOutcome {
        url: call.url,
        exchange: Some((fetched.exchange, fetched.request)),
        error,
        response_type: call.response_type,
    })
}

fn add_samples(
    vu: &VuState,
    exchange: &Exchange,
    request: &Request,
    name: Option<&Rc<str>>,
    extra: Option<&flashcrowd_metrics::TagSet>,
    expected: &crate::expected::Expected,
) {
    vu.sent.set(vu.sent.get() + exchange.bytes_sent);
    vu.received.set(vu.received.get() + exchange.bytes_received);
    let Some(worker) = &vu.worker else { return };
    let system = &vu.settings().system_tags;
    let key = SampleKey {
        base: vu.tags(),
        extra: extra.cloned(),
        name: name.unwrap_or(&request.target.name).clone(),
        method: request.method.clone(),
        status: exchange.status,
        version: exchange.version,
        error_code: exchange.error_code(),
        expected: expected.accepts(exchange.status),
        error: exchange.error.as_ref().map(|error| error.message.clone()),
        tls: exchange.tls.map(|tls| tls.version),
        ip: exchange.remote.filter(|_| system.has_ip()).map(|remote| remote.ip()),
        resent: exchange.delivery.resends > 0,
    };
    let lag = vu.take_lag();
    worker.samples.borrow_mut().add(&mut worker.context.shard.borrow_mut(), key, exchange, system, lag);
}
