//! What was measured is what a run has consumed, and what would have served it.

use std::collections::BTreeMap;

use flashcrowd_report::{Capacity, CapacityCosts, CapacityLine, Results, TimelineLine};

use crate::capacity::estimate::provisioned;
use crate::capacity::prices::Prices;
use crate::capacity::tally::{Key, ScenarioTally, Tally};
use crate::capacity::units::{BURST_SECONDS, HEADROOM};
use crate::control::TableState;
use crate::decimal::Decimal;

/// At most so many times the load that was made is taken to be due: where hardly a call was answered, nothing is known.
const MOST: f64 = 1000.0;

/// What a run has consumed, what would have served it, and what that costs, by its record.
///
/// *Due* is what the same users would have consumed without throttles. A call of a name costs on average what those of
/// its name that were served consumed, and all calls count that ended, also those that gave up: `consumed / served ×
/// calls`. That is scaled by scenario:
///
/// - Where virtual users loop, throttles keep them from asking. Of all their time, which is the number of them that were
///   active summed over all intervals, they used what attempts took that were *answered*, and think time, which is what
///   iterations took besides calls; the rest was lost to back-off and throttled attempts. Calls that gave up would have
///   taken as long as those that were answered. So the scale is `time / (think time + answered × calls / (calls - gave
///   up))`.
/// - Where the clock starts iterations, nobody is kept from asking; what was never started is added:
///   `(iterations + dropped) / iterations`.
///
/// *Peak* is the busiest second. Where virtual users loop, that is for each scenario what was consumed in it, or the share
/// of what is due that its users have who were active then, whichever is more; where the clock starts iterations, what
/// was asked for in it and what was dropped in it.
///
/// *Recommended* is the larger of the two with 20 % headroom, rounded up, and one at least. Provisioned, all lines are
/// paid for by the hour; on demand, what is due in an hour.
pub fn measured(
    tables: &[TableState],
    timeline: &[TimelineLine],
    results: &Results,
    prices: &Prices,
) -> Capacity {
    let run = Run::of(timeline, results);
    let lines: Vec<CapacityLine> = keys(tables, &run.tally).iter().map(|key| run.line(key, tables)).collect();
    let costs = costs(&lines, prices);
    Capacity { lines, costs: Some(costs) }
}

