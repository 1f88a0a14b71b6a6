//! The course of a run is the part of its record in which load ran, second by second.

use std::ops::Range;

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Phase, TimelineLine};

use crate::evidence::Evidence;
use crate::row::{is_answered, is_refusal};

/// Intervals and phases that miss each other by less than this meet.
const TOLERANCE: f64 = 0.05;

/// A step with this many intervals can do without its first one.
const ENOUGH: usize = 4;

/// The part of a record in which load ran.
#[derive(Clone, Debug)]
pub(crate) struct Course<'a> {
    pub(crate) seconds: Vec<Second<'a>>,
    /// The phases of the test; of one that the search for the breaking point ended, those that were over by then.
    pub(crate) phases: &'a [Phase],
}

/// One interval of load, which is a second mostly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second<'a> {
    pub(crate) line: &'a TimelineLine,
    /// When it began, in seconds of load.
    pub(crate) start: f64,
    /// When it ended.
    pub(crate) end: f64,
}

/// So many seconds or more in a row for which that holds, as ranges.
pub(crate) fn streaks(seconds: usize, shortest: usize, holds: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < seconds {
        let length = (at..seconds).take_while(|at| holds(*at)).count();
        if length >= shortest {
            found.push(at..at + length);
        }
        at += length.max(1);
    }
    found
}

impl<'a> Course<'a> {
    /// The intervals since the end of setup; all where the record does not know when that was.
    pub(crate) fn of(evidence: &Evidence<'a>) -> Self {
        let counts_load = evidence.timeline.iter().any(|line| line.load.is_some());
        let seconds = evidence.timeline.iter().filter_map(|line| {
            let now = if counts_load { line.load? } else { line.t };
            // What teardown does is no load.
            let end = line.load_ended.map_or(now, |ended| now.min(ended));
            (line.interval > 0.0 && line.has_load()).then(|| Second {
                line,
                start: (now - line.interval).max(0.0),
                end,
            })
        });
        Self { seconds: seconds.collect(), phases: reached(evidence) }
    }

    /// The end of the last phase; of the record where there is none.
    pub(crate) fn end(&self) -> f64 {
        let recorded = self.seconds.last().map_or(0.0, |second| second.end);
        self.phases.iter().map(|phase| phase.end).reduce(f64::max).map_or(recorded, |end| end.min(recorded))
    }

    /// The intervals wholly between two moments.
    pub(crate) fn between(&self, start: f64, end: f64) -> Vec<Second<'a>> {
        let is_inside =
            |second: &&Second<'_>| second.start >= start - TOLERANCE && second.end <= end + TOLERANCE;
        self.seconds.iter().filter(is_inside).copied().collect()
    }

    /// The intervals in which a phase's load was as configured. The first one is left out where there are enough;
    /// where there is none, the one that overlaps most is taken.
    pub(crate) fn settled(&self, phase: &Phase) -> Vec<Second<'a>> {
        let mut found = self.between(phase.settled, phase.end);
        if found.len() >= ENOUGH {
            found.remove(0);
        }
        if found.is_empty() {
            let overlap = |second: &Second<'_>| second.end.min(phase.end) - second.start.max(phase.settled);
            let best = self.seconds.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
            found.extend(best.filter(|second| overlap(second) > 0.0));
        }
        found
    }

    /// The intervals that no ramp touches, those after the last phase included: answers that come late count. All
    /// where there is nothing but ramps.
    pub(crate) fn without_ramps(&self) -> Vec<Second<'a>> {
        let is_ramp = |second: &Second<'_>| {
            self.phases
                .iter()
                .any(|phase| second.start < phase.settled - TOLERANCE && second.end > phase.start + TOLERANCE)
        };
        let found: Vec<Second<'a>> = self.seconds.iter().filter(|second| !is_ramp(second)).copied().collect();
        if found.is_empty() { self.seconds.clone() } else { found }
    }

    /// The intervals in which the load was as configured, of all phases; all up to the end where there are none.
    pub(crate) fn under_load(&self) -> Vec<Second<'a>> {
        let found: Vec<Second<'a>> =
            self.phases.iter().flat_map(|phase| self.between(phase.settled, phase.end)).collect();
        if found.is_empty() { self.between(0.0, self.end()) } else { found }
    }

    /// The longest time of one load: what is looked at for slow changes.
    pub(crate) fn soak(&self) -> Vec<Second<'a>> {
        let length = |phase: &&Phase| phase.end - phase.settled;
        match self.phases.iter().max_by(|a, b| length(a).total_cmp(&length(b))) {
            Some(phase) => self.between(phase.settled, phase.end),
            None => self.between(0.0, self.end()),
        }
    }
}

/// The phases that a run can be judged by. What the search for the breaking point cut off is none of them: only
/// iterations that had begun came to their end there.
fn reached<'a>(evidence: &Evidence<'a>) -> &'a [Phase] {
    let phases = &evidence.run.phases;
    let stopped = evidence.results.and_then(|results| results.outcome.stopped_at);
    let is_over = |phase: &Phase| stopped.is_none_or(|stopped| phase.end <= stopped);
    &phases[..phases.iter().position(|phase| !is_over(phase)).unwrap_or(phases.len())]
}

