//! The stage is what all requests and messages of a run share, on the one thread where they live.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flashcrowd_engine::WorkerContext;
use flashcrowd_http::{Client, WorkerClient};
use flashcrowd_test::{Level, Message, Source};
use hashbrown::HashMap;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::behaviour::Parts;
use super::link::Link;
use super::samples::{Measured, Samples};
use crate::child::{Frame, SampleFrame};
use crate::counts::Counts;
use crate::stats::{Counted, Table};

/// What the run has to know of, besides requests.
#[derive(Debug)]
pub(super) enum Event {
    /// A user has ended.
    Done(u32),
    /// So many users, so many a second, of these classes; all by the shape where no number is given.
    Start(Option<u64>, f64, Option<Vec<String>>),
    /// The test is to end.
    End,
    /// A user ended the test, and why.
    StopTest(String),
    /// A user waits for its turn.
    Idle(u32),
    /// The child's answer to a ping.
    Pong(u64),
    /// The child is about to end; why.
    Died(String),
    /// The child is gone.
    Gone,
}

/// A client of a session, by how it speaks TLS and how long it may take to connect.
pub(super) type SessionClient = ((u16, u32), Rc<Client>);

/// How TLS is spoken, by its number.
pub(super) type WorkerClients = HashMap<(u16, u32), Rc<WorkerClient>>;

/// What all requests and messages of a run share.
pub(super) struct Stage {
    pub(super) link: Rc<Link>,
    pub(super) parts: Arc<Parts>,
    pub(super) worker: Rc<WorkerContext>,
    pub(super) samples: Samples,
    pub(super) table: RefCell<Table>,
    pub(super) counts: Cell<Counts>,
    pub(super) texts: RefCell<Vec<Rc<str>>>,
    pub(super) sessions: RefCell<HashMap<u32, Vec<SessionClient>>>,
    pub(super) clients: RefCell<WorkerClients>,
    pub(super) tls: RefCell<HashMap<u16, flashcrowd_http::TlsOptions>>,
    /// Requests on their way; whether each is a further one of a call.
    pub(super) running: RefCell<HashMap<u32, (AbortHandle, bool)>>,
    /// Answers that the child has yet to judge.
    pub(super) held: RefCell<HashMap<u32, Measured>>,
    /// Bodies that nobody has asked for yet.
    pub(super) bodies: RefCell<HashMap<u32, Bytes>>,
    pub(super) traffic: Cell<(u64, u64)>,
    events: UnboundedSender<Event>,
    start: (SystemTime, Instant),
}

impl Stage {
    pub(super) fn new(
        parts: Arc<Parts>,
        worker: Rc<WorkerContext>,
        link: Rc<Link>,
        events: UnboundedSender<Event>,
    ) -> Self {
        let start = ((parts.now)(), Instant::now());
        let samples = Samples::new(worker.shard.clone(), parts.system_tags.clone());
        let epoch = epoch(start.0);
        Self {
            link,
            parts,
            worker,
            samples,
            table: RefCell::new(Table::new(epoch)),
            counts: Cell::default(),
            texts: RefCell::default(),
            sessions: RefCell::default(),
            clients: RefCell::default(),
            tls: RefCell::default(),
            running: RefCell::default(),
            held: RefCell::default(),
            bodies: RefCell::default(),
            traffic: Cell::default(),
            events,
            start,
        }
    }

    /// Now, in seconds since the epoch.
    pub(super) fn now(&self) -> f64 {
        epoch(self.start.0) + self.start.1.elapsed().as_secs_f64()
    }

    /// Takes what the child sent.
    pub(super) fn heard(self: &Rc<Self>, frame: Option<Frame>) {
        match frame {
            Some(Frame::Request(request)) => self.request(request),
            Some(Frame::Sample(sample)) => self.sample(sample),
            Some(Frame::Name(number, text)) => self.name(number, text),
            Some(Frame::Cancel(rid)) => self.cancel(rid),
            Some(Frame::Fetch(rid)) => self.fetch_body(rid),
            Some(Frame::Drop(rid)) => self.forget(rid),
            Some(Frame::Close(session)) => drop(self.sessions.borrow_mut().remove(&session)),
            Some(Frame::Task(outcome, micros)) => self.task(outcome, micros),
            Some(Frame::Json(message)) => self.message(&message),
            None => self.event(Event::Gone),
        }
    }