/// All tables and indexes in their order, reads before writes; then those that only the record knows.
fn keys(tables: &[TableState], tally: &Tally) -> Vec<Key> {
    let mut keys = Vec::new();
    for table in tables {
        let indexes = table.indexes.iter().map(|index| Some(index.name.clone()));
        for index in [None].into_iter().chain(indexes) {
            keys.extend([false, true].map(|writes| Key {
                table: table.name.clone(),
                index: index.clone(),
                writes,
            }));
        }
    }
    for key in tally.keys() {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

fn costs(lines: &[CapacityLine], prices: &Prices) -> CapacityCosts {
    const HOUR: f64 = 3600.0;
    const PLACES: u32 = 6;
    let sum = |cost: &dyn Fn(&CapacityLine) -> Decimal| {
        lines.iter().map(cost).collect::<Vec<_>>().iter().sum::<Decimal>().round(PLACES).to_string()
    };
    CapacityCosts {
        currency: "USD".to_owned(),
        prices_of: prices.date.clone(),
        region: prices.region.clone(),
        provisioned_hour: sum(&|line| prices.provisioned_hour(line.kind, line.recommended)),
        on_demand_hour: sum(&|line| prices.by_request(line.kind, line.due * HOUR)),
    }
}

/// A run with its seconds.
struct Run {
    tally: Tally,
    courses: BTreeMap<String, Course>,
    intervals: Vec<Interval>,
    seconds: f64,
}

/// How a scenario went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Course {
    /// Whether the clock starts its iterations.
    by_clock: bool,
    /// Seconds that its users were active, all of them together.
    time: f64,
    /// Iterations that ended.
    iterations: f64,
    /// Iterations that were never started.
    dropped: f64,
}

/// One interval of the load.
struct Interval {
    seconds: f64,
    tally: Tally,
    /// What each scenario did in it alone.
    courses: BTreeMap<String, Course>,
}

impl Run {
    fn of(timeline: &[TimelineLine], results: &Results) -> Self {
        let mut courses = BTreeMap::new();
        let intervals: Vec<Interval> =
            timeline.iter().filter_map(|line| Interval::of(line, &mut courses)).collect();
        let seconds: f64 = intervals.iter().map(|interval| interval.seconds).sum();
        Self {
            tally: Tally::of_run(&results.rows),
            courses,
            intervals,
            seconds: if seconds > 0.0 { seconds } else { results.seconds },
        }
    }

    fn line(&self, key: &Key, tables: &[TableState]) -> CapacityLine {
        let provisioned = provisioned(tables, &key.table, key.index.as_deref(), key.kind());
        let provisioned = provisioned.map(|units| units as f64);
        let due = self.due(key) / self.seconds.max(1.0);
        let peak = self.intervals.iter().map(|interval| self.due_in(interval, key)).fold(0.0, f64::max);
        CapacityLine {
            table: key.table.clone(),
            index: key.index.clone(),
            kind: key.kind(),
            provisioned,
            consumed: self.tally.consumed(key),
            flow: provisioned.map(|units| units * self.seconds),
            burst: provisioned.map(|units| units * BURST_SECONDS),
            throttled: self.tally.throttled.get(key).copied().unwrap_or_default().round() as u64,
            due,
            peak,
            recommended: recommended(due.max(peak)),
        }
    }

    /// Units that were due in all.
    fn due(&self, key: &Key) -> f64 {
        let due = |(name, run): (&String, &ScenarioTally)| run.asked(run, key) * self.course(name).scale(run);
        self.tally.scenarios.iter().map(due).sum()
    }

    /// Units a second that were due in an interval.
    fn due_in(&self, interval: &Interval, key: &Key) -> f64 {
        let due = |(name, run): (&String, &ScenarioTally)| {
            let course = self.course(name);
            let now = interval.courses.get(name).copied().unwrap_or_default();
            let then = interval.tally.scenarios.get(name);
            let (whole, scale) = (run.asked(run, key), course.scale(run));
            if course.by_clock {
                let asked = then.map_or(0.0, |then| run.asked(then, key));
                asked + whole * (scale - 1.0) * share(now.dropped, course.dropped)
            } else {
                let consumed = then.map_or(0.0, |then| then.consumed(key));
                consumed.max(whole * scale * share(now.time, course.time))
            }
        };
        self.tally.scenarios.iter().map(due).sum::<f64>() / interval.seconds.max(1.0)
    }

    fn course(&self, scenario: &str) -> Course {
        self.courses.get(scenario).copied().unwrap_or_default()
    }
}

impl Course {
    /// How much more than what was asked for was due.
    fn scale(&self, run: &ScenarioTally) -> f64 {
        if self.by_clock {
            return if self.iterations > 0.0 { 1.0 + self.dropped / self.iterations } else { 1.0 };
        }
        let (ended, answered_calls) = (run.ended(), run.ended() - run.gave_up());
        if self.time <= 0.0 || answered_calls <= 0.0 {
            return 1.0;
        }
        let useful = run.idle_time(self.time) + run.answered_time() * ended / answered_calls;
        (self.time / useful.max(self.time / MOST)).min(MOST)
    }
}

impl Interval {
    /// What an interval has, if there was load in it; what came before is in `courses`, which go on with it.
    fn of(line: &TimelineLine, courses: &mut BTreeMap<String, Course>) -> Option<Self> {
        let mut now = BTreeMap::new();
        for scenario in &line.scenarios {
            let course = courses.entry(scenario.name.clone()).or_default();
            let part = Course {
                by_clock: course.by_clock || scenario.rate.is_some(),
                time: scenario.vus as f64 * line.interval,
                iterations: (scenario.iterations as f64 - course.iterations).max(0.0),
                dropped: (scenario.dropped as f64 - course.dropped).max(0.0),
            };
            course.by_clock = part.by_clock;
            course.time += part.time;
            course.iterations += part.iterations;
            course.dropped += part.dropped;
            now.insert(scenario.name.clone(), part);
        }
        let tally = Tally::of_interval(&line.rows);
        let is_load = !tally.scenarios.is_empty() || line.scenarios.iter().any(|scenario| scenario.vus > 0);
        is_load.then_some(Self { seconds: line.interval, tally, courses: now })
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Units a second that serve so many with headroom. What is a whole number but for the last digits is one.
fn recommended(units: f64) -> u64 {
    const LAST_DIGITS: f64 = 1e-6;
    ((units * HEADROOM - LAST_DIGITS).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use flashcrowd_report::{CapacityKind, Contains, Kind, Row, ScenarioProgress, Stats, TimelineRow};
    use proptest::prelude::*;

    use super::*;
    use crate::control::{IndexState, Mode};
    use crate::measures::Measures;

    const SMALL: Mode = Mode::Provisioned { read: 2, write: 2 };

    fn tables(mode: Mode) -> Vec<TableState> {
        let index = IndexState { name: "category-index".into(), status: "ACTIVE".into(), mode };
        let table = |name: &str, indexes| TableState {
            name: name.into(),
            status: "ACTIVE".into(),
            mode,
            items: 0,
            indexes,
            decreases_today: 0,
        };
        vec![table("Products", vec![index]), table("Orders", Vec::new())]
    }

    /// What a record says of a metric: how much, under these tags.
    type Fact<'a> = (&'a str, f64, &'a [(&'a str, &'a str)]);

    fn tags(scenario: &str, of: &[(&str, &str)]) -> BTreeMap<String, String> {
        [("scenario", scenario)]
            .iter()
            .chain(of)
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    fn is_time(metric: &str) -> bool {
        metric.ends_with("_duration") || metric.ends_with("_time") || metric == "dynamodb_back_off"
    }

    fn results(scenario: &str, facts: &[Fact<'_>]) -> Results {
        let row = |(metric, amount, of): &Fact<'_>| Row {
            view: if *metric == "http_req_duration" { "requests".into() } else { Measures::VIEW.into() },
            tags: tags(scenario, of),
            metric: (*metric).into(),
            kind: if is_time(metric) { Kind::Trend } else { Kind::Counter },
            contains: Contains::Default,
            stats: Stats::from([(if is_time(metric) { "sum" } else { "count" }, *amount)]),
            samples: 1,
        };
        Results { rows: facts.iter().map(row).collect(), seconds: 1000.0, ..Results::default() }
    }

    fn second(t: f64, progress: ScenarioProgress, facts: &[Fact<'_>]) -> TimelineLine {
        let row = |(metric, amount, of): &Fact<'_>| TimelineRow {
            view: Measures::VIEW.into(),
            tags: tags(&progress.name, of),
            metric: (*metric).into(),
            stats: Stats::from([("sum", *amount)]),
        };
        let rows = facts.iter().map(row).collect();
        TimelineLine { t, interval: 1.0, scenarios: vec![progress], rows, ..TimelineLine::default() }
    }

    fn looping(vus: u64) -> ScenarioProgress {
        ScenarioProgress { name: "reads".into(), vus, ..ScenarioProgress::default() }
    }

    fn line<'a>(
        capacity: &'a Capacity,
        table: &str,
        index: Option<&str>,
        kind: CapacityKind,
    ) -> &'a CapacityLine {
        let is_it =
            |line: &&CapacityLine| line.table == table && line.index.as_deref() == index && line.kind == kind;
        capacity.lines.iter().find(is_it).unwrap()
    }

    const GET: &[(&str, &str)] = &[("name", "GetItem Products")];
    const GET_UNITS: &[(&str, &str)] = &[("name", "GetItem Products"), ("table", "Products")];
    const QUERY: &[(&str, &str)] = &[("name", "Query Products/category-index")];
    const QUERY_UNITS: &[(&str, &str)] =
        &[("name", "Query Products/category-index"), ("table", "Products"), ("index", "category-index")];

    #[test]
    fn all_lines_are_there_with_what_they_could_serve() {
        let seconds: Vec<_> = (1..=10).map(|t| second(f64::from(t), looping(1), &[])).collect();
        let capacity = measured(&tables(SMALL), &seconds, &results("reads", &[]), &Prices::of("us-east-1"));
        let named: Vec<_> = capacity
            .lines
            .iter()
            .map(|line| format!("{} {} {:?}", line.table, line.index.as_deref().unwrap_or("-"), line.kind))
            .collect();
        insta::assert_snapshot!(named.join("\n"), @"
Products - Read
Products - Write
Products category-index Read
Products category-index Write
Orders - Read
Orders - Write
");
        assert!(capacity.lines.iter().all(|line| (line.flow, line.burst) == (Some(20.0), Some(600.0))));
        assert!(capacity.lines.iter().all(|line| line.recommended == 1 && line.due == 0.0));
        let costs = capacity.costs.unwrap();
        // Three RCUs and three WCUs.
        assert_eq!((costs.provisioned_hour.as_str(), costs.on_demand_hour.as_str()), ("0.00234", "0"));
        assert_eq!((costs.currency.as_str(), costs.region.as_str()), ("USD", "us-east-1"));
        let on_demand =
            measured(&tables(Mode::OnDemand), &[], &results("reads", &[]), &Prices::of("us-east-1"));
        assert!(on_demand.lines.iter().all(|line| line.provisioned.is_none() && line.flow.is_none()));
    }

    #[test]
    fn without_throttles_what_was_due_is_what_was_consumed() {
        let facts: [Fact<'_>; 8] = [
            ("dynamodb_calls", 100.0, GET),
            ("dynamodb_served", 100.0, GET),
            ("dynamodb_consumed_read", 50.0, GET_UNITS),
            ("dynamodb_call_duration", 1_000.0, GET),
            ("dynamodb_calls", 20.0, QUERY),
            ("dynamodb_served", 20.0, QUERY),
            ("dynamodb_consumed_read", 30.0, QUERY_UNITS),
            ("dynamodb_call_duration", 200.0, QUERY),
        ];
        let busy: &[Fact<'_>] = &[("dynamodb_calls", 60.0, GET), ("dynamodb_consumed_read", 30.0, GET_UNITS)];
        let seconds: Vec<_> =
            (1..=10).map(|t| second(f64::from(t), looping(2), if t == 3 { busy } else { &[] })).collect();
        let capacity =
            measured(&tables(SMALL), &seconds, &results("reads", &facts), &Prices::of("us-east-1"));
        let products = line(&capacity, "Products", None, CapacityKind::Read);
        assert_eq!(
            (products.consumed, products.due, products.peak, products.recommended),
            (50.0, 5.0, 30.0, 36)
        );
        let index = line(&capacity, "Products", Some("category-index"), CapacityKind::Read);
        assert_eq!((index.consumed, index.due, index.recommended), (30.0, 3.0, 4));
        let costs = capacity.costs.unwrap();
        // 36 + 4 + 1 RCUs and 3 WCUs; 8 units a second for an hour.
        assert_eq!((costs.provisioned_hour.as_str(), costs.on_demand_hour.as_str()), ("0.00728", "0.0036"));
    }

    /// Ten users for a hundred seconds, of which back-off takes nearly all: without it a call took 10 ms.
    #[test]
    fn calls_that_waited_would_have_made_room_for_others() {
        let facts: [Fact<'_>; 8] = [
            ("dynamodb_calls", 5_100.0, GET),
            ("dynamodb_served", 5_000.0, GET),
            ("dynamodb_gave_up", 100.0, GET),
            ("dynamodb_consumed_read", 2_500.0, GET_UNITS),
            ("dynamodb_call_duration", 1_000_000.0, GET),
            ("dynamodb_back_off", 900_000.0, GET),
            ("dynamodb_throttled_time", 50_000.0, GET),
            (
                "dynamodb_throttled",
                7_000.0,
                &[
                    ("name", "GetItem Products"),
                    ("table", "Products"),
                    ("operation", "GetItem"),
                    ("reason", "TableReadProvisionedThroughputExceeded"),
                ],
            ),
        ];
        let at_first: &[Fact<'_>] =
            &[("dynamodb_calls", 990.0, GET), ("dynamodb_consumed_read", 495.0, GET_UNITS)];
        let seconds: Vec<_> = (1..=100)
            .map(|t| second(f64::from(t), looping(10), if t == 1 { at_first } else { &[] }))
            .collect();
        let capacity =
            measured(&tables(SMALL), &seconds, &results("reads", &facts), &Prices::of("us-east-1"));
        let products = line(&capacity, "Products", None, CapacityKind::Read);
        // A thousand calls a second by half a unit; the burst of the first second is not scaled once more.
        assert!((products.due - 500.0).abs() < 1e-6 && (products.peak - 500.0).abs() < 1e-6, "{products:?}");
        assert_eq!((products.recommended, products.throttled), (600, 7_000));
        assert_eq!((products.flow, products.consumed), (Some(200.0), 2_500.0));
    }

    /// As long waits do when a run ends: they are known of, but not how much of them was waited.
    #[test]
    fn calls_that_were_interrupted_are_no_think_time() {
        let facts: [Fact<'_>; 9] = [
            ("dynamodb_calls", 510.0, GET),
            ("dynamodb_served", 500.0, GET),
            ("dynamodb_gave_up", 10.0, GET),
            ("dynamodb_consumed_read", 250.0, GET_UNITS),
            ("dynamodb_call_duration", 60_000.0, GET),
            ("dynamodb_back_off", 90_000.0, GET),
            ("dynamodb_throttled_time", 2_000.0, GET),
            ("http_req_duration", 7_000.0, GET),
            ("iteration_duration", 65_000.0, &[]),
        ];
        let other: Fact<'_> = ("http_req_duration", 1e6, &[("name", "GET /prices")]);
        let facts = [&facts[..], &[other]].concat();
        let seconds: Vec<_> = (1..=10).map(|t| second(f64::from(t), looping(10), &[])).collect();
        let capacity =
            measured(&tables(SMALL), &seconds, &results("reads", &facts), &Prices::of("us-east-1"));
        let due = line(&capacity, "Products", None, CapacityKind::Read).due;
        // 5.1 s for all calls and 5 s of think time, of a hundred.
        let wanted = 510.0 * 0.5 * 100.0 / (5.1 + 5.0) / 10.0;
        assert!((due - wanted).abs() < 1e-6, "{due} {wanted}");
    }

    #[test]
    fn what_the_clock_could_not_start_is_added() {
        let facts: [Fact<'_>; 4] = [
            ("dynamodb_calls", 90.0, GET),
            ("dynamodb_served", 45.0, GET),
            ("dynamodb_consumed_read", 45.0, GET_UNITS),
            ("dynamodb_back_off", 90_000.0, GET),
        ];
        let at = |iterations: u64, dropped: u64| ScenarioProgress {
            name: "reads".into(),
            vus: 5,
            iterations,
            dropped,
            rate: Some(10.0),
            ..ScenarioProgress::default()
        };
        let calls: &[Fact<'_>] = &[("dynamodb_calls", 10.0, GET)];
        let seconds: Vec<_> = (1..=9)
            .map(|t| second(f64::from(t as u32), at(10 * t, if t < 5 { 0 } else { 30 }), calls))
            .collect();
        let capacity =
            measured(&tables(SMALL), &seconds, &results("reads", &facts), &Prices::of("us-east-1"));
        let products = line(&capacity, "Products", None, CapacityKind::Read);
        // A unit a call, as those cost that were served: 90 that ended and 30 that were dropped, all in the fifth second.
        assert!((products.due - 120.0 / 9.0).abs() < 1e-9, "{products:?}");
        assert!((products.peak - 40.0).abs() < 1e-9, "{products:?}");
    }

    #[test]
    fn throttles_go_to_whom_they_are_of() {
        let throttled = |operation, name, reason| -> Vec<(&str, &str)> {
            vec![("operation", operation), ("name", name), ("table", "Products"), ("reason", reason)]
        };
        let all = [
            (1.0, throttled("GetItem", "GetItem Products", "ProvisionedThroughputExceededException")),
            (2.0, throttled("Query", "Query Products/category-index", "ThrottlingException")),
            (
                4.0,
                throttled("Query", "Query Products/category-index", "IndexReadProvisionedThroughputExceeded"),
            ),
            (8.0, throttled("UpdateItem", "UpdateItem Products", "TableWriteProvisionedThroughputExceeded")),
            (
                16.0,
                throttled("TransactWriteItems", "TransactWriteItems Orders", "ProvisionedThroughputExceeded"),
            ),
        ];
        let facts: Vec<Fact<'_>> =
            all.iter().map(|(count, tags)| ("dynamodb_throttled", *count, tags.as_slice())).collect();
        let capacity = measured(&tables(SMALL), &[], &results("reads", &facts), &Prices::of("us-east-1"));
        let throttled = |index, kind| line(&capacity, "Products", index, kind).throttled;
        assert_eq!(throttled(None, CapacityKind::Read), 1);
        assert_eq!(throttled(Some("category-index"), CapacityKind::Read), 6);
        assert_eq!(throttled(None, CapacityKind::Write), 24);
    }

    #[test]
    fn a_run_of_which_nothing_is_known_needs_the_least_there_is() {
        let capacity = measured(&[], &[], &Results::default(), &Prices::of("us-east-1"));
        assert!(capacity.lines.is_empty());
        let facts: [Fact<'_>; 3] =
            [("dynamodb_calls", 9.0, GET), ("dynamodb_gave_up", 9.0, GET), ("dynamodb_back_off", 1e12, GET)];
        let capacity = measured(&tables(SMALL), &[], &results("reads", &facts), &Prices::of("us-east-1"));
        assert!(capacity.lines.iter().all(|line| line.recommended == 1));
    }

    #[test]
    fn headroom_is_a_fifth_rounded_up() {
        assert_eq!([0.0, 0.5, 5.0, 10.0, 10.1, 1e6].map(recommended), [1, 1, 6, 12, 13, 1_200_000]);
    }

    proptest! {
        /// Whatever share of their time users lose, what is due is what they would have asked for in all of it.
        #[test]
        fn due_does_not_depend_on_throttles(
            users in 1..200_u64, latency in 0.001..0.5_f64, think in 0.0..1.0_f64, lost in 0.0..0.95_f64, gave_up in 0.0..0.9_f64,
        ) {
            let time = users as f64 * 60.0;
            // Calls that gave up take no time but think time.
            let cycle = latency * (1.0 - gave_up) + think;
            let calls = time * (1.0 - lost) / cycle;
            let (served, lost) = (calls * (1.0 - gave_up), time * lost);
            let facts: [Fact<'_>; 6] = [
                ("dynamodb_calls", calls, GET),
                ("dynamodb_served", served, GET),
                ("dynamodb_gave_up", calls - served, GET),
                ("dynamodb_consumed_read", served, GET_UNITS),
                ("dynamodb_call_duration", (served * latency + lost) * 1000.0, GET),
                ("dynamodb_back_off", lost * 1000.0, GET),
            ];
            let seconds: Vec<_> = (1..=60).map(|t| second(f64::from(t), looping(users), &[])).collect();
            let capacity = measured(&tables(SMALL), &seconds, &results("reads", &facts), &Prices::of("us-east-1"));
            let due = line(&capacity, "Products", None, CapacityKind::Read).due;
            let wanted = users as f64 / (latency + think);
            prop_assert!((due / wanted - 1.0).abs() < 1e-6, "{due} {wanted}");
        }
    }
}
