//! A poster sends bodies to a receiver over HTTP on a thread of its own, one after the other.
//!
//! A receiver that is slow or gone never slows the load: a few bodies wait for it, what comes on top is left out, and what
//! could not be delivered is counted.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SendError, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(5);

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

/// The sending side of the thread.
pub(crate) struct Poster {
    url: String,
    bodies: SyncSender<Body>,
    /// Whether the run is over.
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Lost>,
    left_out: u64,
}

/// What could not be delivered, and why at last.
#[derive(Debug, Default)]
struct Lost {
    samples: u64,
    problem: String,
}

impl Poster {
    /// Starts the thread, for which so many bodies may wait. `first` is called on it before anything is sent.
    pub(crate) fn start(
        endpoint: Endpoint,
        waiting: usize,
        first: impl FnOnce(&Agent) + Send + 'static,
    ) -> io::Result<Self> {
        let (bodies, received) = sync_channel(waiting);
        let url = endpoint.url.split('?').next().unwrap_or_default().to_owned();
        let is_over = Arc::<AtomicBool>::default();
        let over = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("out-post".to_owned()).spawn(move || {
            let agent = agent(&endpoint);
            first(&agent);
            post_all(&agent, &endpoint, &received, &over)
        })?;
        Ok(Self { url, bodies, is_over, thread, left_out: 0 })
    }

    /// Sends a body, or leaves it out while too many wait.
    pub(crate) fn offer(&mut self, body: Body) {
        if let Err(TrySendError::Full(body) | TrySendError::Disconnected(body)) = self.bodies.try_send(body) {
            self.left_out += body.samples;
        }
    }

    /// Sends the last body and waits until all are sent; an error if any sample was not delivered.
    pub(crate) fn finish(self, last: Option<Body>) -> io::Result<()> {
        let Self { url, bodies, is_over, thread, mut left_out } = self;
        is_over.store(true, Relaxed);
        if let Some(last) = last
            && let Err(SendError(last)) = bodies.send(last)
        {
            left_out += last.samples;
        }
        drop(bodies);
        let lost = thread.join().map_err(|_| io::Error::other("the sender panicked"))?;
        let samples = lost.samples + left_out;
        if samples == 0 {
            return Ok(());
        }
        let why = if lost.problem.is_empty() { "it was too slow".to_owned() } else { lost.problem };
        Err(io::Error::other(format!("{url}: {samples} samples were not delivered: {why}")))
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

/// Sends every body; one that is not taken is tried again, as long as the run lasts and a few times thereafter.
fn post_all(agent: &Agent, endpoint: &Endpoint, bodies: &Receiver<Body>, is_over: &AtomicBool) -> Lost {
    let mut lost = Lost::default();
    let (_quiet, silence) = channel::<()>();
    for body in bodies {
        let mut last_tries = 0;
        while let Err((problem, may_help)) = post(agent, endpoint, &body.bytes) {
            last_tries += u32::from(is_over.load(Relaxed));
            // A receiver that took nothing of the last body is not waited for again.
            if !may_help || last_tries >= LAST_TRIES || (last_tries > 0 && lost.samples > 0) {
                lost.samples += body.samples;
                lost.problem = problem;
                break;
            }
            // Nothing is ever said.
            let _ = silence.recv_timeout(PAUSE);
        }
    }
    lost
}

/// Sends one body; what is wrong, and whether another attempt may help.
pub(crate) fn post(agent: &Agent, endpoint: &Endpoint, body: &[u8]) -> Result<(), (String, bool)> {
    let mut post = agent.post(&endpoint.url);
    for (name, value) in &endpoint.headers {
        post = post.header(name, value);
    }
    let mut answer = post.send(body).map_err(|error| (error.to_string(), true))?;
    if answer.status().is_success() {
        return Ok(());
    }
    let text = answer.body_mut().with_config().limit(1 << 10).read_to_string().unwrap_or_default();
    let status = answer.status();
    let may_help = status.is_server_error() || status.as_u16() == 429;
    Err((format!("it answers {status}: {}", text.trim()), may_help))
}
