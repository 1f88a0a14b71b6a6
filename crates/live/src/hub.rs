//! The hub is what the run and its pages share: the run writes into it once a second, pages read it on their own thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_engine::Control;
use flashcrowd_record::Results;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::api::status;
use crate::history::History;
use crate::point::Point;
use crate::view::View;

/// How long the next second may take to come.
const NEXT: Duration = Duration::from_secs(3);

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
    /// What has happened so far, without the target's series and the errors.
    pub points: Vec<Point>,
}

/// What is sent to browsers: an event's name, and its JSON.
pub(crate) type Event = (&'static str, Bytes);

/// How a run stood after a second.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) results: Arc<Results>,
    pub(crate) view: Arc<View>,
}

/// What the run and its pages share.
#[derive(Debug)]
pub struct Hub {
    state: Mutex<State>,
    events: watch::Sender<Event>,
    /// How many seconds there were, for who waits for the next one.
    passed: watch::Sender<u64>,
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
    /// How the run stood after the last second that somebody looked at.
    sight: Option<Sight>,
    attention: Attention,
    /// Whether a threshold does not hold.
    is_tainted: bool,
    is_over: bool,
    /// How many seconds there were.
    seconds: u64,
    history: History,
    report: Option<Bytes>,
}

/// Who looks at a run.
#[derive(Debug, Default)]
struct Attention {
    /// Whether somebody looked at the last second.
    was_there: bool,
    /// Whether somebody wants to know how the run stands after the next second.
    is_asked: bool,
    /// Whether a browser has come since the last second.
    has_newcomer: bool,
}

impl Default for Hub {
    fn default() -> Self {
        let (events, _) = watch::channel(("state", Bytes::from_static(b"{}")));
        Self {
            state: Mutex::default(),
            events,
            passed: watch::Sender::new(0),
            reports: watch::Sender::new(0),
        }
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
        (state.report, state.is_over) = (report.map(Bytes::from), true);
        let over = json!({ "run": state.run, "report": state.report.is_some() });
        drop(state);
        self.events.send_replace(("over", Bytes::from(over.to_string())));
    }

    /// How many browsers watch.
    pub fn watching(&self) -> usize {
        self.events.receiver_count()
    }

    /// How the run stands, with no more than so many points, the last ones. Who asks again sees the next second too.
    pub fn standing(&self, most: usize) -> Standing {
        let mut state = self.state();
        state.attention.is_asked = true;
        let skipped = state.history.points().count().saturating_sub(most);
        Standing {
            subject: state.subject.clone(),
            stage: state.stage,
            control: state.control.clone(),
            view: state.view(),
            points: state.history.points().skip(skipped).map(Point::without_series).collect(),
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

    /// Whether somebody looks at the second that is about to be added, at which browsers are due to be told or not.
    pub(crate) fn is_looked_at(&self, is_due: bool) -> bool {
        let state = self.state();
        state.attention.is_asked || state.attention.has_newcomer || (is_due && self.watching() > 0)
    }

    /// Adds a second, with how the run stands if somebody looks, and tells browsers if they are to be told.
    pub(crate) fn add(&self, point: Point, sight: Option<Sight>, is_due: bool, is_good: bool) {
        let mut state = self.state();
        state.history.add(point);
        state.seconds += 1;
        state.is_tainted = !is_good;
        state.attention.was_there = sight.is_some();
        let is_told = sight.is_some() && (is_due || state.attention.has_newcomer) && self.watching() > 0;
        if sight.is_some() {
            state.sight = sight;
            (state.attention.is_asked, state.attention.has_newcomer) = (false, false);
        }
        let seconds = state.seconds;
        drop(state);
        self.passed.send_replace(seconds);
        if is_told {
            self.refresh();
        }
    }

    /// Tells browsers how the run stands.
    pub(crate) fn refresh(&self) {
        let state = self.state();
        if state.is_over {
            return;
        }
        let view = state.view();
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

    /// The events from now on, and how the run stands now.
    pub(crate) fn listen(&self) -> watch::Receiver<Event> {
        self.state().attention.has_newcomer = true;
        if self.watching() == 0 {
            self.refresh();
        }
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

    /// What was measured so far: what is known of the last second, or else of the next one.
    pub(crate) async fn results(&self) -> Option<Arc<Results>> {
        let mut passed = self.passed.subscribe();
        let is_known = {
            let mut state = self.state();
            let is_known = state.attention.was_there || state.seconds == 0;
            state.attention.is_asked |= !is_known;
            is_known
        };
        if !is_known {
            // In a pause there is no next one, and there is nothing new either.
            let _ = timeout(NEXT, passed.wait_for(|_| self.state().attention.was_there)).await;
        }
        self.state().sight.as_ref().map(|sight| sight.results.clone())
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
        status(self.control.as_deref(), self.stage, self.is_tainted)
    }

    /// How the run stands, unless nobody looked at its last second.
    fn view(&self) -> Option<Arc<View>> {
        self.sight.as_ref().filter(|_| self.attention.was_there).map(|sight| sight.view.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight() -> Sight {
        Sight { results: Arc::default(), view: Arc::default() }
    }

    fn pass(hub: &Hub, is_due: bool) -> bool {
        let sight = hub.is_looked_at(is_due).then(sight);
        let is_seen = sight.is_some();
        hub.add(Point::default(), sight, is_due, true);
        is_seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_is_gathered_for_who_looks_and_for_nobody_else() {
        let hub = Hub::default();
        assert!(!pass(&hub, true) && !pass(&hub, true), "nobody looks");
        assert!(hub.standing(1).view.is_none() && pass(&hub, false), "a terminal");
        assert!(hub.standing(1).view.is_some());
        assert!(pass(&hub, false) && !pass(&hub, false), "it has gone");
        let browser = hub.listen();
        assert!(pass(&hub, false), "who comes is told at once");
        assert!(!pass(&hub, false) && pass(&hub, true), "then when it is due");
        drop(browser);
        assert!(!pass(&hub, true));
        assert_eq!(hub.history()["points"].as_array().unwrap().len(), 9, "charts miss nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_results_gets_those_of_the_next_second() {
        let hub = Hub::default();
        assert!(hub.results().await.is_none(), "there is no second yet");
        pass(&hub, true);
        let (results, is_seen) = tokio::join!(hub.results(), async { pass(&hub, true) });
        assert!(is_seen && results.is_some());
        assert!(hub.results().await.is_some(), "those of this second are known");
        assert!(!pass(&hub, true));
        // In a pause no second comes.
        assert!(hub.results().await.is_some());
    }
}
