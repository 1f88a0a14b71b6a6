//! Prime Day is a made-up run against DynamoDB: customers, buckets of capacity, throttles and back-off, by arithmetic.
//!
//! The tests of other crates read this file, too.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use fastrand::Rng;
use flashcrowd_record::{
    Capacity, CapacityCosts, CapacityKind, CapacityLine, Contains, Expected, FORMAT_VERSION, Kind,
    MetricResult, Outcome, Phase, ProcessUse, Record, Results, Row, RunInfo, RunState, ScenarioProgress,
    Stats, TestInfo, TimelineLine, TimelineRow, Tool,
};
use indexmap::IndexMap;

/// What customers do, with the units that it takes.
struct Step {
    pattern: &'static str,
    operation: &'static str,
    table: &'static str,
    index: Option<&'static str>,
    /// Table, index, kind, units.
    costs: &'static [(&'static str, Option<&'static str>, CapacityKind, f64)],
    ms: f64,
}

const INDEX: Option<&str> = Some("category-index");
const READ: CapacityKind = CapacityKind::Read;
const WRITE: CapacityKind = CapacityKind::Write;
const LOOKS: [(u32, Step); 3] = [
    (1, step("scan", "Scan", "Products", None, &[("Products", None, READ, 7.5)], 14.0)),
    (3, step("query", "Query", "Products", INDEX, &[("Products", INDEX, READ, 1.5)], 6.0)),
    (6, step("get", "GetItem", "Products", None, &[("Products", None, READ, 0.5)], 4.0)),
];
const ORDER: Step = step(
    "order",
    "TransactWriteItems",
    "Orders",
    None,
    &[("Orders", None, WRITE, 6.0), ("Products", None, WRITE, 4.0)],
    18.0,
);

const fn step(
    pattern: &'static str,
    operation: &'static str,
    table: &'static str,
    index: Option<&'static str>,
    costs: &'static [(&'static str, Option<&'static str>, CapacityKind, f64)],
    ms: f64,
) -> Step {
    Step { pattern, operation, table, index, costs, ms }
}

/// A made-up run.
#[derive(Clone, Debug)]
pub struct PrimeDay {
    /// How long it lasts.
    pub seconds: u32,
    /// Virtual users that look at products.
    pub readers: usize,
    /// Virtual users that order.
    pub buyers: usize,
    /// Units a second that every table and index has for reads, and for writes; none on demand.
    pub provisioned: Option<f64>,
    /// Seconds of burst that are there at the start.
    pub burst: f64,
    /// What stands between `Table` or `Index`, `Read` or `Write`, and `Exceeded` in the reasons of throttles.
    pub reason: &'static str,
    /// What stands before the names of tables.
    pub prefix: String,
    /// The share of the attempts that are not allowed.
    pub denied: f64,
    /// What is expected.
    pub expected: Vec<Expected>,
    /// Chance.
    pub seed: u64,
}

impl Default for PrimeDay {
    fn default() -> Self {
        Self {
            seconds: 60,
            readers: 14,
            buyers: 6,
            provisioned: Some(2.0),
            burst: 30.0,
            reason: "ProvisionedThroughput",
            prefix: String::new(),
            denied: 0.0,
            expected: Vec::new(),
            seed: 7,
        }
    }
}

/// A table or an index, and reads or writes of it.
type Place = (String, Option<String>, CapacityKind);

/// The samples of a metric.
#[derive(Clone, Debug)]
enum Values {
    Count(f64),
    Share(f64, f64),
    Times(Vec<f64>),
}

/// View, tags and metric; the view of a metric as a whole is empty.
type Key = (&'static str, BTreeMap<String, String>, &'static str);

#[derive(Default)]
struct Sums(IndexMap<Key, Values>);

/// What a virtual user is about.
struct Shopper {
    scenario: &'static str,
    /// The step, how many attempts it has had, since when.
    doing: Option<(usize, u32, f64)>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
enum End {
    Served,
    Throttled(Place),
    Denied,
}

struct Run<'a> {
    day: &'a PrimeDay,
    rng: Rng,
    /// Tokens and when they were counted.
    buckets: BTreeMap<Place, (f64, f64)>,
    seconds: Vec<Sums>,
    total: Sums,
    lines: BTreeMap<Place, CapacityLine>,
    wanted: BTreeMap<Place, Vec<f64>>,
}

