//! A poster sends bodies to a receiver on a thread of its own, one after the other.
//!
//! A receiver that is slow or gone never slows the load: a few bodies wait for it, what comes on top is left out, and the
//! samples that could not be delivered are counted.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a request may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// How long to wait before a body is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a body is tried once the run is over.
const LAST_TRIES: u32 = 3;

/// Where bodies go.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) is_insecure: bool,
}

impl Endpoint {
    /// The same, with headers that say what every body is in front of its own.
    pub(crate) fn after<const N: usize>(&self, first: [(&str, &str); N]) -> Self {
        let first = first.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { headers: first.chain(self.headers.iter().cloned()).collect(), ..self.clone() }
    }
}

/// A body, and how many samples are in it.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) samples: u64,
}

/// What bodies have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// Each has samples of its own.
    Parts,
    /// Each has all samples since the start, so that it makes up for those before it that were lost.
    Wholes,
}

/// Why a body was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) problem: String,
    /// Whether another attempt may help.
    pub(crate) may_help: bool,
}

/// The sending side of the thread.
pub(crate) struct Poster {
    url: String,
    kind: Bodies,
    bodies: SyncSender<Body>,
    /// Whether the run is over.
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Delivered>,
    samples: u64,
}

/// What was delivered, and what was wrong with what was not.
#[derive(Debug, Default)]
struct Delivered {
    samples: u64,
    problem: String,
}

impl Poster {
    /// Starts the thread, for which so many bodies may wait. What sends them is made there.
    pub(crate) fn start<S: FnMut(&[u8]) -> Result<(), Refused>>(
        url: &str,
        (kind, waiting): (Bodies, usize),
        make: impl FnOnce() -> S + Send + 'static,
    ) -> io::Result<Self> {
        let (bodies, received) = sync_channel(waiting);
        let is_over = Arc::<AtomicBool>::default();
        let over = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("out-post".to_owned());
        let thread = thread.spawn(move || Line { kind, received, is_over: over }.post_all(make()))?;
        let url = url.split('?').next().unwrap_or_default().to_owned();
        Ok(Self { url, kind, bodies, is_over, thread, samples: 0 })
    }

    /// Sends a body, or leaves it out while too many wait.
    pub(crate) fn offer(&mut self, body: Body) {
        self.count(&body);
        // What is left out is not among the delivered ones.
        let _ = self.bodies.try_send(body);
    }

    /// Sends the last bodies and waits until all are sent; an error if any sample was not delivered.
    pub(crate) fn finish(mut self, last: impl IntoIterator<Item = Body>) -> io::Result<()> {
        self.is_over.store(true, Relaxed);
        for body in last {
            self.count(&body);
            // As above; it fails only if the sender has panicked, which is noticed below.
            let _ = self.bodies.send(body);
        }
        let Self { url, bodies, thread, samples, .. } = self;
        drop(bodies);
        let delivered = thread.join().map_err(|_| io::Error::other("the sender panicked"))?;
        let lost = samples.saturating_sub(delivered.samples);
        if lost == 0 && delivered.problem.is_empty() {
            return Ok(());
        }
        let why = if delivered.problem.is_empty() { "it was too slow" } else { &delivered.problem };
        Err(io::Error::other(format!("{url}: {lost} samples were not delivered: {why}")))
    }

    fn count(&mut self, body: &Body) {
        self.samples = match self.kind {
            Bodies::Parts => self.samples + body.samples,
            Bodies::Wholes => body.samples,
        };
    }
}

/// The receiving side of the thread.
struct Line {
    kind: Bodies,
    received: Receiver<Body>,
    is_over: Arc<AtomicBool>,
}

