//! A session runs one test, from the moment it is loaded to its judged record.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{AbortReason, Control, Controller, Observer, TestConfig, Watchers, run};
use flashcrowd_observe::Source;
use flashcrowd_record::RecordWriter;
use flashcrowd_test::{Attendance, Stocks, Test};
use futures_util::future::LocalBoxFuture;
use tokio::task::LocalSet;

use crate::controllers::{BreakingPointSearch, DeadTarget};
use crate::engine_test::engine_test;
use crate::error::SessionError;
use crate::find::{LoadSearch, Steering};
use crate::finished::Finished;
use crate::measure::{Measured, Played, measured};
use crate::open_record::{Opened, open_record};
use crate::player::{Play, Player};
use crate::recorder::Recorder;
use crate::run_info::seed;
use crate::settings::Settings;
use crate::stocks::{audits, stocks};
use crate::system::{clock, process};
use crate::target::{self, Target};
use crate::viewer::{Show, Viewer};

/// A search for the largest load, as its controller and the recorder see it.
type SharedSearch = Rc<RefCell<LoadSearch>>;

/// Who listens to a run, who steers it, and what goes on beside it.
#[derive(Default)]
pub struct Listeners<'a> {
    /// Those who are told events and shown snapshots; one that asks for raw samples gets these as well.
    pub observers: Vec<&'a mut dyn Observer>,
    /// Those who may end the run, besides its thresholds and the test itself.
    pub controllers: Vec<&'a mut dyn Controller>,
    /// Sources of the target's metrics, besides those that the test and the settings name.
    pub sources: Vec<Box<dyn Source>>,
    /// The search that steers the run, where it is one that searches.
    pub search: Option<Rc<RefCell<LoadSearch>>>,
    /// What runs the test in place of this process's engine.
    pub player: Option<&'a mut dyn Player>,
    /// Who is shown the run as its record keeps it, second by second.
    pub viewer: Option<&'a mut dyn Viewer>,
    /// What goes on beside the run on its thread until the run ends, such as redrawing a screen.
    pub beside: Option<LocalBoxFuture<'a, ()>>,
}

/// A test that is ready to run, with its record open.
pub struct Session<'a> {
    test: &'a dyn Test,
    settings: &'a Settings,
    control: Arc<Control>,
    record: Option<Opened>,
    seed: Option<u64>,
    attendance: Attendance,
}

impl<'a> Session<'a> {
    /// Gets a test ready, and opens its record; nothing is sent.
    pub fn open(test: &'a dyn Test, settings: &'a Settings) -> Result<Self, SessionError> {
        // Opening a pipe waits for its reader; as long as nobody attends, a signal ends that.
        test.prepare()?;
        let attendance = settings.interrupt.attend();
        target::check(test, settings)?;
        process::raise_file_limit();
        let seed = seed(test);
        let record = open_record(test, settings, seed)?;
        let control = Arc::new(Control::new());
        if test.options().paused() {
            control.pause();
        }
        Ok(Self { test, settings, control, record, seed, attendance })
    }

    /// The folder of the record; none when there is none, or when it goes away with the run.
    pub fn folder(&self) -> Option<&Path> {
        self.record.as_ref().and_then(|record| record.folder.as_deref())
    }

