//! The hub is what the run and its pages share: the run writes into it once a second, pages read it on their own thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flashcrowd_engine::Control;
use flashcrowd_record::Results;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::api::status;
use crate::history::History;
use crate::point::Point;
use crate::view::View;

/// What a run is about, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// The name of the test.
    pub name: String,
    /// Where it was read from.
    pub source: String,
    /// Where its requests go, if that is one place.
    pub target: Option<String>,
    /// The target's series that were asked for.
    pub charts: Vec<String>,
    /// How long it lasts at most, in seconds.
    pub length: f64,
}

/// How a run stands, for who is in the same process.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// What it is about.
    pub subject: Subject,
    /// What the run is doing: `init`, `setup`, `running`, `teardown` or `judging`.
    pub stage: &'static str,
    /// The means to steer it, once there is a run.
    pub control: Option<Arc<Control>>,
    /// How it stood after its last second.
    pub view: Option<Arc<View>>,
    /// What has happened so far.
    pub points: Vec<Point>,
}

/// What is sent to browsers: an event's name, and its JSON.
pub(crate) type Event = (&'static str, Bytes);

/// What the run and its pages share.
#[derive(Debug)]
pub struct Hub {
    state: Mutex<State>,
    events: watch::Sender<Event>,
    /// How often the report was sent.
    reports: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the runs that were shown: a file may have several tests.
    run: u64,
    subject: Subject,
    control: Option<Arc<Control>>,
    /// What the run is doing: `init`, `setup`, `running`, `teardown` or `judging`.
    stage: &'static str,
    results: Option<Arc<Results>>,
    /// How the run stood after its last second.
    view: Option<Arc<View>>,
    /// How many seconds there were.
    seconds: u64,
    history: History,
    report: Option<Bytes>,
}

impl Default for Hub {
    fn default() -> Self {
        let (events, _) = watch::channel(("state", Bytes::from_static(b"{}")));
        Self { state: Mutex::default(), events, reports: watch::Sender::new(0) }
    }
}

impl Hub {
    /// A run is about to begin; what there was of the one before is gone.
    pub fn begin(&self, subject: Subject, control: &Arc<Control>) {
        let mut state = self.state();
        let (run, control) = (state.run + 1, Some(control.clone()));
        *state = State { run, subject, control, stage: "init", ..State::default() };
        drop(state);
        self.refresh();
    }

    /// The run is over, and this is its report: the page becomes it. None where there is none.
    pub fn end(&self, report: Option<String>) {
        let mut state = self.state();
        state.report = report.map(Bytes::from);
        let over = json!({ "run": state.run, "report": state.report.is_some() });
        drop(state);
        self.events.send_replace(("over", Bytes::from(over.to_string())));
    }

    /// How many browsers watch.
    pub fn watching(&self) -> usize {
        self.events.receiver_count()
    }

    /// How the run stands, with no more than so many points, the last ones.
    pub fn standing(&self, most: usize) -> Standing {
        let state = self.state();
        let skipped = state.history.points().count().saturating_sub(most);
        Standing {
            subject: state.subject.clone(),
            stage: state.stage,
            control: state.control.clone(),
            view: state.view.clone(),
            points: state.history.points().skip(skipped).cloned().collect(),
        }
    }

    /// Waits until the report was sent that often.
    pub async fn delivered(&self, times: usize) {
        let mut reports = self.reports.subscribe();
        // The sender lives as long as this.
        let _ = reports.wait_for(|sent| *sent >= times).await;
    }

    /// What the run is doing now.
    pub(crate) fn set_stage(&self, stage: &'static str) {
        self.state().stage = stage;
        self.refresh();
    }

    /// Adds a second, and tells browsers if they are to be told.
    pub(crate) fn add(&self, point: Point, (results, view): (Arc<Results>, View), is_told: bool) {
        let mut state = self.state();
        state.history.add(point);
        state.seconds += 1;
        (state.results, state.view) = (Some(results), Some(Arc::new(view)));
        drop(state);
        if is_told {
            self.refresh();
        }
    }

    /// Tells browsers how the run stands.
    pub(crate) fn refresh(&self) {
        let state = self.state();
        if state.report.is_some() {
            return;
        }
        let view = state.view.clone();
        let mut all = json!({
            "run": state.run, "n": state.seconds, "stage": state.stage, "status": state.status(),
            "scale": state.control.as_ref().and_then(|control| control.scale()).map(|scale| {
                json!({ "vus": scale.vus(), "max": scale.max_vus() })
            }),
            "rate": state.control.as_ref().and_then(|control| control.rate()),
            "pausedFor": state.control.as_ref().map_or(0.0, |control| control.paused_for().as_secs_f64()),
        });
        drop(state);
        all["view"] = json!(view.as_deref());
        self.events.send_replace(("state", Bytes::from(all.to_string())));
    }

    pub(crate) fn listen(&self) -> watch::Receiver<Event> {
        let mut receiver = self.events.subscribe();
        receiver.mark_changed();
        receiver
    }

    /// The target's series that were asked for.
    pub(crate) fn charts(&self) -> Vec<String> {
        self.state().subject.charts.clone()
    }

    pub(crate) fn control(&self) -> Option<Arc<Control>> {
        self.state().control.clone()
    }

    pub(crate) fn results(&self) -> Option<Arc<Results>> {
        self.state().results.clone()
    }

    /// The status as k6 tells it.
    pub(crate) fn status(&self) -> Value {
        self.state().status()
    }

    /// What has happened so far, and what it is about.
    pub(crate) fn history(&self) -> Value {
        let state = self.state();
        let points: Vec<&Point> = state.history.points().collect();
        let Subject { name, source, target, charts, length } = &state.subject;
        json!({
            "run": state.run, "n": state.seconds, "name": name, "source": source, "target": target, "length": length,
            "charts": charts,
            "points": points,
        })
    }

    /// The report, which is counted as sent.
    pub(crate) fn take_report(&self) -> Option<Bytes> {
        let report = self.state().report.clone();
        self.reports.send_modify(|sent| *sent += usize::from(report.is_some()));
        report
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn status(&self) -> Value {
        let thresholds =
            self.results.iter().flat_map(|results| &results.metrics).flat_map(|one| &one.thresholds);
        let is_tainted = thresholds.into_iter().any(|threshold| !threshold.ok);
        status(self.control.as_deref(), self.stage, is_tainted)
    }
}
