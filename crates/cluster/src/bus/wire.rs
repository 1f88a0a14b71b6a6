//! A wire is one process's end of a bus.

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::error::BusError;

/// How many requests and messages wait on a wire at most; who is slower than that is cut off, not waited for.
pub(super) const QUEUE: usize = 4096;

/// Who hears a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The one that leads the run.
    Lead,
    /// All agents.
    Agents,
}

impl Subject {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Agents => "agents",
        }
    }
}

/// What is asked of a bus.
#[derive(Debug)]
pub enum Request {
    /// Tell all who listen now.
    Publish(Subject, Vec<u8>),
    /// Keep an object for all to get.
    Put(String, Vec<u8>, oneshot::Sender<Result<(), BusError>>),
    /// Get an object; none where there is none of that name.
    Get(String, oneshot::Sender<Result<Option<Vec<u8>>, BusError>>),
}

/// What comes from a bus.
#[derive(Debug)]
pub enum Heard {
    /// A message.
    Message(Vec<u8>),
    /// The connection is over, for that reason; nothing follows.
    Lost(String),
}

/// One process's end of a bus, which works as long as the runtime that connected it.
#[derive(Debug)]
pub struct Wire {
    /// What is asked.
    pub requests: mpsc::Sender<Request>,
    /// What comes.
    pub heard: mpsc::Receiver<Heard>,
}

/// A kind of bus.
pub trait Bus: Send + Sync {
    /// Where it is, for people.
    fn address(&self) -> String;

    /// Connects, to hear what is told to that subject.
    fn connect(&self, listens_to: Subject) -> BoxFuture<'static, Result<Wire, BusError>>;

    /// Whether all of it is on the caller's thread and clock, as in a simulation: then it connects at once, inside a
    /// `LocalSet`, and so are those who use it.
    fn is_here(&self) -> bool {
        false
    }
}

impl Wire {
    /// Gets an object.
    pub async fn get(requests: &mpsc::Sender<Request>, name: &str) -> Result<Option<Vec<u8>>, BusError> {
        let (answer, answered) = oneshot::channel();
        let asked = requests.send(Request::Get(name.to_owned(), answer)).await;
        asked.map_err(|_| BusError::Lost)?;
        answered.await.map_err(|_| BusError::Lost)?
    }

    /// Puts an object.
    pub async fn put(requests: &mpsc::Sender<Request>, name: &str, object: Vec<u8>) -> Result<(), BusError> {
        let (answer, answered) = oneshot::channel();
        let asked = requests.send(Request::Put(name.to_owned(), object, answer)).await;
        asked.map_err(|_| BusError::Lost)?;
        answered.await.map_err(|_| BusError::Lost)?
    }
}