    /// What random arrivals are drawn with; none where there are none.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The run as all threads see it, also before it begins.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Runs the test, judges it, and closes its record.
    pub fn run(mut self, listeners: Listeners<'_>) -> Result<Finished<'a>, SessionError> {
        let is_here = listeners.player.as_ref().is_none_or(|player| player.cost().is_none());
        let (start, used) = (clock::now(), process::usage().filter(|_| is_here));
        let record = self.record.take();
        let (info, folder, writer, temporary) = match record {
            Some(Opened { folder, info, writer, temporary }) => (Some(info), folder, Some(writer), temporary),
            None => (None, None, None, None),
        };
        let search = info
            .as_ref()
            .filter(|_| self.test.stops_at_breaking_point())
            .map(|info| BreakingPointSearch::new(info.clone(), &self.control));
        let played = self.play(listeners, writer, search)?;
        let Self { test, settings, attendance, .. } = self;
        let dropped_samples = played.result.dropped_samples;
        let measured = measured(test, settings, played, info, (start, used));
        let Measured { results, failure, closing } = measured;
        let mut finished = Finished {
            results,
            failure,
            folder,
            seal: None,
            dropped_samples,
            test,
            settings,
            closing,
            attendance,
            temporary,
        };
        finished.close();
        Ok(finished)
    }

    fn play(
        &self,
        listeners: Listeners<'_>,
        writer: Option<RecordWriter>,
        search: Option<BreakingPointSearch>,
    ) -> Result<Played, SessionError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(SessionError::Runtime)?;
        let Listeners { observers, controllers, sources, search: load_search, viewer, player, beside } =
            listeners;
        let show = viewer.map(|viewer| Show::new(viewer, self.test, self.settings));
        let steps = (writer, search, player);
        let beside = beside.unwrap_or_else(|| Box::pin(std::future::pending()));
        LocalSet::new().block_on(&runtime, async {
            tokio::select! {
                played = self.lead((observers, controllers, show), (sources, load_search), steps) => Ok(played),
                () = self.stop_when_asked() => unreachable!("it goes on until the run is over"),
                () = never(beside) => unreachable!("it goes on until the run is over"),
            }
        })
    }

    /// Everything in its order. What is waited for here ends when the session is asked to stop.
    async fn lead(
        &self,
        (observers, controllers, show): (Vec<&mut dyn Observer>, Vec<&mut dyn Controller>, Option<Show<'_>>),
        (sources, load_search): (Vec<Box<dyn Source>>, Option<SharedSearch>),
        (writer, search, player): (
            Option<RecordWriter>,
            Option<BreakingPointSearch>,
            Option<&mut dyn Player>,
        ),
    ) -> Played {
        let is_part = player.as_ref().is_some_and(|player| player.is_part());
        let before = self.stocks(is_part).await;
        let target = match is_part {
            true => Target::default(),
            false => Target::open(self.test, self.settings, sources).await,
        };
        let kept = (writer, player.as_ref().and_then(|player| player.cost()));
        let recorder = Recorder::new(self.settings, &self.control, kept, (target, load_search.clone()));
        let mut recorder = recorder.shown(show);
        let mut steering = load_search.map(|search| Steering::new(&search, &self.control));
        let mut search = search;
        let mut dead_target = DeadTarget::of(self.test, self.settings);
        let own = search.iter_mut().map(|search| search as &mut dyn Controller);
        let own = own.chain(dead_target.iter_mut().map(|target| target as &mut dyn Controller));
        let mut watchers = Watchers::none().observer(&mut recorder);
        let own = own.chain(steering.iter_mut().map(|steering| steering as &mut dyn Controller));
        for controller in own.chain(controllers) {
            watchers = watchers.controller(controller);
        }
        for observer in observers {
            watchers = watchers.observer(observer);
        }
        let test =
            TestConfig { seed: self.seed.unwrap_or_default(), ..engine_test(self.test, self.settings) };
        let (behaviour, control) = (self.test.behaviour(), self.control.clone());
        let (result, lost_agents) = match player {
            Some(player) => {
                let result = player.play(Play { test, behaviour, control, watchers }).await;
                (result, player.lost())
            }
            None => (run(test, behaviour, control, watchers).await, Vec::new()),
        };
        let after = self.stocks(is_part).await;
        let audits = audits(self.test, before, after, &result.totals);
        let (record, warnings) = recorder.into_parts();
        let stopped_at = search.and_then(|search| search.stopped_at());
        Played { result, record, warnings, audits, lost_agents, stopped_at }
    }

    /// The stocks of the target, unless others read them.
    async fn stocks(&self, is_part: bool) -> Stocks {
        if is_part { Stocks::new() } else { stocks(self.test, &self.settings.interrupt).await }
    }

    /// Ends the test when the session is asked to stop; a run that is ending already goes on ending.
    async fn stop_when_asked(&self) {
        self.settings.interrupt.wait().await;
        self.control.abort(AbortReason::Signal);
        self.settings.warn("stopping: the summary follows; send the signal again to end at once");
        std::future::pending().await
    }
}

async fn never(beside: LocalBoxFuture<'_, ()>) {
    beside.await;
    std::future::pending().await
}
