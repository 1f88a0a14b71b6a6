//! A load search runs a search with a load generator: it turns the dial, and tells the search what was measured.

use std::time::Duration;

use flashcrowd_engine::{AbortReason, Control, Decision, RunEvent, Tick};
use flashcrowd_metrics::Trend;
use flashcrowd_record::{Record, SearchSecond, SearchTrial};
use flashcrowd_search::{Ending, Estimate, Progress, Search, Second, Step, Tally, Trial};

use super::aim::Aim;
use super::meter::Meter;
use super::promise::Counted;

/// How far ahead the dial is set, so that all workers see it in time.
const AHEAD: Duration = Duration::from_millis(25);

/// A trial that is over, for who watches.
#[derive(Debug)]
pub struct TrialView<'a> {
    /// The trial.
    pub trial: &'a SearchTrial,
    /// What is known after it.
    pub estimate: &'a Estimate,
    /// Whether there was a trial that held and one that did not, so that the estimate means something.
    pub is_bounded: bool,
}

/// Runs a search with a load generator.
pub struct LoadSearch {
    aim: Aim,
    search: Search,
    meter: Meter,
    /// The interval that was measured last, by its end.
    last: Option<(Duration, SearchSecond)>,
    /// Response times of the trial at hand, for each promise.
    trends: Vec<Option<Trend>>,
    began: f64,
    trials: Vec<SearchTrial>,
    ending: Option<Ending>,
    watch: Box<dyn FnMut(&TrialView<'_>)>,
}

impl LoadSearch {
    /// A search that has not begun; `watch` is told of each trial.
    pub fn new(aim: Aim, watch: Box<dyn FnMut(&TrialView<'_>)>) -> Self {
        let search = Search::new(aim.config.clone());
        Self {
            aim,
            search,
            meter: Meter::default(),
            last: None,
            trends: Vec::new(),
            began: 0.0,
            trials: Vec::new(),
            ending: None,
            watch,
        }
    }

    /// Takes up the trials of an earlier run; how many there were.
    pub fn recall(&mut self, record: &Record) -> usize {
        let seconds: Vec<&SearchSecond> =
            record.timeline.iter().filter_map(|line| line.search.as_ref()).collect();
        let known = record.results.as_ref().and_then(|results| results.search.as_ref());
        let mut count = 0;
        let last = seconds.last().and_then(|second| second.trial);
        for lines in seconds.chunk_by(|one, other| one.trial == other.trial) {
            let Some(number) = lines[0].trial else { continue };
            if known.is_none() && Some(number) == last {
                // The one at which the run was cut short.
                continue;
            }
            let trial = Trial {
                load: lines[0].load,
                settle: lines.iter().filter(|line| line.settles).count(),
                seconds: lines.iter().map(|line| second_of(line)).collect(),
            };
            self.search.recall(trial);
            let trial = self.search.trials()[self.search.trials().len() - 1].clone();
            let old =
                known.and_then(|known| known.trials.iter().filter(|one| one.start >= 0.0).nth(number - 1));
            let values =
                old.map(|old| old.values.clone()).unwrap_or_else(|| vec![None; self.aim.promises.len()]);
            let shown = self.shown(&trial, (-1.0, -1.0, -1.0), values);
            self.trials.push(shown);
            count += 1;
        }
        count
    }

    /// What is searched for, in a few words.
    pub fn describe(&self) -> String {
        let (config, is_rate) = (&self.aim.config, self.aim.load_is.is_rate());
        let range = format!("{:.1} to {:.0}", config.lowest, config.highest).replace(".0 ", " ");
        let load = if is_rate { format!("{range} iterations/s") } else { format!("{range} users") };
        let promises: Vec<String> = self
            .aim
            .promises
            .iter()
            .map(|promise| format!("{} {}", promise.written.name, promise.written.target))
            .collect();
        let what = if promises.is_empty() { "the target keeps up".to_owned() } else { promises.join(", ") };
        format!("{load} in {:.0} s; {what}", config.seconds)
    }

    pub(crate) fn aim(&self) -> &Aim {
        &self.aim
    }

    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    pub(crate) fn trials(&self) -> &[SearchTrial] {
        &self.trials
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// What was measured in the interval of a tick; none before the load begins.
    pub(crate) fn measured(&mut self, tick: &Tick<'_>) -> Option<SearchSecond> {
        if let Some((_, second)) = self.last.as_ref().filter(|(at, _)| *at == tick.elapsed) {
            return Some(second.clone());
        }
        if self.ending.is_some()
            || tick.interval.is_zero()
            || tick.scenarios.iter().all(|one| one.elapsed.is_zero())
        {
            return None;
        }
        let standing = self.search.standing();
        let measured = self.meter.measure(tick, &self.aim.promises);
        if standing.is_trial && !standing.settles {
            self.trends.resize_with(measured.trends.len(), || None);
            for (all, new) in self.trends.iter_mut().zip(measured.trends) {
                if let Some(new) = new {
                    all.get_or_insert_default().merge(&new);
                }
            }
        }
        let number = self.trials.iter().filter(|trial| trial.start >= 0.0).count() + 1;
        let second = recorded(&measured.second, standing.is_trial.then_some(number), &standing);
        self.last = Some((tick.elapsed, second.clone()));
        Some(second)
    }

    pub(crate) fn on_event(&mut self, event: &RunEvent, control: &Control) {
        if let RunEvent::Running(_) = event
            && let Decision::Abort(reason) = self.go_on(control)
        {
            // An earlier run has found it already.
            control.abort(reason);
        }
    }

    pub(crate) fn on_tick(&mut self, tick: &Tick<'_>, load: Option<f64>, control: &Control) -> Decision {
        let Some(second) = self.measured(tick).filter(|_| !tick.last) else { return Decision::Continue };
        let before = self.search.trials().len();
        let mut second = second_of(&second);
        second.length = tick.interval.as_secs_f64();
        if self.search.second(second) == Progress::GoOn {
            return Decision::Continue;
        }
        let now = load.unwrap_or_default();
        if self.search.trials().len() > before {
            self.note(now);
        }
        self.began = now;
        self.trends.clear();
        self.go_on(control)
    }

    /// Sets the load of the next step, or ends the run.
    fn go_on(&mut self, control: &Control) -> Decision {
        let load = match self.search.next_step() {
            Step::Trial { load } | Step::Rest { load } => load,
            Step::Done(ending) => {
                self.ending = Some(ending);
                return Decision::Abort(AbortReason::Reached(
                    "the search for the largest load is over".to_owned(),
                ));
            }
        };
        let now = control.scenario(0).map(|scenario| scenario.elapsed).unwrap_or_default();
        let from = if now.is_zero() { now } else { now.saturating_add(AHEAD) };
        self.aim.dial.set(from, load);
        Decision::Continue
    }

    /// Keeps the trial that is just over.
    fn note(&mut self, now: f64) {
        let Some(trial) = self.search.trials().last().cloned() else { return };
        let settled: f64 = trial.seconds.iter().take(trial.settle).map(|second| second.length).sum();
        let times = (self.began, (self.began + settled).min(now), now);
        let values = self.aim.promises.iter().enumerate().map(|(index, promise)| match promise.what {
            Counted::SlowerThan(_) => {
                let trend =
                    self.trends.get(index).and_then(Option::as_ref).filter(|trend| trend.count() > 0)?;
                Some(trend.quantile(1.0 - promise.allowed))
            }
            Counted::Failed | Counted::Checks => {
                let Tally { all, bad, .. } = trial.tally(index);
                let share = if promise.what == Counted::Checks { all - bad } else { bad };
                (all > 0.0).then(|| share / all)
            }
        });
        let values = values.collect();
        let shown = self.shown(&trial, times, values);
        self.trials.push(shown);
        let estimate = self.search.estimate();
        let is_bounded = self.trials.iter().any(|one| one.held) && self.trials.iter().any(|one| !one.held);
        if let Some(trial) = self.trials.last() {
            (self.watch)(&TrialView { trial, estimate: &estimate, is_bounded });
        }
    }

    fn shown(
        &self,
        trial: &Trial,
        (start, settled, end): (f64, f64, f64),
        values: Vec<Option<f64>>,
    ) -> SearchTrial {
        SearchTrial {
            load: trial.load,
            start,
            settled,
            end,
            held: self.search.held(trial),
            served: trial.served(),
            piled_up: self.search.piled_up(trial).filter(|_| self.aim.config.keeps_up),
            values,
            broken: self.search.broken(trial),
        }
    }
}

fn recorded(second: &Second, trial: Option<usize>, standing: &flashcrowd_search::Standing) -> SearchSecond {
    SearchSecond {
        trial,
        load: standing.load,
        settles: standing.settles,
        due: second.due,
        done: second.done,
        dropped: second.dropped,
        in_flight: second.in_flight,
        response: second.response,
        iteration: second.iteration,
        tallies: second.tallies.iter().map(|tally| (tally.all, tally.bad, tally.reach)).collect(),
    }
}

fn second_of(line: &SearchSecond) -> Second {
    Second {
        length: 1.0,
        due: line.due,
        done: line.done,
        dropped: line.dropped,
        in_flight: line.in_flight,
        response: line.response,
        iteration: line.iteration,
        tallies: line.tallies.iter().map(|&(all, bad, reach)| Tally { all, bad, reach }).collect(),
    }
}