impl<'a> Second<'a> {
    /// Every interval of a record, setup and the shortest rest included: what adds up over them is what the results say.
    /// Setup is at the beginning of the load.
    pub(crate) fn all(evidence: &Evidence<'a>) -> Vec<Self> {
        let counts_load = evidence.timeline.iter().any(|line| line.load.is_some());
        let seconds = evidence.timeline.iter().map(|line| {
            let end = if counts_load { line.load.unwrap_or_default() } else { line.t };
            Self { line, start: (end - line.interval).max(0.0), end }
        });
        seconds.collect()
    }
}

impl Second<'_> {
    /// A number of a metric, zero where it had no samples.
    pub(crate) fn stat(&self, metric: &str, stat: &str) -> f64 {
        self.line.stat(metric, stat).filter(|value| value.is_finite()).unwrap_or_default()
    }

    /// Its length.
    pub(crate) fn length(&self) -> f64 {
        self.line.interval
    }

    /// Active virtual users.
    pub(crate) fn users(&self) -> f64 {
        match self.line.stat(metric::VUS, "value") {
            Some(users) if users.is_finite() => users,
            _ => self.line.scenarios.iter().map(|scenario| scenario.vus as f64).sum(),
        }
    }

    /// How many iterations were due per second; none where virtual users loop.
    pub(crate) fn due_rate(&self) -> Option<f64> {
        self.line.scenarios.iter().filter_map(|scenario| scenario.rate).reduce(|all, rate| all + rate)
    }

    /// Requests that ended in it.
    pub(crate) fn requests(&self) -> f64 {
        self.stat(metric::HTTP_REQS, "sum")
    }

    /// Requests that failed in it.
    pub(crate) fn failed(&self) -> f64 {
        self.stat(metric::HTTP_REQ_FAILED, "trues")
    }

    /// Requests that did not fail, per second.
    pub(crate) fn good_rate(&self) -> f64 {
        (self.requests() - self.failed()).max(0.0) / self.length()
    }

    /// Requests that failed through no decision of the target: without those that it turned down, such as sold out.
    pub(crate) fn faults(&self) -> f64 {
        let rows =
            self.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQ_FAILED && is_refusal(row));
        (self.failed() - rows.map(|row| row.stats.value("trues")).sum::<f64>()).max(0.0)
    }

    /// Requests that were answered without a fault, per second.
    pub(crate) fn served_rate(&self) -> f64 {
        (self.requests() - self.faults()).max(0.0) / self.length()
    }

    /// The share of the requests that failed; none where there was no request.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        let requests = self.requests();
        (requests > 0.0).then(|| (self.failed() / requests).min(1.0))
    }

    /// A number of the requests' times, such as `p95`, in milliseconds.
    pub(crate) fn latency(&self, stat: &str) -> Option<f64> {
        self.line.stat(metric::HTTP_REQ_DURATION, stat).filter(|value| value.is_finite())
    }

    /// Iterations that ended in it.
    pub(crate) fn iterations(&self) -> f64 {
        self.stat(metric::ITERATIONS, "sum")
    }

    /// How long the iterations that ended in it took on average, in milliseconds.
    pub(crate) fn iteration_length(&self) -> Option<f64> {
        let count = self.stat(metric::ITERATION_DURATION, "count");
        (count > 0.0).then(|| self.stat(metric::ITERATION_DURATION, "sum") / count)
    }

    /// Iterations that were due and not started.
    pub(crate) fn dropped(&self) -> f64 {
        self.stat(metric::DROPPED_ITERATIONS, "sum")
    }

    /// Iterations with a due time that were started.
    pub(crate) fn started(&self) -> f64 {
        self.stat(metric::ITERATION_LAG, "count")
    }

    /// Checks that passed, and all checks.
    pub(crate) fn checks(&self) -> (f64, f64) {
        (self.stat(metric::CHECKS, "trues"), self.stat(metric::CHECKS, "total"))
    }

    /// Requests that got no answer at all.
    pub(crate) fn without_answer(&self) -> f64 {
        let rows = self.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQS);
        let silent = rows.filter(|row| !is_answered(row));
        silent.map(|row| row.stats.value("sum")).sum()
    }

    /// Requests that nobody answered, or with a 5xx; as many as failed where the record has no rows.
    pub(crate) fn unanswered(&self) -> f64 {
        let rows = || self.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQS);
        if rows().next().is_none() {
            return self.failed();
        }
        let is_answer = |status: u16| (1..500).contains(&status);
        rows()
            .filter(|row| {
                row.tags
                    .get(names::tag::STATUS)
                    .and_then(|status| status.parse().ok())
                    .is_some_and(|s| !is_answer(s))
            })
            .map(|row| row.stats.value("sum"))
            .sum()
    }

    /// What the target said at its end, all series of that name together.
    pub(crate) fn target(&self, name: &str) -> Option<f64> {
        self.target_at(name).map(|(_, value)| value)
    }

    /// The same, and when it said so: an answer that waited for the target is older than the end of the interval.
    pub(crate) fn target_at(&self, name: &str) -> Option<(f64, f64)> {
        let is_of = |series: &str| series.split('{').next() == Some(name);
        let all = self.line.target.iter().enumerate();
        let values = all.filter(|(_, (series, value))| is_of(series) && value.is_finite());
        let (at, value) =
            values.map(|(at, (_, value))| (at, *value)).reduce(|(at, all), (_, value)| (at, all + value))?;
        let mut end = 0;
        let age = self.line.target_ages.iter().find(|(_, count)| {
            end += count;
            at < end
        });
        Some((self.end - age.map_or(0.0, |(age, _)| *age), value))
    }
}