impl Line {
    /// Sends every body; one that is not taken is tried again, as long as the run lasts and a few times thereafter.
    fn post_all(&self, mut send: impl FnMut(&[u8]) -> Result<(), Refused>) -> Delivered {
        let mut delivered = Delivered::default();
        let mut gave_up = false;
        for body in &self.received {
            match self.post(&mut send, body, gave_up) {
                Ok(samples) if self.kind == Bodies::Wholes => {
                    delivered = Delivered { samples, problem: String::new() };
                }
                Ok(samples) => delivered.samples += samples,
                Err(problem) => (delivered.problem, gave_up) = (problem, true),
            }
        }
        delivered
    }

    /// Sends one body, or one that has come since and makes up for it; how many samples it has.
    fn post(
        &self,
        send: &mut impl FnMut(&[u8]) -> Result<(), Refused>,
        mut body: Body,
        gave_up: bool,
    ) -> Result<u64, String> {
        let (_quiet, silence) = channel::<()>();
        let mut last_tries = 0;
        while let Err(Refused { problem, may_help }) = send(&body.bytes) {
            last_tries += u32::from(self.is_over.load(Relaxed));
            // A receiver that did not take an earlier body is not waited for again.
            if !may_help || last_tries >= LAST_TRIES || (last_tries > 0 && gave_up) {
                return Err(problem);
            }
            // Nothing is ever said.
            let _ = silence.recv_timeout(PAUSE);
            if self.kind == Bodies::Wholes
                && let Ok(newer) = self.received.try_recv()
            {
                body = newer;
            }
        }
        Ok(body.samples)
    }
}

/// Who sends there.
pub(crate) fn agent(endpoint: &Endpoint) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(endpoint.is_insecure)
        .build();
    let config = Agent::config_builder()
        .timeout_global(Some(LIMIT))
        .tls_config(tls)
        .http_status_as_error(false)
        .user_agent(concat!("flashcrowd/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

/// Sends one body over HTTP.
pub(crate) fn post(agent: &Agent, endpoint: &Endpoint, body: &[u8]) -> Result<(), Refused> {
    let mut post = agent.post(&endpoint.url);
    for (name, value) in &endpoint.headers {
        post = post.header(name, value);
    }
    let answer = post.send(body);
    let mut answer = answer.map_err(|error| Refused { problem: error.to_string(), may_help: true })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let text = answer.body_mut().with_config().limit(1 << 10).read_to_string().unwrap_or_default();
    let may_help = status.is_server_error() || status.as_u16() == 429;
    Err(Refused { problem: format!("it answers {status}: {}", text.trim()), may_help })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of three bodies of ten samples, each whole or not, at a receiver that answers so, at last always.
    fn posted(kind: Bodies, answers: &[Result<(), bool>]) -> Result<(), String> {
        let answers = answers.to_vec();
        let make = move || {
            let mut next = answers.into_iter();
            let mut last = Ok(());
            move |_: &[u8]| {
                last = next.next().unwrap_or(last);
                last.map_err(|may_help| Refused { problem: "no".to_owned(), may_help })
            }
        };
        let poster = Poster::start("http://shop/push?key=k", (kind, 4), make).unwrap();
        let samples = |at: u64| if kind == Bodies::Wholes { at * 10 } else { 10 };
        let bodies = (1..=3).map(|at| Body { bytes: Vec::new(), samples: samples(at) });
        poster.finish(bodies).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_that_are_lost_are_counted_and_wholes_make_up_for_each_other() {
        let lost = |samples: u64| Err(format!("http://shop/push: {samples} samples were not delivered: no"));
        for (kind, answers, expected) in [
            (Bodies::Parts, &[Ok(())][..], Ok(())),
            (Bodies::Parts, &[Err(false), Ok(())], lost(10)),
            (Bodies::Parts, &[Err(true), Err(true), Ok(())], Ok(())),
            (Bodies::Parts, &[Ok(()), Err(true)], lost(20)),
            (Bodies::Wholes, &[Err(false), Ok(())], Ok(())),
            (Bodies::Wholes, &[Ok(()), Err(false)], lost(20)),
            (Bodies::Wholes, &[Err(true)], lost(30)),
        ] {
            assert_eq!(posted(kind, answers), expected, "{kind:?} {answers:?}");
        }
    }
}
