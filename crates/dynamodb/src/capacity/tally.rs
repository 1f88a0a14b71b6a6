//! A tally is what the rows of a record say of calls, time and units, summed up by scenario and call.

use std::collections::BTreeMap;

use flashcrowd_report::{CapacityKind, Kind, Row, TimelineRow};

use crate::measures::Measures;

/// Whose units they are: the reads or the writes of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Whether they are writes.
    pub writes: bool,
}

/// What is known of a run, or of a second of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// By scenario.
    pub scenarios: BTreeMap<String, ScenarioTally>,
    /// Attempts that were throttled.
    pub throttled: BTreeMap<Key, f64>,
}

/// What is known of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ScenarioTally {
    /// Its calls, by their names.
    pub calls: BTreeMap<String, CallTally>,
    /// Seconds that iterations took.
    pub iteration_time: Option<f64>,
    /// Seconds that calls took, back-off included.
    pub call_time: f64,
    /// Seconds that calls waited before another attempt.
    pub back_off: f64,
    /// Seconds that attempts took that were throttled.
    pub throttled_time: f64,
    /// Seconds that attempts took, by their names; there may be those of requests that are none of these calls.
    pub attempt_time: BTreeMap<String, f64>,
}

/// What is known of the calls of one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CallTally {
    /// Calls that ended.
    pub ended: f64,
    /// Those that succeeded.
    pub served: f64,
    /// Those that gave up.
    pub gave_up: f64,
    /// Units that they consumed.
    pub consumed: BTreeMap<Key, f64>,
}

impl Key {
    /// Reads or writes.
    pub(super) fn kind(&self) -> CapacityKind {
        if self.writes { CapacityKind::Write } else { CapacityKind::Read }
    }
}

impl Tally {
    /// Of a whole run.
    pub(super) fn of_run(rows: &[Row]) -> Self {
        let mut tally = Self::default();
        for row in rows {
            let amount = row.stats.value(if row.kind == Kind::Trend { "sum" } else { "count" });
            if row.view == Measures::VIEW {
                tally.add(&row.tags, &row.metric, amount);
            } else if row.metric == "http_req_duration" {
                tally.add_attempts(&row.tags, amount);
            }
        }
        tally
    }

    /// Of one interval.
    pub(super) fn of_interval(rows: &[TimelineRow]) -> Self {
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
            "iteration_duration" => *scenario.iteration_time.get_or_insert_default() += amount / 1000.0,
            "dynamodb_back_off" => scenario.back_off += amount / 1000.0,
            "dynamodb_throttled_time" => scenario.throttled_time += amount / 1000.0,
            "dynamodb_call_duration" => scenario.call_time += amount / 1000.0,
            "dynamodb_calls" => scenario.call(tag("name")).ended += amount,
            "dynamodb_served" => scenario.call(tag("name")).served += amount,
            "dynamodb_gave_up" => scenario.call(tag("name")).gave_up += amount,
            "dynamodb_consumed_read" => scenario.call(tag("name")).consume(consumed(false), amount),
            "dynamodb_consumed_write" => scenario.call(tag("name")).consume(consumed(true), amount),
            _ => {}
        }
    }

    fn add_attempts(&mut self, tags: &BTreeMap<String, String>, amount: f64) {
        if let (Some(scenario), Some(name)) = (tags.get("scenario"), tags.get("name")) {
            let scenario = self.scenarios.entry(scenario.clone()).or_default();
            *scenario.attempt_time.entry(name.clone()).or_default() += amount / 1000.0;
        }
    }

    /// Units that were consumed.
    pub(super) fn consumed(&self, key: &Key) -> f64 {
        self.scenarios.values().map(|scenario| scenario.consumed(key)).sum()
    }

    /// All whose units were consumed, or that throttled.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let calls = self.scenarios.values().flat_map(|scenario| scenario.calls.values());
        calls.flat_map(|call| call.consumed.keys()).chain(self.throttled.keys())
    }
}

impl ScenarioTally {
    fn call(&mut self, name: String) -> &mut CallTally {
        self.calls.entry(name).or_default()
    }

    /// Units that were consumed.
    pub(super) fn consumed(&self, key: &Key) -> f64 {
        self.calls.values().filter_map(|call| call.consumed.get(key)).sum()
    }

    /// Units that calls of some time asked for, by what such calls cost in the whole run; what they consumed, if that is
    /// more.
    pub(super) fn asked(&self, then: &Self, key: &Key) -> f64 {
        let asked = |(name, call): (&String, &CallTally)| {
            let cost = self.calls.get(name).and_then(|run| run.cost(key)).unwrap_or_default();
            (cost * call.ended).max(call.consumed.get(key).copied().unwrap_or_default())
        };
        then.calls.iter().map(asked).sum()
    }

    /// Seconds that attempts took that were answered. Where attempts are not told apart by their names, it is what calls
    /// took besides.
    pub(super) fn answered_time(&self) -> f64 {
        let attempts: Vec<f64> =
            self.calls.keys().filter_map(|name| self.attempt_time.get(name)).copied().collect();
        let all = if attempts.is_empty() { self.call_time - self.back_off } else { attempts.iter().sum() };
        (all - self.throttled_time).max(0.0)
    }

    /// Seconds of the users' time that were not of calls: think time. Where the time of iterations is not known, it is
    /// what is left of `time`.
    pub(super) fn idle_time(&self, time: f64) -> f64 {
        (self.iteration_time.unwrap_or(time) - self.call_time).max(0.0)
    }

    /// Calls that ended.
    pub(super) fn ended(&self) -> f64 {
        self.calls.values().map(|call| call.ended).sum()
    }

    /// Calls that gave up.
    pub(super) fn gave_up(&self) -> f64 {
        self.calls.values().map(|call| call.gave_up).sum()
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

/// Who throttled. The reason says it where the service gives one, such as `TableWriteProvisionedThroughputExceeded`;
/// otherwise the call does, by its operation and the index that its name ends in.
fn throttled_key(tags: &BTreeMap<String, String>) -> Key {
    let tag = |name: &str| tags.get(name).map(String::as_str).unwrap_or_default();
    let reason = tag("reason");
    let writes = match (reason.contains("Read"), reason.contains("Write")) {
        (true, false) => false,
        (false, true) => true,
        _ => !["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"].contains(&tag("operation")),
    };
    let of_name = || tag("name").split_once('/').map(|(_, index)| index.to_owned());
    let index = match tags.get("index") {
        Some(index) => Some(index.clone()),
        None if reason.starts_with("Table") => None,
        None => of_name(),
    };
    Key { table: tag("table").to_owned(), index, writes }
}
