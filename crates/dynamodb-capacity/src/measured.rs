//! What was measured is what a run has consumed, and what would have served it.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_dynamodb::{BURST_SECONDS, Decimal, HEADROOM};
use flashcrowd_record::{Capacity, CapacityCosts, CapacityLine, Results, TimelineLine};

use crate::prices::Prices;
use crate::state::TableState;
use crate::usage::{Key, ScenarioTally, Tally};

/// Of fewer calls that were served, nothing is concluded on those that were not made.
const FEW: f64 = 3.0;

/// What a run has consumed, what would have served it, and what that costs, by its record.
///
/// *Due* is what the same users would have consumed without throttles, a second of the load; while the last steps end
/// after it, nobody asks for more. A call of a name costs on average what those of its name that were served consumed, and
/// all calls count that ended, also those that gave up: `consumed / served × calls`. That is scaled by scenario:
///
/// - Where virtual users loop, throttles keep them from asking. Had there been none, a call would have taken as long as an
///   *answered* attempt of its name does on average, and users would have thought after each step. So the calls and steps
///   that ended would have taken `calls × answered time / answered attempts + steps × think time`, while the users had the
///   number of them that were active, summed over all intervals of the load. The scale is that by this: what is due is
///   never more than what so many users can ask for at the latency of answered attempts. It is one where no time was lost
///   to throttles, and at most one where fewer than three calls were served.
/// - Where the clock starts iterations, nobody is kept from asking; what was never started is added:
///   `(iterations + dropped) / iterations`.
///
/// It is no less than what was consumed.
///
/// *Peak* is the busiest second. Where virtual users loop, that is for each scenario what was consumed in it, or the share
/// of what is due that its users have who were active then, whichever is more; where the clock starts iterations, what
/// was asked for in it and what was dropped in it.
///
/// *Recommended* is the larger of the two with 20 % headroom, rounded up, and one at least; where attempts were throttled
/// it is more than was provisioned, however little is known of them. Provisioned, all lines are
/// paid for by the hour; on demand, what is due in an hour.
///
/// Where nobody knows how long users think, the scale of those who loop is `time / (time − lost)`: what they lost to
/// throttles they would have spent as they spent the rest.
///
/// *Busiest minute* is what sixty seconds in a row consumed at most, a second: what CloudWatch shows for a period of a
/// minute. Where the load is shorter it is all of it.
pub fn measured(
    tables: &[TableState],
    timeline: &[TimelineLine],
    results: &Results,
    prices: &Prices,
    think_time: Option<Duration>,
) -> Capacity {
    let run = Run::of(timeline, results, think_time);
    let lines: Vec<CapacityLine> = keys(tables, &run.tally).iter().map(|key| run.line(key, tables)).collect();
    let costs = costs(&lines, prices);
    Capacity { lines, costs: Some(costs), keys: Vec::new() }
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

/// What an hour costs: to the cent from a dollar on, else with the digits that are left.
fn costs(lines: &[CapacityLine], prices: &Prices) -> CapacityCosts {
    const HOUR: f64 = 3600.0;
    const PLACES: u32 = 6;
    let sum = |cost: &dyn Fn(&CapacityLine) -> Decimal| {
        let sum = lines.iter().map(cost).collect::<Vec<_>>().iter().sum::<Decimal>();
        if sum < Decimal::from(1) { sum.round(PLACES).to_string() } else { sum.money() }
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
    /// How long users wait after a step, where that is known.
    think_time: Option<f64>,
    /// Seconds in which something was asked for.
    seconds: f64,
    /// Seconds in which steps were begun.
    load: f64,
}

/// How a scenario went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Course {
    /// Whether the clock starts its iterations.
    by_clock: bool,
    /// Whether it begins no more iterations.
    is_over: bool,
    /// Seconds that its users were active and began iterations, all of them together.
    time: f64,
    /// Iterations that ended.
    iterations: f64,
    /// Iterations that were never started.
    dropped: f64,
}

/// One interval of the load.
struct Interval {
    seconds: f64,
    /// Whether iterations were begun.
    is_load: bool,
    tally: Tally,
    /// What each scenario did in it alone.
    courses: BTreeMap<String, Course>,
}

impl Run {
    fn of(timeline: &[TimelineLine], results: &Results, think_time: Option<Duration>) -> Self {
        let mut courses = BTreeMap::new();
        let intervals: Vec<Interval> =
            timeline.iter().filter_map(|line| Interval::of(line, &mut courses)).collect();
        let sum = |of: &dyn Fn(&&Interval) -> bool| {
            let seconds: f64 = intervals.iter().filter(of).map(|interval| interval.seconds).sum();
            if seconds > 0.0 { seconds } else { results.seconds }
        };
        Self {
            tally: Tally::of_run(&results.rows),
            courses,
            seconds: sum(&|_| true),
            load: sum(&|interval| interval.is_load),
            intervals,
            think_time: think_time.map(|time| time.as_secs_f64()),
        }
    }

    fn line(&self, key: &Key, tables: &[TableState]) -> CapacityLine {
        let provisioned = tables.iter().find(|table| table.name == key.table);
        let provisioned = provisioned
            .and_then(|table| table.provisioned(key.index.as_deref(), key.kind()))
            .map(|units| units as f64);
        let due = self.due(key) / self.load.max(1.0);
        let peak = self.intervals.iter().map(|interval| self.due_in(interval, key)).fold(0.0, f64::max);
        let throttled = self.tally.throttled.get(key).copied().unwrap_or_default();
        let too_little = provisioned.filter(|_| throttled > 0.0).unwrap_or_default();
        CapacityLine {
            table: key.table.clone(),
            index: key.index.clone(),
            kind: key.kind(),
            provisioned,
            consumed: self.tally.consumed(key),
            flow: provisioned.map(|units| units * self.seconds),
            burst: provisioned.map(|units| units * BURST_SECONDS),
            throttled: throttled.round() as u64,
            due,
            peak,
            busiest_minute: self.busiest_minute(key),
            recommended: recommended(due.max(peak).max(too_little)),
        }
    }

    /// Units that were due in all.
    fn due(&self, key: &Key) -> f64 {
        self.tally.scenarios.iter().map(|(name, run)| self.due_of(name, run, key)).sum()
    }

    /// Units of a scenario that were due in all.
    fn due_of(&self, name: &str, run: &ScenarioTally, key: &Key) -> f64 {
        let scale = self.course(name).scale(run, self.think_time);
        (run.asked(run, key) * scale).max(run.consumed(key))
    }

    /// Units a second that were due in an interval.
    fn due_in(&self, interval: &Interval, key: &Key) -> f64 {
        let due = |(name, run): (&String, &ScenarioTally)| {
            let course = self.course(name);
            let now = interval.courses.get(name).copied().unwrap_or_default();
            let then = interval.tally.scenarios.get(name);
            let whole = self.due_of(name, run, key);
            if course.by_clock {
                let asked = then.map_or(0.0, |then| run.asked(then, key));
                asked + (whole - run.asked(run, key)) * share(now.dropped, course.dropped)
            } else {
                let consumed = then.map_or(0.0, |then| then.consumed(key));
                consumed.max(whole * share(now.time, course.time))
            }
        };
        self.tally.scenarios.iter().map(due).sum::<f64>() / interval.seconds.max(1.0)
    }

    /// Units a second that the busiest minute consumed.
    fn busiest_minute(&self, key: &Key) -> Option<f64> {
        const MINUTE: f64 = 60.0;
        let load: Vec<(f64, f64)> = self
            .intervals
            .iter()
            .filter(|interval| interval.is_load)
            .map(|interval| (interval.seconds, interval.tally.consumed(key)))
            .collect();
        let rate = |from: usize| {
            let (mut seconds, mut units) = (0.0, 0.0);
            for (length, consumed) in &load[from..] {
                if seconds >= MINUTE {
                    break;
                }
                (seconds, units) = (seconds + length, units + consumed);
            }
            (seconds, units / seconds)
        };
        let whole: f64 = load.iter().map(|(length, _)| length).sum();
        let full = (0..load.len()).map(rate).filter(|(seconds, _)| *seconds >= MINUTE.min(whole));
        full.map(|(_, rate)| rate).max_by(f64::total_cmp)
    }

    fn course(&self, scenario: &str) -> Course {
        self.courses.get(scenario).copied().unwrap_or_default()
    }
}

impl Course {
    /// How much more than what was asked for was due.
    fn scale(&self, run: &ScenarioTally, think_time: Option<f64>) -> f64 {
        if self.by_clock {
            return if self.iterations > 0.0 { 1.0 + self.dropped / self.iterations } else { 1.0 };
        }
        let useful = match think_time {
            Some(think_time) => run.useful_time().map(|calls| calls + run.steps * think_time),
            None => Some(self.time - run.lost),
        };
        match useful {
            Some(useful) if run.lost > 0.0 && useful > 0.0 && self.time > 0.0 => {
                let scale = self.time / useful;
                if run.served() < FEW { scale.min(1.0) } else { scale }
            }
            _ => 1.0,
        }
    }
}

impl Interval {
    /// What an interval has, if there was load in it; what came before is in `courses`, which go on with it.
    fn of(line: &TimelineLine, courses: &mut BTreeMap<String, Course>) -> Option<Self> {
        let (mut now, mut is_load) = (BTreeMap::new(), false);
        for scenario in &line.scenarios {
            let course = courses.entry(scenario.name.clone()).or_default();
            // It may have come to its end within the interval.
            let begins = scenario.vus > 0 && !course.is_over;
            let part = Course {
                by_clock: course.by_clock || scenario.rate.is_some(),
                is_over: scenario.progress >= 1.0,
                time: if begins { scenario.vus as f64 * line.interval } else { 0.0 },
                iterations: (scenario.iterations as f64 - course.iterations).max(0.0),
                dropped: (scenario.dropped as f64 - course.dropped).max(0.0),
            };
            is_load |= begins;
            (course.by_clock, course.is_over) = (part.by_clock, part.is_over);
            course.time += part.time;
            course.iterations += part.iterations;
            course.dropped += part.dropped;
            now.insert(scenario.name.clone(), part);
        }
        let tally = Tally::of_interval(&line.rows);
        let is_run = !tally.scenarios.is_empty() || line.scenarios.iter().any(|scenario| scenario.vus > 0);
        is_run.then_some(Self { seconds: line.interval, is_load, tally, courses: now })
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
    use flashcrowd_dynamodb::Measures;
    use flashcrowd_record::{CapacityKind, Contains, Kind, Row, ScenarioProgress, Stats, TimelineRow};
    use proptest::prelude::*;

    use super::*;
    use crate::state::{IndexState, Mode};

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
        metric.ends_with("_time") || metric == "dynamodb_back_off"
    }

    /// What a record says of attempts: with which status they ended, how many there were, and how long each took.
    fn attempts(results: &mut Results, of: &[(&str, &str)], status: &str, (count, ms): (f64, f64)) {
        let tags = tags("reads", &[of, &[("status", status)]].concat());
        results.rows.push(Row {
            view: "requests".into(),
            tags,
            metric: "http_req_duration".into(),
            kind: Kind::Trend,
            contains: Contains::Time,
            stats: Stats::from([("sum", count * ms)]),
            samples: count as u64,
        });
    }

    /// What a record says of steps that ended.
    fn steps(samples: u64) -> Row {
        Row {
            view: Measures::VIEW.into(),
            tags: tags("reads", &[("pattern", "get")]),
            metric: "dynamodb_failed".into(),
            kind: Kind::Rate,
            contains: Contains::Default,
            stats: Stats::from([("rate", 0.0)]),
            samples,
        }
    }

    /// What is measured of a run on small tables, whose users do not think.
    fn of(seconds: &[TimelineLine], results: &Results) -> Capacity {
        measured(&tables(SMALL), seconds, results, &Prices::of("us-east-1"), Some(Duration::ZERO))
    }

    /// So many seconds of so many users.
    fn load(seconds: u32, users: u64) -> Vec<TimelineLine> {
        (1..=seconds).map(|t| second(f64::from(t), looping(users), &[])).collect()
    }

    fn results(scenario: &str, facts: &[Fact<'_>]) -> Results {
        let row = |(metric, amount, of): &Fact<'_>| Row {
            view: Measures::VIEW.into(),
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
            tags: tags(&progress.name, of).into(),
            metric: (*metric).into(),
            stats: Stats::from([("sum", *amount)]),
            durations: Vec::new(),
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
        let capacity = of(&seconds, &results("reads", &[]));
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
        let (prices, none) = (Prices::of("us-east-1"), results("reads", &[]));
        let on_demand = measured(&tables(Mode::OnDemand), &[], &none, &prices, Some(Duration::ZERO));
        assert!(on_demand.lines.iter().all(|line| line.provisioned.is_none() && line.flow.is_none()));
    }

    #[test]
    fn without_throttles_what_was_due_is_what_was_consumed() {
        let facts: [Fact<'_>; 6] = [
            ("dynamodb_calls", 100.0, GET),
            ("dynamodb_served", 100.0, GET),
            ("dynamodb_consumed_read", 50.0, GET_UNITS),
            ("dynamodb_calls", 20.0, QUERY),
            ("dynamodb_served", 20.0, QUERY),
            ("dynamodb_consumed_read", 30.0, QUERY_UNITS),
        ];
        let busy: &[Fact<'_>] = &[("dynamodb_calls", 60.0, GET), ("dynamodb_consumed_read", 30.0, GET_UNITS)];
        let seconds: Vec<_> =
            (1..=10).map(|t| second(f64::from(t), looping(2), if t == 3 { busy } else { &[] })).collect();
        let capacity = of(&seconds, &results("reads", &facts));
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

    const THROTTLED: &[(&str, &str)] = &[
        ("name", "GetItem Products"),
        ("table", "Products"),
        ("operation", "GetItem"),
        ("reason", "TableReadProvisionedThroughputExceeded"),
    ];

    /// Ten users for a hundred seconds, of which back-off takes nearly all: without it a call took 10 ms.
    #[test]
    fn calls_that_waited_would_have_made_room_for_others() {
        let facts: [Fact<'_>; 6] = [
            ("dynamodb_calls", 5_100.0, GET),
            ("dynamodb_served", 5_000.0, GET),
            ("dynamodb_consumed_read", 2_500.0, GET_UNITS),
            ("dynamodb_back_off", 900_000.0, GET),
            ("dynamodb_throttled_time", 50_000.0, GET),
            ("dynamodb_throttled", 7_000.0, THROTTLED),
        ];
        let at_first: &[Fact<'_>] =
            &[("dynamodb_calls", 990.0, GET), ("dynamodb_consumed_read", 495.0, GET_UNITS)];
        let mut seconds = load(100, 10);
        seconds[0] = second(1.0, looping(10), at_first);
        let mut results = results("reads", &facts);
        attempts(&mut results, GET, "200", (5_000.0, 10.0));
        attempts(&mut results, GET, "400", (7_000.0, 50_000.0 / 7_000.0));
        attempts(&mut results, &[("name", "GET /prices")], "200", (10.0, 100_000.0));
        let capacity = of(&seconds, &results);
        let products = line(&capacity, "Products", None, CapacityKind::Read);
        // A thousand calls a second by half a unit; the burst of the first second is not scaled once more.
        assert!((products.due - 500.0).abs() < 1e-6 && (products.peak - 500.0).abs() < 1e-6, "{products:?}");
        assert_eq!((products.recommended, products.throttled), (600, 7_000));
        assert_eq!((products.flow, products.consumed), (Some(200.0), 2_500.0));
    }

    /// Three seconds of load, and seven more until the last back-off has ended, of which nobody knows how long it was.
    #[test]
    fn who_is_waiting_when_the_load_is_over_asks_for_nothing_more() {
        let facts: [Fact<'_>; 4] = [
            ("dynamodb_calls", 40.0, GET),
            ("dynamodb_served", 30.0, GET),
            ("dynamodb_consumed_read", 15.0, GET_UNITS),
            ("dynamodb_back_off", 1e9, GET),
        ];
        let at = |t: u32| {
            let progress = (f64::from(t) / 3.0).min(1.0);
            second(f64::from(t), ScenarioProgress { progress, ..looping(5) }, &[])
        };
        let seconds: Vec<_> = (1..=10).map(at).collect();
        let mut results = results("reads", &facts);
        attempts(&mut results, GET, "200", (30.0, 5.0));
        let capacity = of(&seconds, &results);
        let products = line(&capacity, "Products", None, CapacityKind::Read);
        // Five users by 200 calls a second by half a unit.
        assert!((products.due - 500.0).abs() < 1e-6 && (products.peak - 500.0).abs() < 1e-6, "{products:?}");
        assert_eq!(products.flow, Some(20.0));
    }

    #[test]
    fn of_a_few_calls_nothing_is_concluded_on_others() {
        let due = |served: f64| {
            let facts: [Fact<'_>; 4] = [
                ("dynamodb_calls", 50.0, GET),
                ("dynamodb_served", served, GET),
                ("dynamodb_consumed_read", served / 2.0, GET_UNITS),
                ("dynamodb_back_off", 60_000.0, GET),
            ];
            let mut results = results("reads", &facts);
            attempts(&mut results, GET, "200", (served, 1.0));
            line(&of(&load(10, 5), &results), "Products", None, CapacityKind::Read).due
        };
        // What 50 calls cost in ten seconds; then what five users can ask for, a thousand times a second each.
        assert_eq!(due(2.0), 2.5);
        assert!((due(3.0) - 2_500.0).abs() < 1e-6, "{}", due(3.0));
    }

    #[test]
    fn calls_that_fail_at_once_are_none_that_users_had_time_for() {
        let facts: [Fact<'_>; 4] = [
            ("dynamodb_calls", 1e6, GET),
            ("dynamodb_served", 2.0, GET),
            ("dynamodb_consumed_read", 1.0, GET_UNITS),
            ("dynamodb_back_off", 10.0, GET),
        ];
        let mut results = results("reads", &facts);
        attempts(&mut results, GET, "200", (2.0, 10.0));
        let due = line(&of(&load(10, 5), &results), "Products", None, CapacityKind::Read).due;
        assert!((due - 250.0).abs() < 1e-6, "{due}");
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
        let capacity = of(&seconds, &results("reads", &facts));
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
        let capacity = of(&[], &results("reads", &facts));
        let throttled = |index, kind| line(&capacity, "Products", index, kind).throttled;
        assert_eq!(throttled(None, CapacityKind::Read), 1);
        assert_eq!(throttled(Some("category-index"), CapacityKind::Read), 6);
        assert_eq!(throttled(None, CapacityKind::Write), 24);
    }

    #[test]
    fn a_run_of_which_nothing_is_known_needs_the_least_there_is() {
        let capacity =
            measured(&[], &[], &Results::default(), &Prices::of("us-east-1"), Some(Duration::ZERO));
        assert!(capacity.lines.is_empty());
        let facts: [Fact<'_>; 2] = [("dynamodb_calls", 9.0, GET), ("dynamodb_back_off", 1e12, GET)];
        let capacity = of(&load(3, 5), &results("reads", &facts));
        assert!(capacity.lines.iter().all(|line| line.recommended == 1));
        // But that two units were too few.
        let facts = [&facts[..], &[("dynamodb_throttled", 9.0, THROTTLED)]].concat();
        let capacity = of(&load(3, 5), &results("reads", &facts));
        assert_eq!(line(&capacity, "Products", None, CapacityKind::Read).recommended, 3);
    }

    #[test]
    fn headroom_is_a_fifth_rounded_up() {
        assert_eq!([0.0, 0.5, 5.0, 10.0, 10.1, 1e6].map(recommended), [1, 1, 6, 12, 13, 1_200_000]);
    }

    proptest! {
        /// Whatever share of their time users lose, what is due is what they would have asked for in all of it.
        #[test]
        fn due_does_not_depend_on_throttles(
            users in 1..200_u64, latency in 0.001..0.5_f64, think in 0..1_000_u64, lost in 0.01..0.95_f64, gave_up in 0.0..0.9_f64,
        ) {
            let time = users as f64 * 60.0;
            let think = Duration::from_millis(think);
            // Calls that gave up take no time but think time.
            let cycle = latency * (1.0 - gave_up) + think.as_secs_f64();
            let calls = (time * (1.0 - lost) / cycle).ceil();
            let served = (calls * (1.0 - gave_up)).ceil();
            prop_assume!(served >= FEW);
            let facts: [Fact<'_>; 4] = [
                ("dynamodb_calls", calls, GET),
                ("dynamodb_served", served, GET),
                ("dynamodb_consumed_read", served, GET_UNITS),
                ("dynamodb_back_off", time * lost * 1000.0, GET),
            ];
            let mut results = results("reads", &facts);
            attempts(&mut results, GET, "200", (served, latency * 1000.0));
            results.rows.push(steps(calls as u64));
            let capacity = measured(&tables(SMALL), &load(60, users), &results, &Prices::of("us-east-1"), Some(think));
            let due = line(&capacity, "Products", None, CapacityKind::Read).due;
            let wanted = users as f64 / (latency + think.as_secs_f64());
            // They had no time for more than they were served.
            prop_assert!((due / wanted.max(served / 60.0) - 1.0).abs() < 1e-6, "{due} {wanted}");
        }
    }
}
