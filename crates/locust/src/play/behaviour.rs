//! The players of a test are all of its users, who live in the child, as one behaviour of the engine.

use std::cell::{Cell, RefCell};
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

use super::link::Link;
use super::run::Run;
use super::stage::{Event, Stage};
use super::watch::Watch;
use crate::child::Hello;
use crate::outcome::Outcome;
use crate::rate::Rate;
use crate::stats::Report;

/// What the players need of the thread that made the test, and what they tell it.
pub(crate) struct Parts {
    pub(crate) hello: Hello,
    pub(crate) rate: Option<Rate>,
    pub(crate) socket: Mutex<Option<Socket>>,
    pub(crate) child_id: u32,
    pub(crate) stack: PathBuf,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) interrupt: Interrupt,
    pub(crate) now: fn() -> SystemTime,
    pub(crate) system_tags: SystemTags,
    pub(crate) outcome: Mutex<Outcome>,
    pub(crate) report: Mutex<Arc<Report>>,
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
    stage: Rc<Stage>,
    watch: Rc<Watch>,
    events: RefCell<Option<UnboundedReceiver<Event>>>,
    begun: Cell<bool>,
}

impl Player {
    fn new(parts: Arc<Parts>, worker: Rc<WorkerContext>) -> Result<Self, BoxError> {
        let socket = parts.socket.lock().unwrap_or_else(PoisonError::into_inner).take();
        let socket = socket.ok_or("the child was taken already")?;
        socket.set_nonblocking(true)?;
        let socket = UnixStream::from_std(socket)?;
        let (sender, events) = unbounded_channel();
        let link = Rc::new(Link::default());
        let stage = Rc::new(Stage::new(parts, worker, link.clone(), sender));
        let heard = stage.clone();
        link.start(socket, move |frame| heard.heard(frame));
        let watch = Rc::new(Watch::new());
        spawn_local(watch.clone().run(stage.clone()));
        stage.worker.control.played().set_users(0);
        Ok(Self { stage, watch, events: RefCell::new(Some(events)), begun: Cell::new(false) })
    }

    /// What comes before the clock starts: `init`, and `test_start`.
    async fn begin(&self) -> Result<(), BoxError> {
        let stage = &self.stage;
        let found = stage.link.ask(serde_json::json!({ "do": "init" })).await;
        if found.is_none_or(|found| found["failed"] != false) {
            stage.parts.note(|outcome| outcome.init_failed = true);
            return Err("a listener of init raised, so that the test was not run".into());
        }
        self.begun.set(true);
        Ok(())
    }
}

impl AsyncVu for Player {
    fn activate(&self, scenario: &Rc<ActiveScenario>) {
        *self.stage.samples.tags.borrow_mut() = scenario.tags.clone();
    }

    async fn iterate(&self, _: Iteration) {
        let Some(events) = self.events.borrow_mut().take() else { return };
        let run = Run::new(self.stage.clone(), self.watch.clone(), events);
        run.play().await;
    }

    fn plays(&self) -> bool {
        true
    }
}