impl PrimeDay {
    /// Its record, complete but not judged.
    pub fn record(&self) -> Record {
        let mut run = Run {
            day: self,
            rng: Rng::with_seed(self.seed),
            buckets: BTreeMap::new(),
            seconds: (0..self.seconds).map(|_| Sums::default()).collect(),
            total: Sums::default(),
            lines: BTreeMap::new(),
            wanted: BTreeMap::new(),
        };
        run.play();
        let timeline = run.seconds.iter().enumerate().map(|(at, sums)| self.line(at, sums)).collect();
        let results = self.results(&run);
        Record { run: self.info(), timeline, results: Some(results), histograms: IndexMap::new() }
    }

    fn info(&self) -> RunInfo {
        let all = Phase {
            scenario: "product_queries, order_creation".into(),
            start: 0.0,
            settled: 0.0,
            end: f64::from(self.seconds),
            users: Some((self.readers + self.buyers) as u64),
            rate: None,
            ramp_from: None,
        };
        RunInfo {
            version: FORMAT_VERSION,
            tool: tool(),
            test: test(),
            start: "2026-11-20T10:00:00Z".into(),
            phases: vec![all],
            expected: self.expected.clone(),
            ..RunInfo::default()
        }
    }

    fn line(&self, at: usize, sums: &Sums) -> TimelineLine {
        let t = at as f64 + 1.0;
        let progress = |name: &str, users: usize| ScenarioProgress {
            name: name.into(),
            progress: t / f64::from(self.seconds),
            vus: users as u64,
            max_vus: users as u64,
            ..ScenarioProgress::default()
        };
        let mut line = TimelineLine {
            t,
            interval: 1.0,
            load: Some(t),
            load_ended: None,
            scenarios: vec![
                progress("product_queries", self.readers),
                progress("order_creation", self.buyers),
            ],
            process: Some(ProcessUse { cpu_seconds: 0.02 * t, rss_bytes: 30_000_000, workers: None }),
            ..TimelineLine::default()
        };
        for ((view, tags, metric), values) in &sums.0 {
            let (metric, stats) = ((*metric).to_owned(), values.of_interval());
            match *view {
                "" => drop(line.metrics.insert(metric, stats)),
                view => line.rows.push(TimelineRow {
                    view: view.into(),
                    tags: tags.clone().into(),
                    metric: metric.into(),
                    stats,
                    durations: Vec::new(),
                }),
            }
        }
        if let Some(Values::Times(times)) = sums.0.get(&("", BTreeMap::new(), "http_req_duration")) {
            let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
            for ms in times {
                let micros = 1.018_f64.powf(((ms * 1e3).ln() / 1.018_f64.ln()).round());
                *buckets.entry(micros.round() as u64).or_default() += 1;
            }
            line.durations = buckets.into_iter().collect();
        }
        line
    }

    fn results(&self, run: &Run<'_>) -> Results {
        let seconds = f64::from(self.seconds);
        let mut results = Results {
            version: FORMAT_VERSION,
            tool: tool(),
            test: test(),
            start: "2026-11-20T10:00:00Z".into(),
            seconds,
            outcome: Outcome { state: RunState::Finished, exit_code: 0, ..Outcome::default() },
            ..Results::default()
        };
        for ((view, tags, metric), values) in &run.total.0 {
            let (kind, contains) = values.kind();
            let (name, stats, samples) = ((*metric).to_owned(), values.of_run(seconds), values.samples());
            match *view {
                "" => results.metrics.push(MetricResult {
                    name,
                    kind,
                    contains,
                    parent: None,
                    stats,
                    samples,
                    thresholds: Vec::new(),
                }),
                view => results.rows.push(Row {
                    view: view.into(),
                    tags: tags.clone(),
                    metric: name,
                    kind,
                    contains,
                    stats,
                    samples,
                }),
            }
        }
        results.capacity = Some(self.capacity(run));
        results
    }

