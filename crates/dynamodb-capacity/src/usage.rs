//! A tally is what the rows of a record say of calls, time and units, summed up by scenario and call.

use std::collections::BTreeMap;

use flashcrowd_dynamodb::Measures;
use flashcrowd_record::{CapacityKind, CapacityPlace, Kind, Row, TimelineRow};

/// Whose units they are: the reads or the writes of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Whether they are writes.
    pub writes: bool,
}

/// What is known of a run, or of a second of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// By scenario.
    pub scenarios: BTreeMap<String, ScenarioTally>,
    /// Attempts that were throttled.
    pub throttled: BTreeMap<Key, f64>,
}

/// What is known of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScenarioTally {
    /// Its calls, by their names.
    pub calls: BTreeMap<String, CallTally>,
    /// Attempts that were answered, by the names of their calls; there may be those of requests that are none of these
    /// calls.
    pub answered: BTreeMap<String, Attempts>,
    /// Steps that ended.
    pub steps: f64,
    /// Seconds that were lost to throttles: to back-off, and to attempts that were throttled.
    pub lost: f64,
}

/// Attempts, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Attempts {
    /// How many there were.
    pub count: f64,
    /// Seconds that they took, all of them together.
    pub time: f64,
}

/// What is known of the calls of one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallTally {
    /// Calls that ended.
    pub ended: f64,
    /// Those that succeeded.
    pub served: f64,
    /// Units that they consumed.
    pub consumed: BTreeMap<Key, f64>,
}

impl Key {
    /// Reads or writes.
    pub(crate) fn kind(&self) -> CapacityKind {
        if self.writes { CapacityKind::Write } else { CapacityKind::Read }
    }
}

impl Tally {
    /// Of a whole run.
    pub(crate) fn of_run(rows: &[Row]) -> Self {
        let mut tally = Self::default();
        for row in rows {
            if row.view == Measures::VIEW {
                tally.add(&row.tags, &row.metric, amount(row));
            } else if row.metric == "http_req_duration"
                && row.tags.get("status").is_some_and(|it| it == "200")
            {
                tally.add_answered(row);
            }
        }
        tally
    }

    /// Of one interval.
    pub(crate) fn of_interval(rows: &[TimelineRow]) -> Self {
        let mut tally = Self::default();
        for row in rows.iter().filter(|row| row.view == Measures::VIEW) {
            tally.add(&row.tags, &row.metric, row.stats.value("sum"));
        }
        tally
    }

    fn add(&mut self, tags: &BTreeMap<String, String>, metric: &str, amount: f64) {
        let tag = |name: &str| tags.get(name).cloned().unwrap_or_default();
        if metric == "dynamodb_throttled" {
            *self.throttled.entry(throttled_key(tags)).or_default() += amount;
            return;
        }
        let scenario = self.scenarios.entry(tag("scenario")).or_default();
        let consumed = |writes| Key { table: tag("table"), index: tags.get("index").cloned(), writes };
        match metric {
            "dynamodb_back_off" | "dynamodb_throttled_time" => scenario.lost += amount / 1000.0,
            "dynamodb_failed" => scenario.steps += amount,
            "dynamodb_calls" => scenario.call(tag("name")).ended += amount,
            "dynamodb_served" => scenario.call(tag("name")).served += amount,
            "dynamodb_consumed_read" => scenario.call(tag("name")).consume(consumed(false), amount),
            "dynamodb_consumed_write" => scenario.call(tag("name")).consume(consumed(true), amount),
            _ => {}
        }
    }

    fn add_answered(&mut self, row: &Row) {
        let tag = |name: &str| row.tags.get(name).cloned().unwrap_or_default();
        let scenario = self.scenarios.entry(tag("scenario")).or_default();
        let attempts = scenario.answered.entry(tag("name")).or_default();
        attempts.count += row.samples as f64;
        attempts.time += amount(row) / 1000.0;
    }

    /// Units that were consumed.
    pub(crate) fn consumed(&self, key: &Key) -> f64 {
        self.scenarios.values().map(|scenario| scenario.consumed(key)).sum()
    }

    /// All whose units were consumed, or that throttled.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        let calls = self.scenarios.values().flat_map(|scenario| scenario.calls.values());
        calls.flat_map(|call| call.consumed.keys()).chain(self.throttled.keys())
    }
}

impl ScenarioTally {
    fn call(&mut self, name: String) -> &mut CallTally {
        self.calls.entry(name).or_default()
    }

    /// Units that were consumed.
    pub(crate) fn consumed(&self, key: &Key) -> f64 {
        self.calls.values().filter_map(|call| call.consumed.get(key)).sum()
    }

    /// Units that calls of some time asked for, by what such calls cost in the whole run; what they consumed, if that is
    /// more.
    pub(crate) fn asked(&self, then: &Self, key: &Key) -> f64 {
        let asked = |(name, call): (&String, &CallTally)| {
            let cost = self.calls.get(name).and_then(|run| run.cost(key)).unwrap_or_default();
            (cost * call.ended).max(call.consumed.get(key).copied().unwrap_or_default())
        };
        then.calls.iter().map(asked).sum()
    }

    /// Seconds that the calls that ended take where nothing is throttled: each as long as an answered attempt of its name
    /// does on average, or of any of these calls where none of its name was answered. None if none was answered at all.
    pub(crate) fn useful_time(&self) -> Option<f64> {
        let answered = |name: &String| self.answered.get(name).copied().unwrap_or_default();
        let all = self.calls.keys().map(answered).fold(Attempts::default(), |all, attempts| Attempts {
            count: all.count + attempts.count,
            time: all.time + attempts.time,
        });
        let any = all.mean()?;
        Some(self.calls.iter().map(|(name, call)| call.ended * answered(name).mean().unwrap_or(any)).sum())
    }

    /// Calls that succeeded.
    pub(crate) fn served(&self) -> f64 {
        self.calls.values().map(|call| call.served).sum()
    }
}

impl Attempts {
    fn mean(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.time / self.count)
    }
}

impl CallTally {
    fn consume(&mut self, key: Key, amount: f64) {
        *self.consumed.entry(key).or_default() += amount;
    }

    /// Units that one of these calls consumes when it is served, on average; none if none was.
    fn cost(&self, key: &Key) -> Option<f64> {
        let consumed = self.consumed.get(key)?;
        (self.served > 0.0).then(|| consumed / self.served)
    }
}

/// How much a row has: of a trend the sum, of a rate how many samples.
fn amount(row: &Row) -> f64 {
    match row.kind {
        Kind::Trend => row.stats.value("sum"),
        Kind::Rate => row.samples as f64,
        Kind::Counter | Kind::Gauge => row.stats.value("count"),
    }
}

/// Who throttled.
fn throttled_key(tags: &BTreeMap<String, String>) -> Key {
    let CapacityPlace { table, index, kind } = CapacityPlace::throttled(tags);
    Key { table, index, writes: kind == CapacityKind::Write }
}
