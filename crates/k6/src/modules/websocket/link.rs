//! A link is an open WebSocket as its script has it: a queue of frames out, and events in.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_http::{Frame, HttpError, WebSocket};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::measure::Measure;

/// How long the other side has for its part of an orderly end.
const CLOSE_WAIT: Duration = Duration::from_secs(10);

/// What a script is told.
pub enum Event {
    /// A frame came.
    Frame(Frame),
    /// Something went wrong; the end follows.
    Error(HttpError),
    /// The connection has ended, with a code and a reason.
    End(u16, String),
}

/// The script's side of an open WebSocket.
pub struct Link {
    measure: Measure,
    queue: RefCell<VecDeque<Frame>>,
    queued: Notify,
    bytes: Cell<usize>,
    pings: RefCell<HashMap<Vec<u8>, Instant>>,
    last_ping: Cell<u64>,
    closing: Cell<Option<Instant>>,
    ended: Cell<bool>,
}

impl Link {
    /// The link of a WebSocket that was just opened.
    pub fn new(measure: Measure) -> Rc<Self> {
        Rc::new(Self {
            measure,
            queue: RefCell::default(),
            queued: Notify::new(),
            bytes: Cell::default(),
            pings: RefCell::default(),
            last_ping: Cell::default(),
            closing: Cell::default(),
            ended: Cell::default(),
        })
    }

    /// Puts a frame into the queue.
    pub fn send(&self, frame: Frame) {
        if self.ended.get() {
            return;
        }
        if let Frame::Text(_) | Frame::Binary(_) = &frame {
            self.bytes.set(self.bytes.get() + size(&frame));
            self.measure.sent();
        }
        if let Frame::Close(..) = frame {
            self.closing.set(Some(Instant::now()));
        }
        self.queue.borrow_mut().push_back(frame);
        self.queued.notify_one();
    }

    /// Sends a ping whose answer is timed.
    pub fn ping(&self) {
        let number = self.last_ping.get() + 1;
        self.last_ping.set(number);
        let payload = number.to_string().into_bytes();
        self.pings.borrow_mut().insert(payload.clone(), Instant::now());
        self.send(Frame::Ping(payload));
    }

    /// Bytes of messages that are not written yet.
    pub fn buffered(&self) -> usize {
        self.bytes.get()
    }

    /// Whether the end was asked for.
    pub fn is_closing(&self) -> bool {
        self.closing.get().is_some()
    }

    /// Notes the end.
    pub fn end(&self) {
        if !self.ended.replace(true) {
            self.measure.end();
        }
    }

    /// Writes what is in the queue, and waits for the next event.
    pub async fn next(&self, socket: &mut WebSocket) -> Event {
        loop {
            while let Some(frame) = self.pop() {
                let size = size(&frame);
                let done = socket.send(frame).await;
                self.bytes.set(self.bytes.get().saturating_sub(size));
                if let Err(error) = done {
                    self.measure.bytes(socket.take_bytes());
                    return Event::Error(error);
                }
            }
            let patience =
                self.closing.get().map_or(Duration::MAX, |since| CLOSE_WAIT.saturating_sub(since.elapsed()));
            let patience = patience.min(Duration::from_secs(365 * 24 * 3600));
            let frame = tokio::select! {
                frame = socket.next() => frame,
                () = self.queued.notified() => continue,
                () = tokio::time::sleep(patience) => return Event::End(1006, String::new()),
            };
            self.measure.bytes(socket.take_bytes());
            return match frame {
                None => Event::End(if self.is_closing() { 1005 } else { 1006 }, String::new()),
                Some(Err(error)) => Event::Error(error),
                Some(Ok(frame)) => self.arrived(frame),
            };
        }
    }

    fn pop(&self) -> Option<Frame> {
        self.queue.borrow_mut().pop_front()
    }

    fn arrived(&self, frame: Frame) -> Event {
        match &frame {
            Frame::Text(_) | Frame::Binary(_) => self.measure.received(),
            Frame::Pong(payload) => {
                if let Some(sent) = self.pings.borrow_mut().remove(payload) {
                    self.measure.ping(sent);
                }
            }
            _ => {}
        }
        Event::Frame(frame)
    }
}

/// A link that nobody waits for any more has ended, too: the iteration was interrupted.
impl Drop for Link {
    fn drop(&mut self) {
        self.end();
    }
}

fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}
