//! A trial is one load, applied for some seconds, with what was measured in each.

/// What one promise counted in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How many there were: requests that ended, checks.
    pub all: f64,
    /// How many of them were bad: too slow, failed.
    pub bad: f64,
    /// The slowest one's part of the limit; one where there is no limit to be near to.
    pub reach: f64,
}

/// What was measured in a second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Second {
    /// How long it was in fact.
    pub length: f64,
    /// Iterations that were due: started or dropped.
    pub due: f64,
    /// Iterations that were done.
    pub done: f64,
    /// Iterations that were due and never started, because nobody was idle.
    pub dropped: f64,
    /// Iterations that were under way at its end.
    pub in_flight: f64,
    /// The mean response time of what ended, in seconds; none where nothing ended.
    pub response: Option<f64>,
    /// The mean duration of an iteration that was done, in seconds; none where none was done.
    pub iteration: Option<f64>,
    /// What each promise counted, in the order of the promises.
    pub tallies: Vec<Tally>,
}

/// One load, applied for some seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// The load: iterations a second, or virtual users.
    pub load: f64,
    /// How many of the first seconds are not counted, since the load had to settle.
    pub settle: usize,
    /// What was measured; those that settle first.
    pub seconds: Vec<Second>,
}

impl Trial {
    /// The seconds that count.
    pub fn counted(&self) -> &[Second] {
        &self.seconds[self.settle.min(self.seconds.len())..]
    }

    /// How many seconds count.
    pub(crate) fn length(&self) -> f64 {
        self.counted().iter().map(|second| second.length).sum()
    }

    /// Iterations that were under way when counting began.
    pub(crate) fn backlog_before(&self) -> Option<f64> {
        let before = self.settle.checked_sub(1)?;
        self.seconds.get(before).map(|second| second.in_flight)
    }

    /// What a promise counted in all.
    pub fn tally(&self, promise: usize) -> Tally {
        let tallies = self.counted().iter().filter_map(|second| second.tallies.get(promise));
        tallies.fold(Tally::default(), |sum, one| Tally {
            all: sum.all + one.all,
            bad: sum.bad + one.bad,
            reach: sum.reach.max(one.reach),
        })
    }

    /// Iterations done a second.
    pub fn served(&self) -> f64 {
        let length = self.length();
        let done: f64 = self.counted().iter().map(|second| second.done).sum();
        if length > 0.0 { done / length } else { 0.0 }
    }
}

/// How a target answers that has nothing else to do: what is measured at the lightest load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calm {
    /// The mean response time, in seconds.
    pub response: f64,
    /// The mean duration of an iteration, in seconds.
    pub iteration: f64,
    /// The most iterations under way.
    pub in_flight: f64,
}

impl Calm {
    /// By a trial; none where nothing was answered in it.
    pub fn of(trial: &Trial) -> Option<Self> {
        let mean = |of: fn(&Second) -> Option<f64>| {
            let values: Vec<f64> = trial.counted().iter().filter_map(of).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let response = mean(|second| second.response)?;
        let in_flight = trial.counted().iter().map(|second| second.in_flight).fold(0.0, f64::max);
        Some(Self { response, iteration: mean(|second| second.iteration).unwrap_or(response), in_flight })
    }

    /// Whether the target answers like this again.
    pub fn again(self, second: &Second) -> bool {
        let fast = second.response.is_some_and(|response| response <= 1.5 * self.response + 0.02);
        fast && second.in_flight <= 2.0 * self.in_flight + 1.0
    }
}