    fn capacity(&self, run: &Run<'_>) -> Capacity {
        let seconds = f64::from(self.seconds);
        let line = |(place, line): (&Place, &CapacityLine)| {
            let wanted = &run.wanted[place];
            let due = wanted.iter().sum::<f64>() / seconds;
            CapacityLine {
                provisioned: self.provisioned,
                flow: self.provisioned.map(|units| units * seconds),
                burst: self.provisioned.map(|units| units * 300.0),
                due,
                peak: wanted.iter().copied().fold(0.0, f64::max),
                recommended: (due * 1.2).ceil() as u64,
                ..line.clone()
            }
        };
        let costs = CapacityCosts {
            currency: "USD".into(),
            prices_of: "2026-11-01".into(),
            region: "us-east-1".into(),
            provisioned_hour: "0.0312".into(),
            on_demand_hour: "0.0874".into(),
        };
        Capacity { lines: run.lines.iter().map(line).collect(), costs: Some(costs), keys: Vec::new() }
    }
}

impl Run<'_> {
    fn play(&mut self) {
        let end = f64::from(self.day.seconds);
        let readers = (0..self.day.readers).map(|_| "product_queries");
        let mut shoppers: Vec<Shopper> = readers
            .chain((0..self.day.buyers).map(|_| "order_creation"))
            .map(|scenario| Shopper { scenario, doing: None })
            .collect();
        let mut due: BinaryHeap<Reverse<(u64, usize)>> =
            (0..shoppers.len()).map(|user| Reverse((self.rng.u64(0..300_000_000), user))).collect();
        while let Some(Reverse((nanos, user))) = due.pop() {
            let now = nanos as f64 / 1e9;
            if now >= end {
                continue;
            }
            let next = self.attempt(now, &mut shoppers[user]);
            due.push(Reverse(((next * 1e9) as u64, user)));
        }
    }

    /// One attempt; answers when the virtual user acts again.
    fn attempt(&mut self, now: f64, shopper: &mut Shopper) -> f64 {
        let scenario = shopper.scenario;
        let (at, attempts, since) = shopper.doing.take().unwrap_or_else(|| (self.pick(scenario), 0, now));
        let step = step_at(at);
        let attempts = attempts + 1;
        let noise = 0.7 + 0.6 * self.rng.f64() + if self.rng.f64() < 0.02 { 2.0 } else { 0.0 };
        let is_denied = self.rng.f64() < self.day.denied;
        let became = if is_denied {
            End::Denied
        } else {
            self.throttled(now, step).map_or(End::Served, End::Throttled)
        };
        let is_throttled = matches!(became, End::Throttled(_));
        let ms = if is_throttled { 2.0 } else { step.ms } * noise;
        let end = now + ms / 1e3;
        self.sample(end, scenario, step, ms, &became);
        let goes_on = is_throttled && attempts < 8;
        if goes_on {
            let wait = self.rng.f64() * (0.05 * 2_f64.powi(attempts as i32 - 1)).min(20.0);
            self.add(
                end,
                tags(scenario, step, self.day),
                "dynamodb_back_off",
                Values::Times(vec![wait * 1e3]),
            );
            shopper.doing = Some((at, attempts, since));
            return end + wait;
        }
        let is_served = became == End::Served;
        let count =
            |run: &mut Self, name| run.add(end, tags(scenario, step, run.day), name, Values::Count(1.0));
        count(self, "dynamodb_calls");
        match became {
            End::Served => count(self, "dynamodb_served"),
            End::Throttled(_) => count(self, "dynamodb_gave_up"),
            End::Denied => {
                let mut tags = tags(scenario, step, self.day);
                tags.insert("code".into(), "AccessDeniedException".into());
                self.add(end, tags, "dynamodb_errors", Values::Count(1.0));
            }
        }
        let took = Values::Times(vec![(end - since) * 1e3]);
        self.add(end, tags(scenario, step, self.day), "dynamodb_call_duration", took);
        let wanted = Values::Share(if is_served { 0.0 } else { 1.0 }, 1.0);
        let pattern = [("scenario", scenario), ("pattern", step.pattern)];
        self.add(
            end,
            pattern.map(|(key, value)| (key.into(), value.into())).into(),
            "dynamodb_failed",
            wanted,
        );
        self.whole(end, "iterations", &Values::Count(1.0));
        end + 0.3 * self.rng.f64()
    }

    fn pick(&mut self, scenario: &str) -> usize {
        if scenario == "order_creation" {
            return LOOKS.len();
        }
        let mut at = self.rng.u32(0..LOOKS.iter().map(|(weight, _)| weight).sum());
        let is_it = |(weight, _): &(u32, Step)| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it
        };
        LOOKS.iter().position(is_it).unwrap_or_default()
    }

    /// Takes what a step costs, or says which place has nothing left.
    fn throttled(&mut self, now: f64, step: &Step) -> Option<Place> {
        let second = now as usize;
        let places: Vec<(Place, f64)> = step
            .costs
            .iter()
            .map(|(table, index, kind, units)| (self.place(table, *index, *kind), *units))
            .collect();
        for (place, units) in &places {
            let (table, index, kind) = place.clone();
            self.lines.entry(place.clone()).or_insert(CapacityLine {
                table,
                index,
                kind,
                ..CapacityLine::default()
            });
            let seconds = self.day.seconds as usize;
            self.wanted.entry(place.clone()).or_insert_with(|| vec![0.0; seconds])[second] += units;
        }
        if let Some(rate) = self.day.provisioned {
            for (place, _) in &places {
                let bucket = self.buckets.entry(place.clone()).or_insert((rate * self.day.burst, 0.0));
                *bucket = ((bucket.0 + rate * (now - bucket.1)).min(rate * 300.0), now);
            }
            let empty = places.iter().find(|(place, _)| self.buckets[place].0 <= 0.0);
            if let Some((place, _)) = empty {
                self.lines.entry(place.clone()).or_default().throttled += 1;
                return Some(place.clone());
            }
        }
        for (place, units) in places {
            if let Some(bucket) = self.buckets.get_mut(&place) {
                bucket.0 -= units;
            }
            let metric = if place.2 == READ { "dynamodb_consumed_read" } else { "dynamodb_consumed_write" };
            self.lines.entry(place.clone()).or_default().consumed += units;
            let scenario = if step.pattern == "order" { "order_creation" } else { "product_queries" };
            self.add(now, of_place(scenario, step, &place, self.day), metric, Values::Count(units));
        }
        None
    }

    fn sample(&mut self, at: f64, scenario: &str, step: &Step, ms: f64, became: &End) {
        let status = if *became == End::Served { "200" } else { "400" };
        let mut http = BTreeMap::new();
        let name = name(step, self.day);
        for (key, value) in [("scenario", scenario), ("name", &name), ("method", "POST"), ("status", status)]
        {
            http.insert(key.to_owned(), value.to_owned());
        }
        if status == "400" {
            http.insert("error_code".to_owned(), "1400".to_owned());
        }
        let mut request = |metric, values: Values| {
            self.into("requests", at, http.clone(), metric, &values);
            self.whole(at, metric, &values);
        };
        request("http_reqs", Values::Count(1.0));
        request("http_req_duration", Values::Times(vec![ms]));
        if !matches!(became, End::Throttled(_)) {
            request("http_req_failed", Values::Share(if *became == End::Denied { 1.0 } else { 0.0 }, 1.0));
        }
        self.add(at, tags(scenario, step, self.day), "dynamodb_attempts", Values::Count(1.0));
        if let End::Throttled(place) = became {
            let (what, kind) = (if place.1.is_some() { "Index" } else { "Table" }, place.2);
            let reason = format!("{what}{kind:?}{}Exceeded", self.day.reason);
            let mut tags = of_place(scenario, step, place, self.day);
            tags.insert("reason".into(), reason);
            self.add(at, tags, "dynamodb_throttled", Values::Count(1.0));
            let took = Values::Times(vec![ms]);
            self.add(at, of_place(scenario, step, place, self.day), "dynamodb_throttled_time", took);
        }
    }

    fn add(&mut self, at: f64, tags: BTreeMap<String, String>, metric: &'static str, values: Values) {
        self.into("dynamodb", at, tags, metric, &values);
        self.whole(at, metric, &values);
    }

    fn whole(&mut self, at: f64, metric: &'static str, values: &Values) {
        self.into("", at, BTreeMap::new(), metric, values);
    }

    fn into(
        &mut self,
        view: &'static str,
        at: f64,
        tags: BTreeMap<String, String>,
        metric: &'static str,
        values: &Values,
    ) {
        let last = self.seconds.len() - 1;
        let key = (view, tags, metric);
        for sums in [&mut self.seconds[(at as usize).min(last)], &mut self.total] {
            match sums.0.get_mut(&key) {
                Some(there) => there.add(values),
                None => drop(sums.0.insert(key.clone(), values.clone())),
            }
        }
    }

    fn place(&self, table: &str, index: Option<&str>, kind: CapacityKind) -> Place {
        (format!("{}{table}", self.day.prefix), index.map(str::to_owned), kind)
    }
}

