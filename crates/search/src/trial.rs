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
