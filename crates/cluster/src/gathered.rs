//! What is gathered are the seconds of all parts; a second of the run is whole once every part has told of it.
//!
//! Seconds may come late, twice and in any order. Each counts once: in its own second, or in the next one where that was
//! given up before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flashcrowd_engine::{Elsewhere, ScenarioConfig, Stalls, Warning, Whole};
use flashcrowd_metrics::PortableError;
use flashcrowd_record::{ProcessUse, WorkersUse};

use crate::second::Second;
use crate::standing::{Standing, together};

/// The seconds of all parts.
#[derive(Debug)]
pub struct Gathered {
    parts: Vec<Part>,
    /// By second of the run: what was measured in it, and on which part.
    seconds: BTreeMap<u64, Vec<(usize, Second)>>,
    /// The last second of the run that was handed out.
    shown: u64,
}

#[derive(Debug, Default)]
struct Part {
    /// All seconds up to this one have come.
    without_gap: u64,
    /// Further ones that have come.
    beyond: BTreeSet<u64>,
    /// The second of the run that it has told of, by number.
    told: BTreeMap<u64, u64>,
    /// The second of the run up to which nothing is missing.
    reached: u64,
    /// The number of its last second.
    last: Option<u64>,
    /// No more will come.
    is_over: bool,
    /// What it told last of what was handed out.
    latest: Option<Latest>,
}

/// What a part told last.
#[derive(Clone, Debug)]
struct Latest {
    scenarios: Vec<Standing>,
    vus_active: u64,
    vus_initialized: u64,
    stalls: Stalls,
    process: Option<ProcessUse>,
}

/// What became of a second that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It counts in its second of the run.
    New,
    /// It counts, but its second of the run was shown before.
    Late,
    /// It has come before, and changes nothing.
    Doubled,
}

/// A second of the run, with what all parts measured in it.
#[derive(Debug)]
pub struct WholeSecond {
    /// Its number, counted from one.
    pub number: u64,
    /// What was measured, and on which part.
    pub parts: Vec<(usize, Second)>,
}

impl Gathered {
    /// Nothing, of that many parts.
    pub fn new(parts: usize) -> Self {
        Self { parts: (0..parts).map(|_| Part::default()).collect(), seconds: BTreeMap::new(), shown: 0 }
    }

    /// Takes a second of a part.
    pub fn take(&mut self, part: usize, second: Second) -> Taken {
        let state = &mut self.parts[part];
        let number = second.sequence;
        if number <= state.without_gap || !state.beyond.insert(number) {
            return Taken::Doubled;
        }
        let of_run = second.of_run();
        state.told.insert(number, of_run);
        state.last = state.last.or(second.is_last.then_some(number));
        while state.beyond.remove(&(state.without_gap + 1)) {
            state.without_gap += 1;
            if let Some(told) = state.told.remove(&state.without_gap) {
                state.reached = state.reached.max(told);
            }
        }
        state.is_over |= state.last == Some(state.without_gap);
        let is_late = of_run <= self.shown;
        self.seconds.entry(of_run.max(self.shown + 1)).or_default().push((part, second));
        if is_late { Taken::Late } else { Taken::New }
    }

    /// The part has told everything, or never will.
    pub fn is_over(&mut self, part: usize) {
        self.parts[part].is_over = true;
    }

    /// The parts that the next second of the run waits for.
    pub fn missing(&self) -> Vec<usize> {
        let next = self.shown + 1;
        let is_missing = |part: &Part| !part.is_over && part.reached < next;
        (0..self.parts.len()).filter(|&part| is_missing(&self.parts[part])).collect()
    }

    /// All of a part's seconds up to this one have come.
    pub fn without_gap(&self, part: usize) -> u64 {
        self.parts[part].without_gap
    }

    /// Whether all of a part's seconds have come, the last one too.
    pub fn has_ended(&self, part: usize) -> bool {
        self.parts[part].last.is_some_and(|last| last == self.parts[part].without_gap)
    }

    /// The last second of the run that was handed out.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Nothing is to come of the seconds up to this one.
    pub fn begin_after(&mut self, second: u64) {
        self.shown = self.shown.max(second);
    }