impl Values {
    fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Count(sum), Self::Count(more)) => *sum += more,
            (Self::Share(trues, total), Self::Share(more, all)) => {
                *trues += more;
                *total += all;
            }
            (Self::Times(times), Self::Times(more)) => times.extend(more),
            _ => {}
        }
    }

    fn kind(&self) -> (Kind, Contains) {
        match self {
            Self::Count(_) => (Kind::Counter, Contains::Default),
            Self::Share(..) => (Kind::Rate, Contains::Default),
            Self::Times(_) => (Kind::Trend, Contains::Time),
        }
    }

    fn samples(&self) -> u64 {
        match self {
            Self::Count(sum) => sum.round() as u64,
            Self::Share(_, total) => *total as u64,
            Self::Times(times) => times.len() as u64,
        }
    }

    fn of_interval(&self) -> Stats {
        match self {
            Self::Count(sum) => [("sum", *sum)].into(),
            Self::Share(trues, total) => [("trues", *trues), ("total", *total)].into(),
            Self::Times(times) => {
                let at = quantiles(times);
                let (count, sum) = (times.len() as f64, times.iter().sum());
                let tail = [("p50", at(0.5)), ("p90", at(0.9)), ("p95", at(0.95)), ("p99", at(0.99))];
                let [p50, p90, p95, p99] = tail;
                [("count", count), ("sum", sum), ("min", at(0.0)), ("max", at(1.0)), p50, p90, p95, p99]
                    .into()
            }
        }
    }

    fn of_run(&self, seconds: f64) -> Stats {
        match self {
            Self::Count(sum) => [("count", *sum), ("rate", sum / seconds)].into(),
            Self::Share(trues, total) => {
                [("rate", trues / total), ("passes", *trues), ("fails", total - trues)].into()
            }
            Self::Times(times) => {
                let at = quantiles(times);
                let (count, sum) = (times.len() as f64, times.iter().sum::<f64>());
                [
                    ("avg", sum / count),
                    ("min", at(0.0)),
                    ("med", at(0.5)),
                    ("max", at(1.0)),
                    ("p(90)", at(0.9)),
                    ("p(95)", at(0.95)),
                    ("count", count),
                    ("sum", sum),
                    ("p(99)", at(0.99)),
                    ("p(99.9)", at(0.999)),
                ]
                .into()
            }
        }
    }
}

