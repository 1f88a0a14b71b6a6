//! A search asks for one step after the other, and learns from what is measured in each.

use crate::config::SearchConfig;
use crate::estimate::{Estimate, Interval};
use crate::evidence::growth;
use crate::posterior::Posterior;
use crate::trial::{Calm, Second, Trial};

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Apply this load, and see whether everything holds.
    Trial {
        /// The load.
        load: f64,
    },
    /// Apply this light load until the target has recovered.
    Rest {
        /// The load.
        load: f64,
    },
    /// Nothing: the search is over.
    Done(Ending),
}

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The load.
    pub load: f64,
    /// Whether it is being tried; else the target rests.
    pub is_trial: bool,
    /// Whether it is still settling.
    pub settles: bool,
}

/// Whether a step goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It does.
    GoOn,
    /// It is over: ask for the next one.
    Over,
}

/// Why a search is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The interval is narrow enough.
    Precise,
    /// Time is up.
    TimeUp,
    /// Everything held at the largest load that could be tried.
    AllHeld,
    /// Something did not hold at the lightest load.
    NoneHeld,
    /// Nothing was answered.
    NotMeasured,
    /// The target did not answer any more after a trial.
    Gone,
}

/// The step at hand.
#[derive(Clone, Debug)]
enum Current {
    None,
    Trial { trial: Trial, length: usize },
    Rest { seconds: usize, answered: bool },
}

/// Finds the largest load at which promises hold.
#[derive(Clone, Debug)]
pub struct Search {
    config: SearchConfig,
    trials: Vec<Trial>,
    current: Current,
    elapsed: f64,
    /// The lightest trial that was answered, to know a recovered target by.
    calm: Option<Calm>,
    /// What the trials tell; none while that is not known.
    known: Option<Posterior>,
    overloaded: bool,
    turn: usize,
    ending: Option<Ending>,
}

/// The longest rest, in seconds.
const LONGEST_REST: usize = 20;

impl Search {
    /// A search that has not begun.
    pub fn new(config: SearchConfig) -> Self {
        Self {
            config,
            trials: Vec::new(),
            current: Current::None,
            elapsed: 0.0,
            calm: None,
            known: None,
            overloaded: false,
            turn: 0,
            ending: None,
        }
    }

    /// The trials that are over.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// What is known so far.
    pub fn estimate(&self) -> Estimate {
        match &self.known {
            Some(known) => Estimate::of(known, &self.trials),
            None => Estimate::of(&self.posterior(), &self.trials),
        }
    }

    fn posterior(&self) -> Posterior {
        Posterior::of(&self.config, &self.trials, self.calm.unwrap_or_default())
    }

    /// The promises that were broken in a trial, as far as it can tell by itself.
    pub fn broken(&self, trial: &Trial) -> Vec<usize> {
        let promises = self.config.promises.iter().enumerate();
        let broken = promises.filter(|(index, promise)| {
            let tally = trial.tally(*index);
            tally.all <= 0.0 || tally.bad > promise.allowed * tally.all
        });
        broken.map(|(index, _)| index).collect()
    }

    /// Iterations a second that were due in a trial and not done; none where nothing was counted.
    pub fn piled_up(&self, trial: &Trial) -> Option<f64> {
        growth(trial).map(|growth| growth.mean)
    }

    /// Whether the target kept up in a trial, where that is asked.
    pub fn kept_up(&self, trial: &Trial) -> bool {
        !self.config.keeps_up || !grows(trial)
    }

    /// Whether a trial held, as far as it can tell by itself.
    pub fn held(&self, trial: &Trial) -> bool {
        self.kept_up(trial) && self.broken(trial).is_empty()
    }

    /// Takes in a trial: also one of an earlier run.
    pub fn recall(&mut self, mut trial: Trial) {
        // What drowns while it settles has told enough.
        trial.settle = trial.settle.min(trial.seconds.len().saturating_sub(1));
        self.calm = self.calm.or_else(|| Calm::of(&trial));
        self.trials.push(trial);
        self.known = Some(self.posterior());
    }

