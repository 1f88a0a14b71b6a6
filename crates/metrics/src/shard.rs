//! A shard is one worker's share of all samples of the current interval.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::metric::{Kind, MetricId};
use crate::raw::{RawSamples, Sample, SampleReceiver};
use crate::sink::Sink;
use crate::sink_key::SinkKey;
use crate::tags::TagSet;
use crate::tree::{CheckId, GroupId};
use crate::view::Plan;

/// How many series a shard remembers; further ones are routed anew each time they are asked for.
const REMEMBERED: usize = 20_000;

/// Longer names of checks, in bytes, are looked up in the tree each time.
const LONGEST_REMEMBERED: usize = 1024;

/// How many bytes the tags of all rows of a shard take.
const MOST_ROW_BYTES: usize = 16 << 20;

/// Orders the values of gauges over all workers; touched by gauges alone.
static GAUGE_ORDER: AtomicU64 = AtomicU64::new(1);

/// Where samples of one metric and tag set go; ask the shard for it once, then add many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesId(u32);

/// The cap on the rows of views was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    by_route: HashMap<Box<[usize]>, u32>,
    /// The sinks that a sample goes to; series with the same sinks share a route.
    routes: Vec<Box<[usize]>>,
    sinks: Vec<Sink>,
    by_key: HashMap<SinkKey, usize>,
    rows: usize,
    /// The bytes of their tags.
    row_bytes: usize,
    check_ids: HashMap<GroupId, HashMap<Box<str>, CheckId>>,
    next: Interval,
    overflowed: bool,
    /// Set if raw samples are wanted. Then each series has its own number; otherwise the number is that of its route.
    raw: Option<Box<RawSamples>>,
}

