//! A link carries frames to and from the child; what is sent in one turn of the thread goes in one write.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use bytes::BytesMut;
use hashbrown::HashMap;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio::task::{spawn_local, yield_now};

use crate::child::{Frame, Parsed, json_frame, parse};

/// Read at once at most.
const READ: usize = 64 * 1024;

/// The way to the child.
#[derive(Default)]
pub(super) struct Link {
    out: RefCell<Vec<u8>>,
    written: Notify,
    asked: RefCell<HashMap<u64, oneshot::Sender<Value>>>,
    last: Cell<u64>,
    gone: Cell<bool>,
}

impl Link {
    /// Starts to read and write; everything that comes is handed to `heard`, and at last none, when the child is gone.
    pub(super) fn start(self: &Rc<Self>, socket: UnixStream, heard: impl Fn(Option<Frame>) + 'static) {
        let (reader, writer) = socket.into_split();
        spawn_local(self.clone().write(Writer(Some(writer))));
        spawn_local(self.clone().read(reader, heard));
    }

    /// Adds something to what is sent.
    pub(super) fn send(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut out = self.out.borrow_mut();
        let was_empty = out.is_empty();
        write(&mut out);
        if was_empty {
            self.written.notify_one();
        }
    }

    /// Sends a message.
    pub(super) fn tell(&self, message: &Value) {
        self.send(|out| json_frame(out, message));
    }

    /// Sends a message, and waits for the answer; none when the child is gone.
    pub(super) async fn ask(&self, mut message: Value) -> Option<Value> {
        if self.gone.get() {
            return None;
        }
        let id = self.last.get() + 1;
        self.last.set(id);
        message["id"] = json!(id);
        let (sender, receiver) = oneshot::channel();
        self.asked.borrow_mut().insert(id, sender);
        self.tell(&message);
        receiver.await.ok()
    }

    /// The answer to a message is here.
    pub(super) fn answered(&self, id: u64, answer: Value) {
        if let Some(sender) = self.asked.borrow_mut().remove(&id) {
            // Who asked may have given up.
            let _ = sender.send(answer);
        }
    }

    /// Whether the child is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.get()
    }

    async fn write(self: Rc<Self>, writer: Writer) {
        let Some(socket) = &writer.0 else { return };
        let mut batch = Vec::new();
        loop {
            self.written.notified().await;
            // Whoever is ready now adds to the same write.
            yield_now().await;
            std::mem::swap(&mut batch, &mut *self.out.borrow_mut());
            if write_all(socket, &batch).await.is_err() {
                return;
            }
            batch.clear();
            if batch.capacity() > 4 * READ {
                batch = Vec::new();
            }
        }
    }

    async fn read(self: Rc<Self>, mut socket: OwnedReadHalf, heard: impl Fn(Option<Frame>)) {
        let mut buffer = BytesMut::with_capacity(READ);
        loop {
            match parse(&mut buffer) {
                Parsed::Frame(frame) => {
                    heard(Some(frame));
                    continue;
                }
                Parsed::Wrong(_) => break,
                Parsed::More => {}
            }
            if buffer.capacity() - buffer.len() < READ / 4 {
                buffer.reserve(READ);
            }
            // It knows from a short read that there is no more, and does not ask again.
            match socket.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        self.gone.set(true);
        self.asked.borrow_mut().clear();
        heard(None);
    }
}

/// The half that writes. It would shut the socket down when it is dropped, and the child would end before it has heard the exit code.
struct Writer(Option<OwnedWriteHalf>);

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(half) = self.0.take() {
            half.forget();
        }
    }
}

async fn write_all(socket: &OwnedWriteHalf, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match socket.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => socket.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
