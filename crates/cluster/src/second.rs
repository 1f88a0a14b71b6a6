//! A second is what one part of a run measured in one interval.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{Control, Observer, RunEvent, Stalls, Tick};
use flashcrowd_metrics::{Builtin, MetricId, Portable, Snapshots};
use flashcrowd_record::ProcessUse;
use flashcrowd_session::Probe;
use serde::{Deserialize, Serialize};

use crate::standing::Standing;

/// Virtual users of all parts are counted together, not part by part.
const COUNTED_TOGETHER: [MetricId; 2] = [Builtin::VUS, Builtin::VUS_MAX];

/// What one part of a run measured in one interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Its number on this part, counted from one without gaps.
    pub sequence: u64,
    /// From the start of the run to the end of the interval.
    pub end: Duration,
    /// Whether the part has ended with it.
    pub is_last: bool,
    /// From the start of the run to that of the load; none before that.
    pub load_began: Option<Duration>,
    /// To its end; none before that.
    pub load_ended: Option<Duration>,
    /// What was measured.
    pub measured: Portable,
    /// Where all scenarios stand.
    pub scenarios: Vec<Standing>,
    /// Active virtual users.
    pub vus_active: u64,
    /// Virtual users that are initialized.
    pub vus_initialized: u64,
    /// How long the worker that stood still most did so, in all and at a time.
    pub stalled: (Duration, Duration),
    /// What it costs this process.
    pub process: Option<ProcessUse>,
    /// What the user should know, since the last second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Second {
    /// The second of the run that it belongs to, counted from one: the nearest, and for the last one that which has begun.
    pub(crate) fn of_run(&self) -> u64 {
        let nearest = if self.is_last { 0.999_999_999 } else { 0.5 };
        ((self.end.as_secs_f64() + nearest) as u64).max(1)
    }

    pub(crate) fn stalls(&self) -> Stalls {
        Stalls { total: self.stalled.0, longest: self.stalled.1 }
    }
}

/// Makes seconds of what the engine tells.
pub struct Measure<F> {
    take: F,
    control: Arc<Control>,
    snapshots: Snapshots,
    probe: Probe,
    sequence: u64,
    load_began: Option<Duration>,
    load_ended: Option<Duration>,
    warnings: Vec<String>,
}

impl<F: FnMut(Second)> Measure<F> {
    /// Hands every second to `take`.
    pub fn new(control: Arc<Control>, take: F) -> Self {
        Self {
            take,
            control,
            snapshots: Snapshots::default(),
            probe: Probe::default(),
            sequence: 0,
            load_began: None,
            load_ended: None,
            warnings: Vec::new(),
        }
    }
}

impl<F: FnMut(Second)> Observer for Measure<F> {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Running(_) => self.load_began = Some(self.control.elapsed()),
            RunEvent::Teardown => self.load_ended = Some(self.control.elapsed()),
            RunEvent::Warning(warning) => self.warnings.push(warning.to_string()),
            _ => {}
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        self.sequence += 1;
        let stalls = self.control.stalls();
        (self.take)(Second {
            sequence: self.sequence,
            end: tick.elapsed,
            is_last: tick.last,
            load_began: self.load_began,
            load_ended: self.load_ended,
            measured: self.snapshots.take(tick.totals, &COUNTED_TOGETHER),
            scenarios: tick.scenarios.iter().map(Standing::of).collect(),
            vus_active: tick.vus_active,
            vus_initialized: tick.vus_initialized,
            stalled: (stalls.total, stalls.longest),
            process: self.probe.read(&self.control, tick.interval),
            warnings: std::mem::take(&mut self.warnings),
        });
    }
}
