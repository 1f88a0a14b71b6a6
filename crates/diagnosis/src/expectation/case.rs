//! A case is all that a promise is judged by.

use flashcrowd_metrics::names;
use flashcrowd_record::{BreakingPoint, Judgement, StepResult};

use super::terms::Observation;
use super::terms::Promise;
use crate::course::{Course, Second};
use crate::evidence::Evidence;
use crate::tally::{Tally, is_named};

/// The figure that says how many seconds of ramps were left out.
pub(super) const RAMPS: &str = "ramps";

/// All that a promise is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) evidence: &'a Evidence<'a>,
    pub(crate) course: &'a Course<'a>,
    /// Steps and breaking point; the rest of it is not there yet.
    pub(crate) judgement: &'a Judgement,
    pub(crate) promise: &'a Promise,
}

/// Which intervals are asked for, where a promise is not about one step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Window {
    /// All since the end of setup.
    Whole,
    /// Without those that a ramp touches.
    WithoutRamps,
    /// Those in which the load was as configured.
    UnderLoad,
}

impl<'a> Case<'a> {
    pub(super) fn steps(&self) -> &'a [StepResult] {
        &self.judgement.steps
    }

    pub(super) fn breaking_point(&self) -> Option<&'a BreakingPoint> {
        self.judgement.breaking_point.as_ref()
    }

    /// The intervals that the promise is about; if there are none, why that is so.
    pub(super) fn seconds(&self, window: Window) -> Result<Vec<Second<'a>>, Box<Observation>> {
        let course = self.course;
        let found = match (self.promise.scope.step, window) {
            (Some(step), _) => {
                let steps = self.evidence.run.phases.len();
                if step > steps {
                    let none = Observation::not_measured("no-step").figure("step", step as f64);
                    return Err(none.figure("steps", steps as f64).into());
                }
                course.phases.get(step - 1).map(|phase| course.settled(phase)).unwrap_or_default()
            }
            (None, Window::Whole) => course.seconds.clone(),
            (None, Window::WithoutRamps) => course.without_ramps(),
            (None, Window::UnderLoad) => course.under_load(),
        };
        if found.is_empty() { Err(Observation::not_measured("no-time").into()) } else { Ok(found) }
    }

    /// Says how many seconds of ramps were left out, if there were any.
    pub(super) fn with_ramps(&self, seen: Observation) -> Observation {
        let is_asked = |at: usize| self.promise.scope.step.is_none_or(|step| step == at + 1);
        let phases = self.course.phases.iter().enumerate().filter(|(at, _)| is_asked(*at));
        // What nothing but ramps is left of is looked at whole.
        let all = || phases.clone().map(|(_, phase)| phase);
        let ramps: f64 = all().map(|phase| phase.settled - phase.start).sum();
        let is_left_out = all().any(|phase| phase.end > phase.settled);
        if ramps > 0.0 && is_left_out { seen.figure(RAMPS, ramps) } else { seen }
    }

    /// What these intervals add up to, of the request that the promise is about; if there is none, why that is so.
    pub(super) fn tally(&self, window: Window) -> Result<Tally, Box<Observation>> {
        let seconds = self.seconds(window)?;
        let request = self.promise.scope.request.as_deref();
        let tally = Tally::of(&seconds, request);
        match request {
            Some(name) if tally.requests == 0.0 => {
                let known = self.course.seconds.iter().flat_map(|second| &second.line.rows);
                let is_known = known.clone().any(|row| is_named(row, name));
                let mut names: Vec<&str> =
                    known.filter_map(|row| Some(row.tags.get(names::tag::NAME)?.as_str())).collect();
                names.sort_unstable();
                names.dedup();
                names.truncate(5);
                let note = if is_known { "no-request-then" } else { "no-request-named" };
                let none = Observation::not_measured(note).label("request", name);
                Err(none.label("known", names.join(", ")).into())
            }
            None if tally.requests == 0.0 => Err(Observation::not_measured("no-request").into()),
            _ => Ok(tally),
        }
    }
}