    /// How far the part has told without a gap, in seconds of the run.
    pub fn reached(&self, part: usize) -> u64 {
        self.parts[part].reached
    }

    /// The next second of the run, once it is whole; none when there is nothing more.
    pub fn next_whole(&mut self) -> Option<WholeSecond> {
        let is_known = self.parts.iter().any(|part| part.reached > self.shown) || !self.seconds.is_empty();
        (self.missing().is_empty() && is_known).then(|| self.give_up_next())
    }

    /// The next second of the run as far as it has come.
    pub fn give_up_next(&mut self) -> WholeSecond {
        self.shown += 1;
        let parts = self.seconds.remove(&self.shown).unwrap_or_default();
        for (part, second) in &parts {
            // The last moments are too short to tell how busy a processor is.
            let before = self.parts[*part].latest.as_ref().and_then(|latest| latest.process);
            let workers = before.and_then(|before| before.workers).filter(|_| second.is_last);
            let process = second.process.map(|process| match workers {
                Some(workers) => ProcessUse { workers: Some(workers), ..process },
                None => process,
            });
            self.parts[*part].latest = Some(Latest {
                scenarios: second.scenarios.clone(),
                vus_active: second.vus_active,
                vus_initialized: second.vus_initialized,
                stalls: second.stalls(),
                process,
            });
        }
        WholeSecond { number: self.shown, parts }
    }

    /// Where the run stands by what was handed out.
    pub fn stands(&self, scenarios: &[ScenarioConfig], elapsed: Option<Duration>) -> Elsewhere {
        let latest = || self.parts.iter().filter_map(|part| part.latest.as_ref());
        let all = |scenario| together(scenario, latest().map(|latest| &latest.scenarios[..]));
        Elsewhere {
            scenarios: scenarios.iter().map(all).collect(),
            vus_active: latest().map(|latest| latest.vus_active).sum(),
            vus_initialized: latest().map(|latest| latest.vus_initialized).sum(),
            stalls: Stalls {
                total: latest().map(|latest| latest.stalls.total).max().unwrap_or_default(),
                longest: latest().map(|latest| latest.stalls.longest).max().unwrap_or_default(),
            },
            elapsed,
        }
    }

    /// What the load costs all parts together: processors' time and memory in all, and of worker threads the worst.
    pub fn cost(&self) -> Option<ProcessUse> {
        let told = self.parts.iter().filter_map(|part| part.latest.as_ref()?.process);
        told.reduce(|one, other| ProcessUse {
            cpu_seconds: one.cpu_seconds + other.cpu_seconds,
            rss_bytes: one.rss_bytes + other.rss_bytes,
            workers: match (one.workers, other.workers) {
                (Some(one), Some(other)) => Some(WorkersUse {
                    busiest: one.busiest.max(other.busiest),
                    waited: one.waited.max(other.waited),
                    throttled: one.throttled.max(other.throttled),
                    stalled: one.stalled.max(other.stalled),
                }),
                (one, other) => one.or(other),
            },
        })
    }
}

impl WholeSecond {
    /// How long the run had lasted when it ended.
    pub fn end(&self) -> Duration {
        self.parts.iter().map(|(_, second)| second.end).max().unwrap_or(Duration::from_secs(self.number))
    }

    /// Adds what was measured to the whole, and tells what the user should know.
    pub fn absorb(self, whole: &mut Whole<'_>, names: &[String]) -> Result<(), PortableError> {
        for (part, second) in self.parts {
            for text in second.warnings {
                let name = names.get(part).cloned().unwrap_or_default();
                whole.warn(Warning::Elsewhere { part: name, text });
            }
            // Later seconds last, and within one the parts in their order.
            let order = (self.number << 20) | part as u64;
            whole.absorb(second.measured, order)?;
        }
        Ok(())
    }

    /// When the load began on the first of the parts.
    pub fn load_began(&self) -> Option<Duration> {
        self.parts.iter().filter_map(|(_, second)| second.load_began).min()
    }
}
