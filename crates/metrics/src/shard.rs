//! A shard is one worker's share of all samples of the current interval.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use crate::metric::{Kind, MetricId};
use crate::sink::Sink;
use crate::tags::TagSet;
use crate::totals::SinkKey;
use crate::tree::{CheckId, GroupId};
use crate::view::Plan;

/// How many distinct tag sets a shard remembers; further ones are routed anew for each sample.
const REMEMBERED: usize = 20_000;

/// Orders the values of gauges over all workers; touched by gauges alone.
static GAUGE_ORDER: AtomicU64 = AtomicU64::new(1);

/// Where samples of one metric and tag set go; ask the shard for it once, then add many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesId(u32);

/// The cap on the rows of views was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The tag with the most distinct values.
    pub tag: String,
    /// How many distinct values it had when the cap was reached.
    pub distinct: usize,
    /// The cap.
    pub cap: usize,
}

/// What a shard gathered since it was last taken.
#[derive(Debug, Default)]
pub struct Interval {
    /// Keys of sinks that are new since the last interval, in order of their local numbers.
    pub(crate) new_keys: Vec<SinkKey>,
    /// Sinks that received samples, with their local numbers.
    pub(crate) sinks: Vec<(usize, Sink)>,
    /// Passed and failed outcomes by check.
    pub(crate) checks: Vec<(u64, u64)>,
    /// Set once, when the cap on rows is reached.
    pub(crate) overflow: Option<Overflow>,
}

/// One worker's sinks.
#[derive(Debug)]
pub struct Shard {
    plan: Arc<Plan>,
    series: HashMap<(MetricId, TagSet), SeriesId>,
    by_route: HashMap<Box<[usize]>, SeriesId>,
    routes: Vec<Box<[usize]>>,
    sinks: Vec<Sink>,
    by_key: HashMap<SinkKey, usize>,
    rows: usize,
    check_ids: HashMap<GroupId, HashMap<Box<str>, CheckId>>,
    next: Interval,
    overflowed: bool,
}

impl Shard {
    /// An empty shard.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            series: HashMap::new(),
            by_route: HashMap::new(),
            routes: Vec::new(),
            sinks: Vec::new(),
            by_key: HashMap::new(),
            rows: 0,
            check_ids: HashMap::new(),
            next: Interval::default(),
            overflowed: false,
        }
    }

    /// What is kept.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The series of a metric and a tag set.
    pub fn series(&mut self, metric: MetricId, tags: &TagSet) -> SeriesId {
        let key = (metric, tags.clone());
        if let Some(&id) = self.series.get(&key) {
            return id;
        }
        let id = self.route(metric, tags);
        if self.series.len() < REMEMBERED {
            self.series.insert(key, id);
        }
        id
    }

    /// Adds a value to a series. Costs no allocation but where a sink grows.
    pub fn add(&mut self, series: SeriesId, value: f64) {
        for &sink in &self.routes[series.0 as usize] {
            match &mut self.sinks[sink] {
                Sink::Trend(trend) => trend.add(value),
                gauge @ Sink::Gauge(_) => gauge.add(value, GAUGE_ORDER.fetch_add(1, Ordering::Relaxed)),
                other => other.add(value, 0),
            }
        }
    }

    /// Adds a value to the series of a metric and a tag set.
    pub fn sample(&mut self, metric: MetricId, tags: &TagSet, value: f64) {
        let series = self.series(metric, tags);
        self.add(series, value);
    }

    /// The check of that name inside a group.
    pub fn check_id(&mut self, group: GroupId, name: &str) -> CheckId {
        let known = self.check_ids.entry(group).or_default();
        if let Some(&id) = known.get(name) {
            return id;
        }
        let id = self.plan.tree.check(group, name);
        known.insert(name.into(), id);
        id
    }

    /// Counts an outcome of a check in the tree of groups and checks.
    pub fn count_check(&mut self, check: CheckId, passed: bool) {
        let at = check.index();
        if self.next.checks.len() <= at {
            self.next.checks.resize(at + 1, (0, 0));
        }
        let counts = &mut self.next.checks[at];
        if passed { counts.0 += 1 } else { counts.1 += 1 }
    }

    /// Takes all samples since the last call.
    pub fn take(&mut self) -> Interval {
        let mut interval = std::mem::take(&mut self.next);
        for (at, sink) in self.sinks.iter_mut().enumerate() {
            if !sink.is_empty() {
                interval.sinks.push((at, sink.take()));
            }
        }
        interval
    }

    fn route(&mut self, metric: MetricId, tags: &TagSet) -> SeriesId {
        let plan = self.plan.clone();
        let kind = plan.registry.get(metric).kind;
        let mut route = vec![self.sink(SinkKey::Metric(metric), kind)];
        for (at, sub) in plan.subs.iter().enumerate() {
            if sub.metric == metric && sub.selector.matches(tags) {
                route.push(self.sink(SinkKey::Sub(at), kind));
            }
        }
        for (at, view) in plan.views.iter().enumerate() {
            let Some(row) = view.row(metric, tags) else { continue };
            let key = SinkKey::Row { view: at, metric, tags: row };
            if self.has_room_for(&key) {
                route.push(self.sink(key, kind));
            }
        }
        let route = route.into_boxed_slice();
        if let Some(&id) = self.by_route.get(&route) {
            return id;
        }
        let id = SeriesId(u32::try_from(self.routes.len()).expect("fewer than 2^32 routes"));
        self.routes.push(route.clone());
        self.by_route.insert(route, id);
        id
    }

    fn sink(&mut self, key: SinkKey, kind: Kind) -> usize {
        if let Some(&at) = self.by_key.get(&key) {
            return at;
        }
        let at = self.sinks.len();
        self.sinks.push(Sink::new(kind));
        self.rows += usize::from(matches!(key, SinkKey::Row { .. }));
        self.next.new_keys.push(key.clone());
        self.by_key.insert(key, at);
        at
    }

    fn has_room_for(&mut self, key: &SinkKey) -> bool {
        if self.rows < self.plan.max_series || self.by_key.contains_key(key) {
            return true;
        }
        if !self.overflowed {
            self.overflowed = true;
            self.next.overflow = Some(self.tag_at_fault());
        }
        false
    }

    fn tag_at_fault(&self) -> Overflow {
        let mut values: HashMap<&str, HashSet<&str>> = HashMap::new();
        for key in self.by_key.keys() {
            if let SinkKey::Row { tags, .. } = key {
                tags.iter().for_each(|(tag, value)| {
                    values.entry(tag).or_default().insert(value);
                });
            }
        }
        let worst = values.iter().map(|(tag, distinct)| (distinct.len(), *tag)).max().unwrap_or_default();
        Overflow { tag: worst.1.to_owned(), distinct: worst.0, cap: self.plan.max_series }
    }
}
