//! A link is a stream of events as its script has it: what came and was not told yet, and whether it is to end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use flashcrowd_http::{Exchange, Part};
use http::HeaderMap;
use tokio::sync::Notify;

use super::measure::Measure;
use super::parser::{Event, Parser};

/// What a script is told.
pub enum Told {
    /// The response's head.
    Head(u16, HeaderMap),
    /// An event.
    Event(Event),
    /// The end.
    End(Box<Exchange>),
}

/// The script's side of a stream.
pub struct Link {
    measure: Measure,
    parser: RefCell<Parser>,
    queue: RefCell<VecDeque<Told>>,
    queued: Notify,
    head: Cell<bool>,
    stopped: Cell<bool>,
    stop: Notify,
    too_long: Cell<bool>,
}

impl Link {
    /// The link of a stream that is asked for.
    pub fn new(measure: Measure) -> Self {
        Self {
            measure,
            parser: RefCell::default(),
            queue: RefCell::default(),
            queued: Notify::new(),
            head: Cell::default(),
            stopped: Cell::default(),
            stop: Notify::new(),
            too_long: Cell::default(),
        }
    }

    /// Takes a part of the response; false where no more is wanted.
    pub fn take(&self, part: Part<'_>) -> bool {
        if self.stopped.get() {
            return false;
        }
        match part {
            Part::Head(status, headers) => {
                self.head.set(true);
                self.measure.head(status);
                self.tell(Told::Head(status, headers.clone()));
            }
            Part::Data(bytes) => match self.parser.borrow_mut().push(bytes) {
                Ok(events) => {
                    for event in events {
                        if !event.is_comment() {
                            self.measure.event();
                        }
                        self.tell(Told::Event(event));
                    }
                }
                Err(_) => {
                    self.too_long.set(true);
                    return false;
                }
            },
        }
        true
    }

    /// The response has ended.
    pub fn end(&self, exchange: Box<Exchange>) {
        self.measure.end(&exchange, self.head.get());
        self.tell(Told::End(exchange));
    }

    /// Whether it has ended because an event was too long.
    pub fn was_too_long(&self) -> bool {
        self.too_long.get()
    }

    /// Ends the stream.
    pub fn stop(&self) {
        self.stopped.set(true);
        self.stop.notify_one();
    }

    /// Whether the script has ended it.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Waits until the script ends it.
    pub async fn stopped(&self) {
        while !self.stopped.get() {
            self.stop.notified().await;
        }
    }

    /// Everything that the script was not told yet, once there is anything.
    pub async fn next(&self) -> Vec<Told> {
        loop {
            let told: Vec<Told> = self.queue.borrow_mut().drain(..).collect();
            if !told.is_empty() {
                return told;
            }
            self.queued.notified().await;
        }
    }

    fn tell(&self, told: Told) {
        self.queue.borrow_mut().push_back(told);
        self.queued.notify_one();
    }
}
