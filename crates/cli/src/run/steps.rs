//! How a plan looks while it runs: its scenarios, the step it is at, and what was measured in the last second.

use std::cell::RefCell;
use std::time::Duration;

use flashcrowd_engine::{Phase, Tick};
use flashcrowd_metrics::{Builtin, Sink, SinkKey, Totals};
use flashcrowd_text::{Lang, figure};

use super::progress::Drawing;
use crate::screen::{ProgressView, render, render_plain};

/// Draws a plan.
#[derive(Debug)]
pub struct Steps {
    phases: Vec<Phase>,
    last: RefCell<String>,
}

impl Steps {
    /// Of a plan with these steps.
    pub fn new(phases: Vec<Phase>) -> Self {
        Self { phases, last: RefCell::default() }
    }

    /// `step 3 of 5: 500 users`, and what was measured lately.
    fn line(&self, elapsed: Duration) -> String {
        let at = self.phases.iter().rposition(|phase| phase.start <= elapsed).unwrap_or_default();
        let load = self.phases.get(at).map(|phase| match (phase.users, phase.rate) {
            (Some(1), _) => "1 user".to_owned(),
            (Some(users), _) => format!("{users} users"),
            (None, rate) => format!("{} iterations/s", rate.unwrap_or_default()),
        });
        let step = load.map(|load| format!("step {} of {}: {load}", at + 1, self.phases.len()));
        let last = self.last.borrow();
        let parts: Vec<&str> =
            step.iter().map(String::as_str).chain((!last.is_empty()).then_some(last.as_str())).collect();
        parts.join("; ")
    }
}

impl Drawing for Steps {
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String {
        let line: String = self.line(view.elapsed).chars().take(usize::from(columns)).collect();
        format!("{}{line}\n", render(view, columns, color))
    }

    fn lines(&self, view: &ProgressView) -> String {
        format!("{}{}\n", render_plain(view), self.line(view.elapsed))
    }

    fn tick(&self, tick: &Tick<'_>) {
        *self.last.borrow_mut() = measured(tick.totals, tick.interval);
    }
}

/// What was measured in an interval, in a line.
fn measured(totals: &Totals, interval: Duration) -> String {
    let last = |metric| totals.interval(&SinkKey::Metric(metric));
    let requests = match last(Builtin::HTTP_REQS) {
        Some(Sink::Counter { sum, .. }) => *sum / interval.as_secs_f64().max(1e-3),
        _ => 0.0,
    };
    let (p95, errors) = (
        match last(Builtin::HTTP_REQ_DURATION) {
            Some(Sink::Trend(trend)) if trend.count() > 0 => trend.quantile(0.95),
            _ => return "no responses in the last second".to_owned(),
        },
        match last(Builtin::HTTP_REQ_FAILED) {
            Some(Sink::Rate(rate)) => rate.value(),
            _ => 0.0,
        },
    );
    let (p95, errors) = (figure::short_duration(Lang::En, p95), figure::percent(errors));
    format!("{requests:.0} requests/s, p95 {p95}, {errors} errors")
}