fn quantiles(times: &[f64]) -> impl Fn(f64) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    move |share| times[((times.len() - 1) as f64 * share).round() as usize]
}

fn step_at(at: usize) -> &'static Step {
    const STEPS: [&Step; 4] = [&LOOKS[0].1, &LOOKS[1].1, &LOOKS[2].1, &ORDER];
    STEPS[at]
}

fn name(step: &Step, day: &PrimeDay) -> String {
    let index = step.index.map(|index| format!("/{index}")).unwrap_or_default();
    format!("{} {}{}{index}", step.operation, day.prefix, step.table)
}

fn tags(scenario: &str, step: &Step, day: &PrimeDay) -> BTreeMap<String, String> {
    let place = (format!("{}{}", day.prefix, step.table), step.index.map(str::to_owned), READ);
    of_place(scenario, step, &place, day)
}

fn of_place(
    scenario: &str,
    step: &Step,
    (table, index, _): &Place,
    day: &PrimeDay,
) -> BTreeMap<String, String> {
    let name = name(step, day);
    let index = index.as_deref().unwrap_or_default();
    let all = [
        ("scenario", scenario),
        ("name", &name),
        ("operation", step.operation),
        ("table", table),
        ("index", index),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn tool() -> Tool {
    Tool { name: "flashcrowd".into(), version: "0.1.0".into() }
}

fn test() -> TestInfo {
    TestInfo { name: "Prime Day".into(), source: "dynamodb".into() }
}
