//! ramping-vus: a changing number of virtual users loop, along a curve of straight stages.
//!
//! Starts: `startVUs` at once; within a stage from F up to T over D, virtual user n starts D*(T-n)/(T-F) before the
//! stage's end, so from 0 to 5 in 5 s they start at 1, 2, 3, 4 and 5 s. Stages without length jump.
//! Stops: the last started first, at the mirrored moments; the running iteration has `gracefulRampDown` to end. A
//! virtual user that is still at it when the curve rises again just goes on. After the last stage the graceful stop
//! applies to all, and may cut the ramp-down's grace short.
//! Drops: nothing.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

use super::{Executor, Lane, Load, Loop, LoopingVu, Need, Stage, stages};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

const GRACEFUL_RAMP_DOWN: Duration = Duration::from_secs(30);

/// The most virtual users a stage may ask for.
const MOST: u64 = 100_000_000;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampingVus {
    /// How many virtual users there are at the start.
    pub start_vus: u64,
    /// The curve.
    pub stages: Vec<Stage>,
    /// How long the running iteration of a virtual user that is to stop may go on.
    pub graceful_ramp_down: Duration,
}

/// How many virtual users loop from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VuStep {
    /// From when on.
    pub at: Duration,
    /// How many.
    pub vus: u64,
}

impl RampingVus {
    pub(super) const NAME: &'static str = "ramping-vus";

    /// Settings with k6's default for the ramp-down's grace.
    pub fn new(start_vus: u64, stages: Vec<Stage>) -> Self {
        Self { start_vus, stages, graceful_ramp_down: GRACEFUL_RAMP_DOWN }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            start_vus: fields.integer("startVUs", 1),
            stages: stages::read(fields),
            graceful_ramp_down: fields.duration("gracefulRampDown", GRACEFUL_RAMP_DOWN),
        }
    }

    /// The schedule of a share: every change of its number of virtual users, the first one at zero.
    pub fn steps(&self, share: &Share) -> Vec<VuStep> {
        let mut vus = share.scale(self.start_vus);
        let mut steps = vec![VuStep { at: Duration::ZERO, vus }];
        let (mut from, mut begun) = (self.start_vus, Duration::ZERO);
        for stage in &self.stages {
            let end = begun.saturating_add(stage.duration);
            let target = share.scale(stage.target);
            // Correctness: `n` virtual users are reached when those missing to the stage's target would take the rest
            // of its time; `n` counts over all segments, `vus` over this one.
            let at = |n: u64| {
                end - fraction(stage.duration, n.abs_diff(stage.target), stage.target.abs_diff(from))
            };
            while vus != target {
                let up = vus < target;
                let index = share.global_index(if up { vus } else { vus - 1 }).unwrap_or_default();
                vus = if up { vus + 1 } else { vus - 1 };
                push(&mut steps, VuStep { at: at(if up { index + 1 } else { index }), vus });
            }
            (from, begun) = (stage.target, end);
        }
        steps
    }
}

/// Adds a step; several at one moment are one.
fn push(steps: &mut Vec<VuStep>, step: VuStep) {
    match steps.last_mut() {
        Some(last) if last.at == step.at => *last = step,
        _ => steps.push(step),
    }
}

