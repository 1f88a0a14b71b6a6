//! The players of a test are all of its users, who live in the child, as one behaviour of the engine.

use std::cell::RefCell;
use std::os::unix::net::UnixStream as Socket;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use flashcrowd_engine::{
    ActiveScenario, AsyncVu, AsyncVuAdapter, Behaviour, BoxError, Iteration, Vu, VuFactory, VuIds,
    WorkerContext,
};
use flashcrowd_http::SystemTags;
use flashcrowd_test::{Interrupt, Log};
use futures_util::future::LocalBoxFuture;
use tokio::net::UnixStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_local;

use super::books::Books;
use super::company::Company;
use super::event::News;
use super::run::Run;
use super::stage::Stage;
use crate::child::Hello;
use crate::outcome::Outcome;
use crate::rate::Rate;
use crate::stats::Report;

/// What the players need of the thread that made the test, and what they tell it.
pub(crate) struct Parts {
    pub(crate) hello: Hello,
    pub(crate) rate: Option<Rate>,
    pub(crate) processes: Vec<Process>,
    /// What watches the run, until it begins to.
    pub(crate) watcher: Mutex<Option<Watcher>>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) interrupt: Interrupt,
    pub(crate) now: fn() -> SystemTime,
    pub(crate) system_tags: SystemTags,
    pub(crate) outcome: Mutex<Outcome>,
    pub(crate) report: Mutex<Arc<Report>>,
}

/// What watches a run from its own thread, and may ask it for something.
pub(crate) type Watcher = Box<dyn FnOnce(Rc<Company>) + Send>;

/// A Python process, as the players need it.
pub(crate) struct Process {
    pub(crate) socket: Mutex<Option<Socket>>,
    pub(crate) id: u32,
    /// Where it writes what it computes when it is asked by a signal.
    pub(crate) stack: PathBuf,
    /// What it is called in messages of the file.
    pub(crate) client_id: String,
}

impl Parts {
    /// Changes what is known of the outcome.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// All users of a test.
pub(crate) struct Players(pub(crate) Arc<Parts>);

impl Behaviour for Players {
    fn on_worker(self: Arc<Self>, worker: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Cast { parts: self.0.clone(), worker, player: RefCell::default() })
    }
}

struct Cast {
    parts: Arc<Parts>,
    worker: Rc<WorkerContext>,
    player: RefCell<Option<Rc<Player>>>,
}

impl VuFactory for Cast {
    fn init(&self, _: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async {
            let player = Rc::new(Player::new(self.parts.clone(), self.worker.clone())?);
            *self.player.borrow_mut() = Some(player.clone());
            Ok(Box::new(AsyncVuAdapter::new(player)) as Box<dyn Vu>)
        })
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        let player = self.player.borrow().clone();
        Box::pin(async move {
            match player {
                Some(player) => player.begin().await,
                None => Err("the users live on another thread".into()),
            }
        })
    }
}

/// The one virtual user that the engine sees; it plays all others.
struct Player {
    company: Rc<Company>,
    events: RefCell<Option<UnboundedReceiver<News>>>,
}

impl Player {
    fn new(parts: Arc<Parts>, worker: Rc<WorkerContext>) -> Result<Self, BoxError> {
        let (sender, events) = unbounded_channel();
        let books = Rc::new(Books::new(parts.clone(), worker, sender));
        let mut stages = Vec::with_capacity(parts.processes.len());
        for (number, process) in parts.processes.iter().enumerate() {
            let socket = process.socket.lock().unwrap_or_else(PoisonError::into_inner).take();
            let socket = socket.ok_or("the child was taken already")?;
            socket.set_nonblocking(true)?;
            let stage = Rc::new(Stage::new(number, books.clone()));
            let heard = stage.clone();
            stage.link.start(UnixStream::from_std(socket)?, move |frame| heard.heard(frame));
            spawn_local(stage.watch.clone().run(stage.clone()));
            spawn_local(stage.clone().park());
            stages.push(stage);
        }
        books.show_users(0);
        let company = Rc::new(Company::new(books, stages));
        Ok(Self { company, events: RefCell::new(Some(events)) })
    }

    /// What comes before the clock starts: `init`.
    async fn begin(&self) -> Result<(), BoxError> {
        for stage in self.company.all() {
            let found = stage.link.ask(serde_json::json!({ "do": "init" })).await;
            if found.is_none_or(|found| found["failed"] != false) {
                self.company.books.parts.note(|outcome| outcome.init_failed = true);
                return Err("a listener of init raised, so that the test was not run".into());
            }
        }
        let parts = &self.company.books.parts;
        if self.company.all().len() > 1 {
            let ids: Vec<&str> =
                parts.processes[1..].iter().map(|process| process.client_id.as_str()).collect();
            self.company.leader().link.tell(&serde_json::json!({ "do": "meet", "ids": ids }));
        }
        if let Some(watch) = parts.watcher.lock().unwrap_or_else(PoisonError::into_inner).take() {
            watch(self.company.clone());
        }
        Ok(())
    }
}

impl AsyncVu for Player {
    fn activate(&self, scenario: &Rc<ActiveScenario>) {
        *self.company.books.samples.tags.borrow_mut() = scenario.tags.clone();
    }

    async fn iterate(&self, _: Iteration) {
        let Some(events) = self.events.borrow_mut().take() else { return };
        Run::new(self.company.clone(), events).play().await;
    }

    fn plays(&self) -> bool {
        true
    }
}