    /// The load at hand, whether it is a trial, and whether it is still settling.
    pub fn standing(&self) -> Standing {
        match &self.current {
            Current::Trial { trial, .. } => {
                Standing { load: trial.load, is_trial: true, settles: trial.seconds.len() < trial.settle }
            }
            Current::None | Current::Rest { .. } => {
                Standing { load: self.config.fit(self.config.lowest), is_trial: false, settles: false }
            }
        }
    }

    /// What is to be done next.
    pub fn next_step(&mut self) -> Step {
        if let Some(ending) = self.ending.or_else(|| self.ended()) {
            self.ending = Some(ending);
            return Step::Done(ending);
        }
        if std::mem::take(&mut self.overloaded) {
            self.current = Current::Rest { seconds: 0, answered: false };
            return Step::Rest { load: self.config.fit(self.config.lowest) };
        }
        let (load, length) = self.choose();
        let settle = self.settle(length);
        let trial = Trial { load, settle, seconds: Vec::new() };
        self.current = Current::Trial { trial, length };
        Step::Trial { load }
    }

    /// Takes in a second of the step at hand.
    pub fn second(&mut self, second: Second) -> Progress {
        self.elapsed += second.length;
        match &mut self.current {
            Current::None => Progress::Over,
            Current::Rest { seconds, answered } => {
                *seconds += 1;
                *answered |= second.response.is_some();
                let (answered, seconds) = (*answered, *seconds);
                let rested = self.calm.is_none_or(|calm| calm.again(&second));
                if !rested && seconds < LONGEST_REST {
                    return Progress::GoOn;
                }
                self.ending = (!answered).then_some(Ending::Gone);
                self.current = Current::None;
                Progress::Over
            }
            Current::Trial { trial, length } => {
                let drowned = drowns(trial, &second, self.config.keeps_up);
                trial.seconds.push(second);
                let counted: f64 = trial.counted().iter().map(|second| second.done).sum();
                let enough = counted >= FEWEST || trial.seconds.len() >= *length * 4 + 10;
                if !drowned && (trial.seconds.len() < *length || !enough) {
                    return Progress::GoOn;
                }
                let trial = std::mem::take(trial);
                self.current = Current::None;
                self.overloaded = self.config.keeps_up && needs_rest(&trial);
                self.recall(trial);
                Progress::Over
            }
        }
    }

    /// How many seconds of a trial settle.
    fn settle(&self, length: usize) -> usize {
        let response = self.calm.map_or(0.0, |calm| calm.iteration.min(10.0).ceil() - 1.0);
        (length / 4).max(1) + response.max(0.0) as usize
    }

    fn ended(&self) -> Option<Ending> {
        let answered = |trial: &Trial| trial.seconds.iter().any(|second| second.response.is_some());
        if self.trials.len() >= 2 && !self.trials.iter().any(answered) {
            return Some(Ending::NotMeasured);
        }
        let lowest = self.config.fit(self.config.lowest);
        let highest = self.config.fit(self.config.highest);
        let at = |load: f64, held: bool| {
            self.trials.iter().filter(|trial| trial.load == load && self.held(trial) == held).count()
        };
        if at(lowest, false) >= 2 && at(lowest, false) > at(lowest, true) {
            return Some(Ending::NoneHeld);
        }
        if at(highest, true) >= 2 && at(highest, true) > at(highest, false) {
            return Some(Ending::AllHeld);
        }
        let (held, failed) = self.bracket();
        if held.is_some() && failed.is_some() {
            let load = self.estimate().load;
            let whole = if self.config.whole { 1.0 } else { 0.0 };
            let near = |held: bool, from: f64, to: f64| {
                let all = self.trials.iter().filter(|trial| self.held(trial) == held);
                all.filter(|trial| trial.load >= from && trial.load <= to).count()
            };
            let room = 1.0 + self.config.precision;
            let confirmed = near(true, load.lower / room, load.upper) >= 2
                && near(false, load.lower, load.upper * room * room) >= 2;
            if confirmed && load.upper - load.lower <= (2.0 * self.config.precision * load.value).max(whole) {
                return Some(Ending::Precise);
            }
        }
        (self.elapsed >= self.config.seconds - 2.0).then_some(Ending::TimeUp)
    }