    pub(super) fn text(&self, number: u32) -> Rc<str> {
        let texts = self.texts.borrow();
        texts.get(number as usize).cloned().unwrap_or_else(|| "".into())
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// Counts a request, in the table and in the run's metrics.
    pub(super) fn record(&self, measured: &Measured, request: &Counted<'_>) {
        let took = request.time.and_then(|time| Duration::try_from_secs_f64(time.max(0.0) / 1e3).ok());
        self.samples.add(measured, request.name, request.error.is_some(), took.unwrap_or(measured.took));
        let folded = self.table.borrow_mut().count(self.now(), request);
        if let Some(pattern) = folded {
            let text = format!(
                "more than 4,000 different names: further ones are counted by their pattern, such as {pattern:?}; \
                 give requests a name: self.client.get(url, name={pattern:?})"
            );
            self.warn(&text);
        }
    }

    pub(super) fn warn(&self, text: &str) {
        self.log(Level::Warn, text);
    }

    pub(super) fn error(&self, text: &str) {
        self.log(Level::Error, text);
    }

    fn log(&self, level: Level, text: &str) {
        self.parts.log.log(&Message { level, source: Source::Engine, text, scenario: None });
    }

    fn event(&self, event: Event) {
        // The run may be over already.
        let _ = self.events.send(event);
    }

    fn name(&self, number: u32, text: String) {
        let mut texts = self.texts.borrow_mut();
        let number = number as usize;
        if number == texts.len() {
            texts.push(text.into());
        } else if let Some(known) = texts.get_mut(number) {
            *known = text.into();
        }
    }

    /// The child judged a request, or made one itself.
    fn sample(&self, frame: SampleFrame) {
        let (method, name) = (self.text(frame.method), self.text(frame.name));
        let held = self.held.borrow_mut().remove(&frame.rid);
        let (measured, time) = match held {
            Some(measured) => {
                self.count(|counts| counts.counted += 1);
                let time = frame.time.unwrap_or(measured.took.as_secs_f64() * 1e3);
                (measured, Some(time))
            }
            None => {
                self.count(|counts| counts.foreign += 1);
                (Measured::foreign(&method, frame.time), frame.time)
            }
        };
        let error = frame.error.as_deref();
        self.record(&measured, &Counted { method: &method, name: &name, time, length: frame.length, error });
    }

    fn fetch_body(&self, rid: u32) {
        let body = self.bodies.borrow_mut().remove(&rid).unwrap_or_default();
        self.link.send(|out| crate::child::body_frame(out, rid, &body));
    }

    /// Nobody will judge the answer, or ask for its body.
    fn forget(&self, rid: u32) {
        self.bodies.borrow_mut().remove(&rid);
        if self.held.borrow_mut().remove(&rid).is_some() {
            self.count(|counts| counts.unreported += 1);
        }
    }

    fn cancel(&self, rid: u32) {
        self.bodies.borrow_mut().remove(&rid);
        let running = self.running.borrow_mut().remove(&rid);
        let held = self.held.borrow_mut().remove(&rid);
        if let Some((task, _)) = &running {
            task.abort();
        }
        if held.is_some() || running.is_some_and(|(_, is_further)| !is_further) {
            self.samples.interrupted(1);
            self.count(|counts| counts.interrupted += 1);
        }
    }

    fn task(&self, outcome: u8, micros: u32) {
        let played = self.worker.control.played();
        match outcome {
            2 => played.interrupted(),
            outcome => {
                played.completed(outcome == 1);
                self.samples.task(Duration::from_micros(micros.into()));
            }
        }
    }

    fn message(&self, message: &Value) {
        let number = |name: &str| message[name].as_u64().unwrap_or_default();
        let user = || u32::try_from(number("user")).unwrap_or_default();
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        match text("say") {
            "answer" => self.link.answered(number("id"), message["answer"].clone()),
            "done" => self.event(Event::Done(user())),
            "idle" => self.event(Event::Idle(user())),
            "pong" => self.event(Event::Pong(number("id"))),
            "quit" | "stop" => self.event(Event::End),
            "stop_test" => self.event(Event::StopTest(text("reason").to_owned())),
            "died" => self.event(Event::Died(text("traceback").to_owned())),
            "start" => {
                let classes = message["classes"].as_array();
                let names =
                    |all: &Vec<Value>| all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let rate = message["rate"].as_f64().unwrap_or(1.0);
                self.event(Event::Start(message["users"].as_u64(), rate, classes.map(names)));
            }
            "stats" => {
                let answer = self.table.borrow().to_json();
                self.link.tell(&serde_json::json!({ "re": number("id"), "answer": answer }));
            }
            "reset" => self.table.borrow_mut().reset(self.now()),
            "failure" => {
                let (method, name): (Rc<str>, Rc<str>) = (text("method").into(), text("name").into());
                self.table.borrow_mut().fail(self.now(), &method, &name, text("error"));
            }
            "exception" => {
                let key = message["key"].as_i64().unwrap_or_default();
                self.table.borrow_mut().exception(key, message["message"].as_str(), text("traceback"));
            }
            "tls" => self.set_tls(message),
            _ => {}
        }
    }
}

fn epoch(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
