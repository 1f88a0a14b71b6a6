//! A stage is one Python process as this one sees it: its requests, and what it says.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_http::{Client, WorkerClient};
use hashbrown::HashMap;
use serde_json::Value;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::books::Books;
use super::event::{Event, Order};
use super::link::Link;
use super::samples::Measured;
use super::watch::Watch;
use crate::child::{Frame, SampleFrame};
use crate::stats::Counted;

/// The connections of a user.
pub(super) struct Session {
    /// By how they speak TLS and how long it may take to connect.
    pub(super) clients: Vec<((u16, u32), Rc<Client>)>,
    /// When it was used last.
    pub(super) used: Instant,
}

/// How TLS is spoken, by its number.
pub(super) type WorkerClients = HashMap<(u16, u32), Rc<WorkerClient>>;

/// One Python process.
pub(crate) struct Stage {
    /// Its number; zero for the one that has no users where there are several, and for the only one.
    pub(super) number: usize,
    pub(super) books: Rc<Books>,
    pub(super) link: Rc<Link>,
    pub(super) watch: Rc<Watch>,
    /// How many users it has, and how many have come so far.
    pub(super) users: Cell<u64>,
    pub(super) came: Cell<u64>,
    /// Whether it has run all tasks that it may.
    pub(super) is_spent: Cell<bool>,
    pub(super) texts: RefCell<Vec<Rc<str>>>,
    pub(super) sessions: RefCell<HashMap<u32, Session>>,
    pub(super) clients: RefCell<WorkerClients>,
    pub(super) tls: RefCell<HashMap<u16, flashcrowd_http::TlsOptions>>,
    /// Requests on their way.
    pub(super) running: RefCell<HashMap<u32, AbortHandle>>,
    /// Answers that the child has yet to judge.
    pub(super) held: RefCell<HashMap<u32, Measured>>,
    /// Bodies that nobody has asked for yet.
    pub(super) bodies: RefCell<HashMap<u32, Bytes>>,
}

impl Stage {
    pub(super) fn new(number: usize, books: Rc<Books>) -> Self {
        Self {
            number,
            books,
            link: Rc::default(),
            watch: Rc::new(Watch::new()),
            users: Cell::new(0),
            came: Cell::new(0),
            is_spent: Cell::new(false),
            texts: RefCell::default(),
            sessions: RefCell::default(),
            clients: RefCell::default(),
            tls: RefCell::default(),
            running: RefCell::default(),
            held: RefCell::default(),
            bodies: RefCell::default(),
        }
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

    fn event(&self, event: Event) {
        self.books.tell(self.number, event);
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
                self.books.count(|counts| counts.counted += 1);
                let time = frame.time.unwrap_or(measured.took.as_secs_f64() * 1e3);
                (measured, Some(time))
            }
            None => {
                self.books.count(|counts| counts.foreign += 1);
                (Measured::foreign(&method, frame.time), frame.time)
            }
        };
        let error = frame.error.as_deref();
        let counted = Counted { method: &method, name: &name, time, length: frame.length, error };
        self.books.record(&measured, &counted);
    }

    fn fetch_body(&self, rid: u32) {
        let body = self.bodies.borrow_mut().remove(&rid).unwrap_or_default();
        self.link.send(|out| crate::child::body_frame(out, rid, &body));
    }

    /// Nobody will judge the answer, or ask for its body.
    fn forget(&self, rid: u32) {
        self.bodies.borrow_mut().remove(&rid);
        if self.held.borrow_mut().remove(&rid).is_some() {
            self.books.count(|counts| counts.unreported += 1);
        }
    }

    fn cancel(&self, rid: u32) {
        self.bodies.borrow_mut().remove(&rid);
        if let Some(task) = self.running.borrow_mut().remove(&rid) {
            task.abort();
        }
        if self.held.borrow_mut().remove(&rid).is_some() {
            self.books.count(|counts| counts.interrupted += 1);
        }
    }

    fn task(&self, outcome: u8, micros: u32) {
        let played = self.books.worker.control.played();
        match outcome {
            2 => played.interrupted(),
            outcome => {
                played.completed(outcome == 1);
                self.books.samples.task(Duration::from_micros(micros.into()));
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
            "spent" => self.event(Event::Spent),
            "idle" => self.event(Event::Idle(user())),
            "pong" => self.watch.pong(number("id")),
            "quit" => self.event(Event::Quit),
            "stop" => self.event(Event::Stop),
            "stop_test" => self.event(Event::StopTest(text("reason").to_owned())),
            "died" => self.event(Event::Died(text("traceback").to_owned())),
            "message" => self.event(Event::Message(message.clone())),
            "start" => self.event(Event::Order(order(message))),
            "stats" => {
                let answer = self.books.table.borrow().to_json(&self.books.history.borrow());
                self.link.tell(&serde_json::json!({ "re": number("id"), "answer": answer }));
            }
            "reset" => self.books.reset(),
            "failure" => {
                let (method, name): (Rc<str>, Rc<str>) = (text("method").into(), text("name").into());
                self.books.table.borrow_mut().fail(self.books.now(), &method, &name, text("error"));
            }
            "exception" => {
                let key = message["key"].as_i64().unwrap_or_default();
                let place = (self.number, key);
                let mut table = self.books.table.borrow_mut();
                table.exception(place, message["message"].as_str(), text("traceback"));
            }
            "tls" => self.set_tls(message),
            _ => {}
        }
    }
}

/// What `runner.start` asks for.
fn order(message: &Value) -> Order {
    let names = |all: &Vec<Value>| all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Order {
        users: message["users"].as_u64(),
        rate: message["rate"].as_f64().unwrap_or(1.0),
        classes: message["classes"].as_array().map(names),
        ..Order::default()
    }
}
