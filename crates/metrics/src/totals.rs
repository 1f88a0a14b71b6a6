//! Totals are all samples of all workers: of the whole run, and of the last interval.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::metric::MetricId;
use crate::shard::{Interval, Overflow};
use crate::sink::Sink;
use crate::sink_key::SinkKey;
use crate::tree::CheckId;
use crate::view::Plan;

/// The merged sinks of all workers.
#[derive(Debug)]
pub struct Totals {
    plan: Arc<Plan>,
    keys: Vec<SinkKey>,
    index: HashMap<SinkKey, usize>,
    run: Vec<Sink>,
    interval: Vec<Sink>,
    /// Metrics without what setup and teardown added.
    load: HashMap<MetricId, Sink>,
    /// The same of the last interval.
    load_interval: HashMap<MetricId, Sink>,
    /// For each worker: its local sink numbers, translated.
    workers: Vec<Vec<usize>>,
    checks: Vec<(u64, u64)>,
    overflow: Option<Overflow>,
}

impl Totals {
    /// Empty totals over that many workers.
    pub fn new(plan: Arc<Plan>, workers: usize) -> Self {
        Self {
            plan,
            keys: Vec::new(),
            index: HashMap::new(),
            run: Vec::new(),
            interval: Vec::new(),
            load: HashMap::new(),
            load_interval: HashMap::new(),
            workers: vec![Vec::new(); workers],
            checks: Vec::new(),
            overflow: None,
        }
    }

    /// What is kept.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Adds what a worker gathered while scenarios ran.
    pub fn absorb_load(&mut self, worker: usize, taken: Interval) {
        let before = self.workers[worker].len();
        for (local, sink) in &taken.sinks {
            let known = self.workers[worker].get(*local).map(|at| &self.keys[*at]);
            if let Some(SinkKey::Metric(metric)) = known.or_else(|| taken.new_keys.get(local - before)) {
                let metric = *metric;
                self.add_load(metric, sink);
            }
        }
        self.absorb(worker, taken);
    }

    /// Adds what a worker gathered.
    pub fn absorb(&mut self, worker: usize, taken: Interval) {
        for key in taken.new_keys {
            let at = self.place(key);
            self.workers[worker].push(at);
        }
        for (local, sink) in taken.sinks {
            self.add_at(self.workers[worker][local], sink);
        }
        if self.checks.len() < taken.checks.len() {
            self.checks.resize(taken.checks.len(), (0, 0));
        }
        for (mine, theirs) in self.checks.iter_mut().zip(&taken.checks) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        self.note_overflow(taken.overflow);
    }

    /// Adds samples of one sink.
    pub(crate) fn add(&mut self, key: SinkKey, sink: Sink) {
        let at = self.place(key);
        self.add_at(at, sink);
    }

    /// Adds samples of a metric to those that came while scenarios ran.
    pub(crate) fn add_load(&mut self, metric: MetricId, sink: &Sink) {
        for load in [&mut self.load, &mut self.load_interval] {
            match load.entry(metric) {
                Entry::Occupied(mut mine) => mine.get_mut().merge(sink),
                Entry::Vacant(place) => {
                    place.insert(sink.clone());
                }
            }
        }
    }

    /// Adds outcomes of a check.
    pub(crate) fn add_check(&mut self, check: CheckId, (passes, fails): (u64, u64)) {
        if self.checks.len() <= check.index() {
            self.checks.resize(check.index() + 1, (0, 0));
        }
        let counts = &mut self.checks[check.index()];
        *counts = (counts.0 + passes, counts.1 + fails);
    }

    /// The first time that the cap on rows was reached is what is told.
    pub(crate) fn note_overflow(&mut self, overflow: Option<Overflow>) {
        self.overflow = self.overflow.take().or(overflow);
    }

    fn add_at(&mut self, at: usize, sink: Sink) {
        self.run[at].merge(&sink);
        match self.interval[at].is_empty() {
            true => self.interval[at] = sink,
            false => self.interval[at].merge(&sink),
        }
    }

    /// Clears the samples of the interval and keeps those of the run.
    pub fn start_interval(&mut self) {
        for sink in &mut self.interval {
            *sink = Sink::new(sink.kind());
        }
        self.load_interval.clear();
    }

    /// All samples of a metric, none when there was never one.
    pub fn metric(&self, metric: MetricId) -> Option<&Sink> {
        self.get(&SinkKey::Metric(metric))
    }

    /// The samples of a metric while scenarios ran: without those of setup and teardown.
    pub fn load(&self, metric: MetricId) -> Option<&Sink> {
        self.load.get(&metric)
    }

    /// The same over the last interval.
    pub(crate) fn load_interval(&self, metric: MetricId) -> Option<&Sink> {
        self.load_interval.get(&metric)
    }

    /// All samples of a sub-metric, by its position in the plan.
    pub fn sub(&self, sub: usize) -> Option<&Sink> {
        self.get(&SinkKey::Sub(sub))
    }

    /// The sink for a key over the whole run.
    pub fn get(&self, key: &SinkKey) -> Option<&Sink> {
        self.index.get(key).map(|&at| &self.run[at])
    }

    /// The sink for a key over the last interval.
    pub fn interval(&self, key: &SinkKey) -> Option<&Sink> {
        self.index.get(key).map(|&at| &self.interval[at])
    }