impl Shard {
    /// An empty shard that keeps no raw samples.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            series: HashMap::new(),
            by_route: HashMap::new(),
            routes: Vec::new(),
            sinks: Vec::new(),
            by_key: HashMap::new(),
            rows: 0,
            row_bytes: 0,
            check_ids: HashMap::new(),
            next: Interval::default(),
            overflowed: false,
            raw: None,
        }
    }

    /// An empty shard that also hands every sample to `receiver`, in batches: when a batch is full, and with each
    /// [`take`](Self::take).
    pub fn with_raw_samples(plan: Arc<Plan>, receiver: Box<dyn SampleReceiver>) -> Self {
        Self { raw: Some(Box::new(RawSamples::new(Some(receiver)))), ..Self::new(plan) }
    }

    /// From now on every sample is also kept until [`take_recent`](Self::take_recent) takes it. To be called before the
    /// first sample, since series have other numbers then.
    pub fn keep_recent(&mut self) {
        debug_assert!(self.raw.is_some() || self.series.is_empty(), "series were handed out before");
        self.raw.get_or_insert_with(|| Box::new(RawSamples::new(None))).keep_recent();
    }

    /// Takes the samples that were kept since the last call, in the order in which they were added, in exchange for an
    /// empty list.
    pub fn take_recent(&mut self, taken: &mut Vec<Sample>) {
        taken.clear();
        if let Some(raw) = &mut self.raw {
            raw.take_recent(taken);
        }
    }

    /// What is kept.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The series of a metric and a tag set. With raw samples it is kept for good: use [`sample`](Self::sample) for tags
    /// that differ for each value.
    pub fn series(&mut self, metric: MetricId, tags: &TagSet) -> SeriesId {
        let key = (metric, tags.clone());
        if let Some(&id) = self.series.get(&key) {
            return id;
        }
        let route = self.route(metric, tags);
        let id = SeriesId(match &mut self.raw {
            None => route,
            Some(raw) => raw.register(metric, tags, route),
        });
        // Correctness: a number that was registered stays valid, so a second one for the same tags would only cost memory.
        if self.series.len() < REMEMBERED || self.raw.is_some() {
            self.series.insert(key, id);
        }
        id
    }

    /// Adds a value to a series. Costs no allocation but where a sink grows, or raw samples are asked for.
    pub fn add(&mut self, series: SeriesId, value: f64) {
        let route = match &mut self.raw {
            None => series.0,
            Some(raw) => raw.add(series.0, value),
        };
        self.add_to_sinks(route, value);
    }

    /// Adds a value to the series of a metric and a tag set.
    pub fn sample(&mut self, metric: MetricId, tags: &TagSet, value: f64) {
        if self.raw.is_some() && self.series.len() >= REMEMBERED {
            return self.sample_beyond(metric, tags, value);
        }
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
        if known.len() < REMEMBERED && name.len() <= LONGEST_REMEMBERED {
            known.insert(name.into(), id);
        }
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

    /// Takes all samples since the last call, and hands over the raw ones.
    pub fn take(&mut self) -> Interval {
        if let Some(raw) = &mut self.raw {
            raw.flush();
        }
        let mut interval = std::mem::take(&mut self.next);
        for (at, sink) in self.sinks.iter_mut().enumerate() {
            if !sink.is_empty() {
                interval.sinks.push((at, sink.take()));
            }
        }
        interval
    }

    fn add_to_sinks(&mut self, route: u32, value: f64) {
        for &sink in &self.routes[route as usize] {
            match &mut self.sinks[sink] {
                Sink::Trend(trend) => trend.add(value),
                gauge @ Sink::Gauge(_) => gauge.add(value, GAUGE_ORDER.fetch_add(1, Ordering::Relaxed)),
                other => other.add(value, 0),
            }
        }
    }

    /// Adds a value without remembering its tag set.
    fn sample_beyond(&mut self, metric: MetricId, tags: &TagSet, value: f64) {
        if let Some(&series) = self.series.get(&(metric, tags.clone())) {
            return self.add(series, value);
        }
        let route = self.route(metric, tags);
        if let Some(raw) = &mut self.raw {
            raw.push(metric, tags.clone(), value);
        }
        self.add_to_sinks(route, value);
    }

    /// The number of the route that samples of a metric and a tag set take.
    fn route(&mut self, metric: MetricId, tags: &TagSet) -> u32 {
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
        let id = u32::try_from(self.routes.len()).expect("fewer than 2^32 routes");
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
        self.row_bytes += bytes(&key);
        self.next.new_keys.push(key.clone());
        self.by_key.insert(key, at);
        at
    }

    fn has_room_for(&mut self, key: &SinkKey) -> bool {
        let has_room = self.rows < self.plan.max_series && self.row_bytes + bytes(key) <= MOST_ROW_BYTES;
        if has_room || self.by_key.contains_key(key) {
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
        Overflow { tag: worst.1.to_owned(), distinct: worst.0, cap: self.rows }
    }
}

/// The bytes of a row's tags.
fn bytes(key: &SinkKey) -> usize {
    match key {
        SinkKey::Row { tags, .. } => tags.iter().map(|(name, value)| name.len() + value.len()).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::builtin::Builtin;
    use crate::registry::Registry;
    use crate::view::View;

    /// Keeps all batches; its clock counts how often it is asked.
    #[derive(Clone, Debug, Default)]
    struct Kept {
        batches: Arc<Mutex<Vec<Vec<Sample>>>>,
        asked: Arc<AtomicU64>,
    }

    impl SampleReceiver for Kept {
        fn now(&self) -> Duration {
            Duration::from_nanos(self.asked.fetch_add(1, Ordering::Relaxed))
        }

        fn receive(&mut self, batch: Vec<Sample>) {
            self.batches.lock().unwrap().push(batch);
        }
    }

    fn raw_shard() -> (Shard, Kept) {
        let mut plan = Plan::new(Registry::new());
        plan.views.push(View {
            name: crate::names::view::REQUESTS,
            metrics: Vec::new(),
            tags: vec![crate::names::tag::NAME],
        });
        plan.max_series = 2;
        let kept = Kept::default();
        (Shard::with_raw_samples(Arc::new(plan), Box::new(kept.clone())), kept)
    }

    #[test]
    fn raw_samples_keep_their_tags_where_series_share_sinks() {
        let (mut shard, kept) = raw_shard();
        let tags = ["a", "b", "c"].map(|url| TagSet::from_pairs([("name", "same"), ("url", url)]));
        let series = tags.each_ref().map(|tags| shard.series(Builtin::HTTP_REQS, tags));
        for (round, at) in [0, 2, 1, 0].into_iter().enumerate() {
            shard.add(series[at], round as f64);
        }
        shard.sample(Builtin::CHECKS, &tags[1], 1.0);
        assert!(kept.batches.lock().unwrap().is_empty());
        shard.take();
        shard.take();
        let expected = [(0, 0.0), (2, 1.0), (1, 2.0), (0, 3.0), (1, 1.0)].into_iter().enumerate();
        let sample = |(at, (tagged, value)): (usize, (usize, f64))| Sample {
            metric: if at < 4 { Builtin::HTTP_REQS } else { Builtin::CHECKS },
            tags: tags[tagged].clone(),
            value,
            at: Duration::from_nanos(at as u64),
        };
        assert_eq!(*kept.batches.lock().unwrap(), [expected.map(sample).collect::<Vec<_>>()]);
    }

    #[test]
    fn raw_samples_are_exact_for_more_tag_sets_than_are_remembered() {
        let (mut shard, kept) = raw_shard();
        let tags = |at: usize| TagSet::from_pairs([("url", at.to_string())]);
        for at in 0..REMEMBERED + 10_000 {
            shard.sample(Builtin::HTTP_REQS, &tags(at), at as f64);
        }
        assert_eq!(shard.series.len(), REMEMBERED, "values with tags of their own fill no memory");
        let late = shard.series(Builtin::HTTP_REQS, &tags(REMEMBERED + 5));
        assert_eq!(shard.series(Builtin::HTTP_REQS, &tags(REMEMBERED + 5)), late);
        shard.add(late, (REMEMBERED + 5) as f64);
        shard.take();
        let batches = kept.batches.lock().unwrap();
        let samples: Vec<&Sample> = batches.iter().flatten().collect();
        assert_eq!(samples.len(), REMEMBERED + 10_001);
        assert!(samples.iter().all(|sample| sample.tags.get("url") == Some(&*sample.value.to_string())));
        assert!(samples.windows(2).all(|pair| pair[0].at < pair[1].at));
    }

    #[test]
    fn recent_samples_are_taken_with_their_tags_and_count_like_others() {
        let mut shard = Shard::new(Arc::new(Plan::new(Registry::new())));
        shard.keep_recent();
        let tags = |url: &str| TagSet::from_pairs([("url", url)]);
        let series = shard.series(Builtin::HTTP_REQS, &tags("a"));
        shard.add(series, 1.0);
        shard.sample(Builtin::HTTP_REQS, &tags("b"), 2.0);
        let mut taken = Vec::new();
        shard.take_recent(&mut taken);
        let found: Vec<_> = taken.iter().map(|sample| (sample.tags.get("url"), sample.value)).collect();
        assert_eq!(found, [(Some("a"), 1.0), (Some("b"), 2.0)]);
        shard.take_recent(&mut taken);
        assert_eq!(taken, []);
        assert_eq!(shard.take().sinks.len(), 1);
    }

    #[test]
    fn rows_are_bounded_by_their_bytes_too() {
        let mut plan = Plan::new(Registry::new());
        let tags = vec![crate::names::tag::NAME];
        plan.views.push(View { name: crate::names::view::REQUESTS, metrics: Vec::new(), tags });
        let mut shard = Shard::new(Arc::new(plan));
        let long = "x".repeat(30_000);
        for at in 0..2_000 {
            let tags = TagSet::from_pairs([("name", format!("{long}{at}"))]);
            shard.sample(Builtin::HTTP_REQS, &tags, 1.0);
        }
        let overflow = shard.take().overflow.unwrap();
        assert!(shard.row_bytes <= MOST_ROW_BYTES && overflow.cap < 600, "{overflow:?}");
        assert_eq!(overflow.tag, "name");
    }

    #[test]
    fn nothing_is_registered_while_nobody_asks_for_raw_samples() {
        let mut shard = Shard::new(Arc::new(Plan::new(Registry::new())));
        let tags = ["a", "b"].map(|url| TagSet::from_pairs([("url", url)]));
        let [a, b] = tags.map(|tags| shard.series(Builtin::HTTP_REQS, &tags));
        assert_eq!(a, b, "one route");
    }
}