    /// The largest load that held, and the smallest that did not.
    fn bracket(&self) -> (Option<f64>, Option<f64>) {
        let loads = |held: bool| {
            self.trials.iter().filter(move |trial| self.held(trial) == held).map(|trial| trial.load)
        };
        (loads(true).reduce(f64::max), loads(false).reduce(f64::min))
    }

    /// The next load, and for how many seconds.
    fn choose(&mut self) -> (f64, usize) {
        let left = (self.config.seconds - self.elapsed).max(3.0);
        let (held, failed) = self.bracket();
        let (load, length) = match (held, failed) {
            (None, None) => (self.config.lowest, 2),
            (Some(held), None) => (held * 2.0, 2),
            (None, Some(failed)) => (if self.trials.len() < 2 { failed } else { self.config.lowest }, 3),
            (Some(_), Some(_)) => self.narrow(),
        };
        (self.config.fit(load), length.min(left as usize))
    }

    fn narrow(&mut self) -> (f64, usize) {
        let estimate = self.estimate();
        self.turn += 1;
        let posterior = self.known.take().unwrap_or_else(|| self.posterior());
        let chosen = self.narrow_by(&posterior, &estimate);
        self.known = Some(posterior);
        chosen
    }

    fn narrow_by(&self, posterior: &Posterior, estimate: &Estimate) -> (f64, usize) {
        let width = estimate.load.width();
        // What an overloaded target served is near what it can serve.
        if width > 0.3 {
            let last = self.trials.iter().rev().find(|trial| !self.held(trial) && grows(trial));
            let hint = last.map(|trial| trial.served() * if self.turn % 2 == 1 { 0.97 } else { 1.05 });
            let new = |load: &f64| self.trials.iter().all(|trial| (trial.load / load - 1.0).abs() > 0.02);
            if let Some(load) =
                hint.filter(|load| *load > estimate.load.lower && *load < estimate.load.upper).filter(new)
            {
                return (load, 4);
            }
        }
        let Interval { value, .. } = estimate.load;
        let precision = self.config.precision;
        let near = |trial: &&Trial| (trial.load / value - 1.0).abs() <= 2.0 * precision;
        let length = (5 + self.trials.iter().filter(near).count()).min(12);
        // What a little too much does tells most of what the target can serve, and of how much its queue varies.
        let by_capacity = self.config.keeps_up && self.trials.iter().any(grows);
        if let (true, Some(capacity)) = (by_capacity, posterior.curves().first()) {
            let known = capacity.quantile(0.975) / capacity.quantile(0.025);
            if known.ln() > 2.0 * precision && self.turn.is_multiple_of(2) {
                return (capacity.quantile(0.5) * 1.12, 6);
            }
        }
        if (posterior.quantile(0.75) / posterior.quantile(0.25)).ln() > 1.4 * precision {
            return (value, length);
        }
        // The ends of the interval that is wanted: the side that is known less.
        let chance_above = 1.0 - posterior.below(value * (1.0 + precision));
        let chance_below = posterior.below(value * (1.0 - precision));
        let step = 0.8 * precision;
        let load = if chance_above > chance_below { value * (1.0 + step) } else { value * (1.0 - step) };
        (load, length)
    }
}

/// The fewest iterations that a trial is judged by.
const FEWEST: f64 = 10.0;

fn grows(trial: &Trial) -> bool {
    growth(trial).is_some_and(|growth| growth.is_certain(trial.load))
}

/// Whether so much piled up that the trial need not go on.
fn drowns(trial: &Trial, second: &Second, keeps_up: bool) -> bool {
    let due: f64 = trial.seconds.iter().chain([second]).map(|second| second.due).sum();
    let dropped: f64 = trial.seconds.iter().chain([second]).map(|second| second.dropped).sum();
    keeps_up
        && !trial.seconds.is_empty()
        && second.in_flight + dropped > 0.4 * due
        && second.done < 0.75 * second.due
}

fn needs_rest(trial: &Trial) -> bool {
    let last = trial.seconds.last();
    grows(trial) || last.is_some_and(|second| second.in_flight > 0.5 * second.done.max(4.0))
}