    /// All keys with their sinks over the run and over the last interval, in the order they were first seen.
    pub fn iter(&self) -> impl Iterator<Item = (&SinkKey, &Sink, &Sink)> {
        self.keys.iter().zip(&self.run).zip(&self.interval).map(|((key, run), interval)| (key, run, interval))
    }

    /// Passed and failed outcomes of a check.
    pub fn check(&self, check: CheckId) -> (u64, u64) {
        self.checks.get(check.index()).copied().unwrap_or_default()
    }

    /// Set when a worker reached the cap on rows.
    pub fn overflow(&self) -> Option<&Overflow> {
        self.overflow.as_ref()
    }

    fn place(&mut self, key: SinkKey) -> usize {
        if let Some(&at) = self.index.get(&key) {
            return at;
        }
        let metric = match &key {
            SinkKey::Metric(metric) | SinkKey::Row { metric, .. } => *metric,
            SinkKey::Sub(sub) => self.plan.subs[*sub].metric,
        };
        let kind = self.plan.registry.get(metric).kind;
        let at = self.keys.len();
        self.run.push(Sink::new(kind));
        self.interval.push(Sink::new(kind));
        self.index.insert(key.clone(), at);
        self.keys.push(key);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::Builtin;
    use crate::registry::Registry;
    use crate::selector::Selector;
    use crate::shard::Shard;
    use crate::tags::TagSet;
    use crate::tree::GroupId;
    use crate::view::View;

    fn plan() -> Arc<Plan> {
        let registry = Registry::new();
        let mut plan = Plan::new(registry.clone());
        let selector = Selector::parse("http_reqs{status:500}").unwrap();
        plan.add_sub("http_reqs{status:500}", &registry.get(Builtin::HTTP_REQS), selector);
        plan.views.push(View {
            name: crate::names::view::REQUESTS,
            metrics: vec![Builtin::HTTP_REQS],
            tags: vec![crate::names::tag::NAME],
        });
        plan.max_series = 3;
        Arc::new(plan)
    }

    fn count(sink: Option<&Sink>) -> f64 {
        sink.and_then(|sink| sink.stat(crate::Stat::Count, 1.0)).unwrap_or(-1.0)
    }

    #[test]
    fn workers_add_up_over_intervals() {
        let plan = plan();
        let mut totals = Totals::new(plan.clone(), 2);
        let mut shards = [Shard::new(plan.clone()), Shard::new(plan)];
        let ok = TagSet::from_pairs([("name", "a"), ("status", "200")]);
        let bad = TagSet::from_pairs([("name", "b"), ("status", "500")]);
        for round in 0..3 {
            totals.start_interval();
            for (worker, shard) in shards.iter_mut().enumerate() {
                shard.sample(Builtin::HTTP_REQS, if worker == 0 { &ok } else { &bad }, 1.0);
                let check = shard.check_id(GroupId::ROOT, "c");
                shard.count_check(check, round == 0);
                totals.absorb(worker, shard.take());
            }
        }
        assert_eq!(count(totals.metric(Builtin::HTTP_REQS)), 6.0);
        assert_eq!(count(totals.interval(&SinkKey::Metric(Builtin::HTTP_REQS))), 2.0);
        assert_eq!(count(totals.sub(0)), 3.0);
        let row = SinkKey::Row { view: 0, metric: Builtin::HTTP_REQS, tags: bad.project(&["name"]) };
        assert_eq!(count(totals.get(&row)), 3.0);
        let check = totals.plan().tree.check(GroupId::ROOT, "c");
        assert_eq!(totals.check(check), (2, 4));
    }

    #[test]
    fn what_setup_adds_is_no_load() {
        let plan = plan();
        let (mut totals, mut shard) = (Totals::new(plan.clone(), 1), Shard::new(plan));
        let tags = TagSet::from_pairs([("name", "a"), ("status", "500")]);
        shard.sample(Builtin::HTTP_REQS, &tags, 1.0);
        totals.absorb(0, shard.take());
        assert!(totals.load(Builtin::HTTP_REQS).is_none());
        for metric in [Builtin::HTTP_REQS, Builtin::ITERATIONS, Builtin::HTTP_REQS] {
            shard.sample(metric, &tags, 1.0);
            totals.absorb_load(0, shard.take());
        }
        totals.absorb(0, shard.take());
        assert_eq!(count(totals.load(Builtin::HTTP_REQS)), 2.0);
        assert_eq!(count(totals.load(Builtin::ITERATIONS)), 1.0);
        assert_eq!(count(totals.metric(Builtin::HTTP_REQS)), 3.0);
    }

    #[test]
    fn the_cap_names_the_tag_at_fault_and_loses_no_total() {
        let plan = plan();
        let mut shard = Shard::new(plan.clone());
        for i in 0..50 {
            let tags = TagSet::from_pairs([("name", format!("/item/{i}"))]);
            shard.sample(Builtin::HTTP_REQS, &tags, 1.0);
        }
        let mut totals = Totals::new(plan, 1);
        totals.absorb(0, shard.take());
        assert_eq!(count(totals.metric(Builtin::HTTP_REQS)), 50.0);
        assert_eq!(totals.overflow(), Some(&Overflow { tag: "name".into(), distinct: 3, cap: 3 }));
    }
}
