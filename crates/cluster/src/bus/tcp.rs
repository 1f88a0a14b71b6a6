//! The TCP bus is how agents and the one that leads them reach a hub.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::error::BusError;
use super::frame::{ANY, Frame, FrameKind};
use super::wire::{Bus, Heard, QUEUE, Request, Subject, Wire};

/// How long a connection may take.
const CONNECTED: Duration = Duration::from_secs(10);

/// A hub, as its parties reach it.
#[derive(Clone)]
pub struct TcpBus {
    address: SocketAddr,
    secret: String,
}

impl fmt::Debug for TcpBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpBus").field("address", &self.address).finish_non_exhaustive()
    }
}

impl TcpBus {
    /// A hub at that address, which only listens to who knows the secret.
    pub fn new(address: SocketAddr, secret: &str) -> Self {
        Self { address, secret: secret.to_owned() }
    }
}

impl Bus for TcpBus {
    fn address(&self) -> String {
        format!("tcp://{}", self.address)
    }

    fn connect(&self, listens_to: Subject) -> BoxFuture<'static, Result<Wire, BusError>> {
        let Self { address, secret } = self.clone();
        let name = self.address();
        Box::pin(async move {
            let failed = |why: String| BusError::Connect { address: name.clone(), why };
            let stream = timeout(CONNECTED, TcpStream::connect(address)).await;
            let stream = stream.map_err(|_| failed("no answer within 10 s".to_owned()))?;
            let stream = stream.map_err(|error| failed(error.to_string()))?;
            let opened = async {
                stream.set_nodelay(true)?;
                let (reading, mut writing) = stream.into_split();
                let hello = Frame::new(FrameKind::Hello, listens_to.name(), secret.into_bytes());
                hello.write(&mut writing).await?;
                Ok::<_, io::Error>((reading, writing))
            };
            let (reading, writing) = opened.await.map_err(|error| failed(error.to_string()))?;
            let (requests, asked) = mpsc::channel(QUEUE);
            let (tell, heard) = mpsc::channel(QUEUE);
            let (waiting, answers) = mpsc::channel(QUEUE);
            let lost = tell.clone();
            tokio::spawn(async move {
                let ended = tokio::select! {
                    ended = write(writing, asked, waiting) => ended,
                    ended = read(reading, tell, answers) => ended,
                };
                let why = ended.err().map_or_else(|| "it was closed".to_owned(), |error| error.to_string());
                // Nobody listens any more where the run is over.
                let _ = lost.send(Heard::Lost(why)).await;
            });
            Ok(Wire { requests, heard })
        })
    }
}

/// Who waits for the next answer.
enum Waiting {
    Put(oneshot::Sender<Result<(), BusError>>),
    Get(oneshot::Sender<Result<Option<Vec<u8>>, BusError>>),
}

async fn write(
    mut writing: OwnedWriteHalf,
    mut asked: mpsc::Receiver<Request>,
    waiting: mpsc::Sender<Waiting>,
) -> io::Result<()> {
    while let Some(request) = asked.recv().await {
        let frame = match request {
            Request::Publish(subject, message) => Frame::new(FrameKind::Publish, subject.name(), message),
            Request::Put(name, object, answer) => {
                // The reader ends only together with this.
                let _ = waiting.send(Waiting::Put(answer)).await;
                Frame::new(FrameKind::Put, &name, object)
            }
            Request::Get(name, answer) => {
                let _ = waiting.send(Waiting::Get(answer)).await;
                Frame::new(FrameKind::Get, &name, Vec::new())
            }
        };
        frame.write(&mut writing).await?;
    }
    Ok(())
}

async fn read(
    mut reading: OwnedReadHalf,
    tell: mpsc::Sender<Heard>,
    mut answers: mpsc::Receiver<Waiting>,
) -> io::Result<()> {
    let mut waiting = VecDeque::new();
    loop {
        let Frame { kind, content, .. } = Frame::read(&mut reading, ANY).await?;
        while let Ok(next) = answers.try_recv() {
            waiting.push_back(next);
        }
        match kind {
            // Who does not read its messages is cut off.
            FrameKind::Publish => tell.try_send(Heard::Message(content)).map_err(io::Error::other)?,
            FrameKind::Done | FrameKind::Absent => {
                // Answers come in the order of their requests.
                match waiting.pop_front() {
                    Some(Waiting::Put(answer)) => drop(answer.send(Ok(()))),
                    Some(Waiting::Get(answer)) => {
                        drop(answer.send(Ok((kind == FrameKind::Done).then_some(content))));
                    }
                    None => {}
                }
            }
            FrameKind::Hello | FrameKind::Put | FrameKind::Get => {}
        }
    }
}