/// `whole * part / of`, in whole nanoseconds.
fn fraction(whole: Duration, part: u64, of: u64) -> Duration {
    let nanos = whole.as_nanos() * u128::from(part) / u128::from(of.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Executor for RampingVus {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        stages::validate(&self.stages, MOST, problems);
        let some = stages::highest(self.start_vus, &self.stages) > 0 || self.stages.is_empty();
        problems.check(some, "stages", "either startVUs or one of the stages' targets must be more than 0");
    }

    fn length(&self) -> Duration {
        stages::length(&self.stages)
    }

    /// A virtual user stays reserved while it may be ramping down: the need is the curve's highest point within the
    /// last `gracefulRampDown`.
    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        let steps = self.steps(share);
        let over = self.length().saturating_add(graceful_stop);
        // Heights that may still be the highest, falling from front to back, each with the moment it is forgotten.
        let mut recent: VecDeque<(u64, Duration)> = VecDeque::new();
        let mut needs: Vec<Need> = Vec::new();
        let mut note = |at: Duration, vus: u64| match needs.last_mut() {
            Some(last) if last.planned == vus => {}
            Some(last) if last.at == at => last.planned = vus,
            _ => needs.push(Need::planned(at, vus)),
        };
        for (step, next) in steps.iter().zip(steps.iter().skip(1).map(Some).chain([None])) {
            while let Some(&(_, forgotten)) = recent.front().filter(|(_, forgotten)| *forgotten <= step.at) {
                recent.pop_front();
                note(forgotten, recent.front().map_or(0, |(vus, _)| *vus));
            }
            while recent.back().is_some_and(|(vus, _)| *vus <= step.vus) {
                recent.pop_back();
            }
            let forgotten =
                next.map_or(over, |next| next.at.saturating_add(self.graceful_ramp_down).min(over));
            recent.push_back((step.vus, forgotten));
            note(step.at, recent.front().map_or(0, |(vus, _)| *vus));
        }
        while let Some((_, forgotten)) = recent.pop_front() {
            note(forgotten, recent.front().map_or(0, |(vus, _)| *vus));
        }
        needs
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let most = share.scale(stages::highest(self.start_vus, &self.stages));
        let length = duration::format(self.length());
        let what = format!("Up to {most} looping VUs for {length} over {}", stages::count(&self.stages));
        (what, vec![format!("gracefulRampDown: {}", duration::format(self.graceful_ramp_down))])
    }

    fn load(&self) -> Option<Load> {
        Some(Load { from: self.start_vus, stages: self.stages.clone(), time_unit: None })
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("startVUs".into(), self.start_vus.into());
        object.insert("stages".into(), json!(self.stages));
        object.insert("gracefulRampDown".into(), duration::format(self.graceful_ramp_down).into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(stages::highest(self.start_vus, &self.stages));
            let mut handles: Vec<Option<Box<dyn LoopingVu>>> = Vec::new();
            let mut looping = 0;
            for step in self.steps(lane.share()) {
                lane.sleep_until(step.at).await;
                let vus = usize::try_from(step.vus).unwrap_or(usize::MAX);
                handles.resize_with(handles.len().max(vus), || None);
                for handle in handles.iter_mut().take(vus).skip(looping) {
                    if !handle.as_ref().is_some_and(|vu| vu.resume()) {
                        *handle = lane.start_vu(Loop::Forever).await;
                    }
                }
                let deadline = step.at.saturating_add(self.graceful_ramp_down);
                handles.iter().take(looping).skip(vus).rev().flatten().for_each(|vu| vu.stop_by(deadline));
                looping = vus;
            }
            lane.sleep_until(self.length()).await;
            // A virtual user that starts at the very end runs one iteration, as in k6.
            lane.let_others().await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn ramp(start: u64, stages: &[(u64, u64)]) -> RampingVus {
        let stage = |&(length, target): &(u64, u64)| Stage { duration: seconds(length), target };
        RampingVus::new(start, stages.iter().map(stage).collect())
    }

    #[test]
    fn steps_are_whole_virtual_users() {
        let check = |start, stages: &[(u64, u64)], expected: &[(u64, u64)]| {
            let steps = ramp(start, stages).steps(&Share::whole());
            let steps: Vec<_> = steps.iter().map(|step| (step.at.as_millis() as u64, step.vus)).collect();
            assert_eq!(steps, expected, "{start} {stages:?}");
        };
        check(0, &[(5, 5)], &[(0, 0), (1000, 1), (2000, 2), (3000, 3), (4000, 4), (5000, 5)]);
        check(5, &[(5, 0)], &[(0, 5), (1000, 4), (2000, 3), (3000, 2), (4000, 1), (5000, 0)]);
        check(2, &[(10, 2)], &[(0, 2)]);
        check(0, &[(0, 3), (1, 3), (0, 1)], &[(0, 3), (1000, 1)]);
        check(1, &[(3, 3), (2, 1)], &[(0, 1), (1500, 2), (3000, 3), (4000, 2), (5000, 1)]);
    }

    #[test]
    fn parties_take_their_turns() {
        let halves = Share::whole().split(2);
        let times =
            |share| -> Vec<u64> { ramp(0, &[(4, 4)]).steps(share).iter().map(|s| s.at.as_secs()).collect() };
        assert_eq!(times(&halves[0]), [0, 1, 3]);
        assert_eq!(times(&halves[1]), [0, 2, 4]);
    }

    #[test]
    fn ramping_down_keeps_virtual_users_reserved() {
        let check = |grace, stop, stages: &[(u64, u64)], expected: &[(u64, u64)]| {
            let executor = RampingVus { graceful_ramp_down: seconds(grace), ..ramp(0, stages) };
            let needs = executor.needs(&Share::whole(), seconds(stop));
            let needs: Vec<_> = needs.iter().map(|need| (need.at.as_secs(), need.planned)).collect();
            assert_eq!(needs, expected, "{grace} {stop} {stages:?}");
        };
        let jumps = [(0, 3), (2, 3), (0, 1), (10, 1)];
        check(0, 0, &jumps, &[(0, 3), (2, 1), (12, 0)]);
        check(4, 5, &jumps, &[(0, 3), (6, 1), (17, 0)]);
        check(30, 5, &jumps, &[(0, 3), (17, 0)]);
        check(3, 0, &[(0, 2), (1, 2), (0, 0), (1, 0), (0, 1), (5, 1)], &[(0, 2), (4, 1), (7, 0)]);
    }
}
