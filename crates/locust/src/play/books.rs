//! The books are what all processes of a run share: what was counted, how the run stands, and where news of it goes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flashcrowd_engine::WorkerContext;
use flashcrowd_test::{Level, Message, Source};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::behaviour::Parts;
use super::event::{Event, News, Phase};
use super::samples::{Measured, Samples};
use crate::counts::Counts;
use crate::stats::{Counted, History, Report, Table};

/// What all processes of a run share.
pub(crate) struct Books {
    pub(crate) parts: Arc<Parts>,
    pub(super) worker: Rc<WorkerContext>,
    pub(super) samples: Samples,
    pub(crate) table: RefCell<Table>,
    pub(crate) history: RefCell<History>,
    pub(super) counts: Cell<Counts>,
    pub(super) traffic: Cell<(u64, u64)>,
    pub(crate) phase: Cell<Phase>,
    events: UnboundedSender<News>,
    start: (SystemTime, Instant),
}

impl Books {
    pub(super) fn new(parts: Arc<Parts>, worker: Rc<WorkerContext>, events: UnboundedSender<News>) -> Self {
        let start = ((parts.now)(), Instant::now());
        let samples = Samples::new(worker.shard.clone(), parts.system_tags.clone());
        let history = RefCell::new(History::new(&parts.hello.chart_percentiles));
        Self {
            parts,
            worker,
            samples,
            table: RefCell::new(Table::new(epoch(start.0))),
            history,
            counts: Cell::default(),
            traffic: Cell::default(),
            phase: Cell::new(Phase::Ready),
            events,
            start,
        }
    }

    /// Now, in seconds since the epoch.
    pub(crate) fn now(&self) -> f64 {
        epoch(self.start.0) + self.start.1.elapsed().as_secs_f64()
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

    /// Bytes went over the wire.
    pub(super) fn traffic(&self, sent: u64, received: u64) {
        let before = self.traffic.get();
        self.traffic.set((before.0 + sent, before.1 + received));
    }

    /// Begins all counts anew.
    pub(crate) fn reset(&self) {
        self.table.borrow_mut().reset(self.now());
    }

    /// Forgets the test before, for the next one.
    pub(super) fn begin_anew(&self) {
        self.table.borrow_mut().clear(self.now());
        *self.history.borrow_mut() = History::new(&self.parts.hello.chart_percentiles);
        self.parts.note(|outcome| outcome.stop_test = None);
    }

    /// How many users there are.
    pub(crate) fn users(&self) -> u64 {
        self.worker.control.vus_active()
    }

    pub(super) fn show_users(&self, users: u64) {
        self.worker.control.played().set_users(users);
    }

    /// The figures now, with the course of the run.
    pub(crate) fn report(&self) -> Report {
        let history = self.history.borrow();
        let (history, charted) = (history.points().to_vec(), history.shares().to_vec());
        Report { history, charted, ..self.figures() }
    }

    /// Names and texts come from the file and from servers: they are shown without secrets.
    fn figures(&self) -> Report {
        let secrets = self.parts.log.secrets();
        let report = self.table.borrow().report(self.now(), self.users(), &self.parts.hello.percentiles);
        report.hidden(|text| secrets.hide(text))
    }

    /// Shows the figures as they are now.
    pub(super) fn publish(&self) {
        self.show(self.figures());
    }

    /// Shows the figures for the last time, with the course of the run.
    pub(super) fn conclude(&self) {
        self.show(self.report());
    }

    fn show(&self, report: Report) {
        self.flush_traffic();
        let exceptions = report.exceptions.iter().map(|one| one.count).sum();
        let counts = self.counts.get();
        self.parts.note(|outcome| {
            outcome.counts = counts;
            outcome.failures = report.total.failures;
            outcome.exceptions = exceptions;
        });
        *self.parts.report.lock().unwrap_or_else(PoisonError::into_inner) = report.into();
    }

    /// Adds what was sent and received since the last time to the run's metrics.
    pub(super) fn flush_traffic(&self) {
        let (sent, received) = self.traffic.take();
        if sent + received > 0 {
            self.samples.bytes(sent, received);
        }
    }

    /// Notes where the run stands, as long as there is a test.
    pub(super) fn remember(&self) {
        if !self.phase.get().is_busy() && self.phase.get() != Phase::Stopped {
            return;
        }
        let moment = self.table.borrow().moment(self.now(), self.users());
        self.history.borrow_mut().add(moment);
    }

    pub(crate) fn warn(&self, text: &str) {
        self.log(Level::Warn, text);
    }

    pub(super) fn error(&self, text: &str) {
        self.log(Level::Error, text);
    }

    fn log(&self, level: Level, text: &str) {
        self.parts.log.log(&Message { level, source: Source::Engine, text, scenario: None });
    }

    /// Tells the run; it may be over already.
    pub(crate) fn tell(&self, process: usize, event: Event) {
        let _ = self.events.send(News { process, event });
    }
}

fn epoch(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
