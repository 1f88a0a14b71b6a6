//! The hub is a bus inside the process that leads a run: agents connect to it over TCP, with the secret of the run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::frame::{ANY, Frame, FrameKind, HELLO};
use super::tcp::TcpBus;
use super::wire::QUEUE;

/// How long a connection may take to say who it is.
const INTRODUCED: Duration = Duration::from_secs(5);

/// A bus inside of this process; it ends with it.
#[derive(Clone, Debug)]
pub struct Hub {
    bus: TcpBus,
}

#[derive(Default)]
struct Shared {
    objects: HashMap<String, Vec<u8>>,
    /// By subject: the connections that listen to it.
    listeners: HashMap<String, Vec<mpsc::Sender<Rc<Frame>>>>,
}

impl Hub {
    /// Opens a hub on a port of its own of this address. Only who knows the secret is listened to.
    pub fn open(address: SocketAddr, secret: &str) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let bus = TcpBus::new(listener.local_addr()?, secret);
        let secret = secret.to_owned();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            LocalSet::new().block_on(&runtime, accept(listener, secret))
        };
        std::thread::Builder::new().name("bus".to_owned()).spawn(serve)?;
        Ok(Self { bus })
    }

    /// The bus as its parties reach it.
    pub fn bus(&self) -> &TcpBus {
        &self.bus
    }
}

async fn accept(listener: std::net::TcpListener, secret: String) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let (shared, secret) = (Rc::new(RefCell::new(Shared::default())), Rc::new(secret));
    loop {
        // Too many open files: the next attempt may find one.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (shared, secret) = (shared.clone(), secret.clone());
        spawn_local(async move {
            // A party that breaks off is missed by those who wait for it, and named by them.
            let _ = serve(stream, &shared, &secret).await;
        });
    }
}

async fn serve(stream: TcpStream, shared: &RefCell<Shared>, secret: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reading, mut writing) = stream.into_split();
    let hello = timeout(INTRODUCED, Frame::read(&mut reading, HELLO)).await??;
    if hello.kind != FrameKind::Hello || !same(&hello.content, secret.as_bytes()) {
        return Ok(());
    }
    let (sender, mut outgoing) = mpsc::channel::<Rc<Frame>>(QUEUE);
    shared.borrow_mut().listeners.entry(hello.name).or_default().push(sender.clone());
    let write = async {
        while let Some(frame) = outgoing.recv().await {
            frame.write(&mut writing).await?;
        }
        Ok(())
    };
    let read = async {
        loop {
            let frame = Frame::read(&mut reading, ANY).await?;
            let answer = shared.borrow_mut().handle(frame);
            if let Some(answer) = answer
                && sender.send(Rc::new(answer)).await.is_err()
            {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = write => ended,
        ended = read => ended,
    }
}

impl Shared {
    /// Does what a frame asks for, and returns the answer.
    fn handle(&mut self, frame: Frame) -> Option<Frame> {
        match frame.kind {
            FrameKind::Publish => {
                let frame = Rc::new(frame);
                // Who is so slow that its queue is full is no longer listened for: it misses its beats, and is lost.
                if let Some(listeners) = self.listeners.get_mut(&frame.name) {
                    listeners.retain(|listener| listener.try_send(frame.clone()).is_ok());
                }
                None
            }
            FrameKind::Put => {
                let name = frame.name.clone();
                self.objects.insert(frame.name, frame.content);
                Some(Frame::new(FrameKind::Done, &name, Vec::new()))
            }
            FrameKind::Get => Some(match self.objects.get(&frame.name) {
                Some(object) => Frame::new(FrameKind::Done, &frame.name, object.clone()),
                None => Frame::new(FrameKind::Absent, &frame.name, Vec::new()),
            }),
            FrameKind::Hello | FrameKind::Done | FrameKind::Absent => None,
        }
    }
}

/// Whether both are the same, in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |found, (a, b)| found | (a ^ b)) == 0
}
