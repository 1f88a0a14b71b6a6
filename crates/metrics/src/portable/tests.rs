//! Snapshots of parts, whatever their order, make the totals of one process.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    Builtin, Contains, GroupId, Kind, MetricId, Plan, Registry, Selector, Shard, Sink, SinkKey, Stat, TagSet,
    Totals, View,
};

/// One sample: which metric, which tags, its value, whether it is load.
type Sampled = (usize, usize, f64, bool);

fn plan() -> Arc<Plan> {
    let registry = Registry::new();
    let gauge = registry.define("a_gauge", Kind::Gauge, Contains::Default).unwrap();
    let mut plan = Plan::new(registry.clone());
    let selector = Selector::parse("http_req_duration{status:500}").unwrap();
    plan.add_sub("http_req_duration{status:500}", &registry.get(Builtin::HTTP_REQ_DURATION), selector);
    let metrics = vec![Builtin::HTTP_REQ_DURATION, Builtin::HTTP_REQS];
    plan.views.push(View { name: "requests", metrics, tags: vec!["name", "status"] });
    assert_eq!(gauge, registry.find("a_gauge").unwrap().id);
    Arc::new(plan)
}

fn metric(at: usize) -> MetricId {
    [Builtin::HTTP_REQ_DURATION, Builtin::HTTP_REQS, Builtin::HTTP_REQ_FAILED][at]
}

/// A process that measures.
struct Process {
    shard: Shard,
    totals: Totals,
    snapshots: Snapshots,
}

impl Process {
    fn new() -> Self {
        let plan = plan();
        Self {
            shard: Shard::new(plan.clone()),
            totals: Totals::new(plan, 1),
            snapshots: Snapshots::default(),
        }
    }

    fn second(&mut self, samples: &[Sampled]) -> Portable {
        self.totals.start_interval();
        for is_load in [false, true] {
            for (which, tags, value, _) in samples.iter().filter(|sample| sample.3 == is_load) {
                let status = if *tags == 0 { "500" } else { "200" };
                let tags = TagSet::from_pairs([("name", format!("/{tags}")), ("status", status.to_owned())]);
                self.shard.sample(metric(*which), &tags, *value);
                let group = self.shard.plan().tree.group(GroupId::ROOT, "outer");
                let check = self.shard.check_id(group, &format!("check {which}"));
                self.shard.count_check(check, *value > 10.0);
            }
            let taken = self.shard.take();
            if is_load { self.totals.absorb_load(0, taken) } else { self.totals.absorb(0, taken) }
        }
        self.snapshots.take(&self.totals, &[])
    }
}

/// Everything that is told of totals, in an order that does not depend on when series were first seen. Sums are rounded:
/// floating-point numbers were added in another order.
fn told(totals: &Totals) -> Vec<String> {
    let sink = |sink: Option<&Sink>| match sink {
        Some(Sink::Trend(trend)) => {
            format!(
                "{} {:.6e} {} {} {:?}",
                trend.count(),
                trend.sum(),
                trend.min(),
                trend.max(),
                trend.buckets()
            )
        }
        Some(Sink::Counter { sum, samples }) => format!("{sum:.6e} {samples}"),
        other => format!("{other:?}"),
    };
    let mut told: Vec<String> = totals
        .iter()
        .map(|(key, run, _)| match key {
            SinkKey::Metric(metric) => format!("{key:?}: {} {}", sink(Some(run)), sink(totals.load(*metric))),
            SinkKey::Sub(_) => format!("{key:?}: {}", sink(Some(run))),
            SinkKey::Row { view, metric, tags } => {
                format!("{view} {metric:?} {:?}: {}", tags.iter().collect::<Vec<_>>(), sink(Some(run)))
            }
        })
        .collect();
    for node in totals.plan().tree.nodes() {
        told.extend(
            node.checks.iter().map(|(name, id)| format!("{} {name} {:?}", node.path, totals.check(*id))),
        );
    }
    told.sort();
    told
}

fn sent(snapshot: &Portable) -> Portable {
    let text = serde_json::to_string(snapshot).unwrap();
    let read: Portable = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *snapshot);
    read
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn parts_in_any_order_make_what_one_process_measures(
        samples in prop::collection::vec(
            (0..3usize, 0..4usize, prop_oneof![0.0..5_000.0f64, Just(0.0), -3.0..0.0f64, Just(1e12)], any::<bool>()),
            0..9_000,
        ),
        parts in 1..5usize,
        seconds in 1..4usize,
        order in any::<u64>(),
    ) {
        let mut whole = Process::new();
        let mut processes: Vec<Process> = (0..parts).map(|_| Process::new()).collect();
        let mut snapshots = Vec::new();
        let of_second = |second: usize| samples.iter().copied().skip(second).step_by(seconds);
        for second in 0..seconds {
            whole.second(&of_second(second).collect::<Vec<_>>());
            for (part, process) in processes.iter_mut().enumerate() {
                let own: Vec<Sampled> = of_second(second).skip(part).step_by(parts).collect();
                snapshots.push(sent(&process.second(&own)));
            }
        }
        let mut random = order;
        snapshots.sort_by_cached_key(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random
        });
        let mut merged = Totals::new(plan(), 1);
        for snapshot in snapshots {
            merged.absorb_portable(snapshot, 1).unwrap();
        }
        prop_assert_eq!(told(&merged), told(&whole.totals));
    }
}

#[test]
fn the_last_value_of_a_gauge_is_that_of_the_highest_order() {
    let mut merged = Totals::new(plan(), 1);
    let gauge = merged.plan().registry.find("a_gauge").unwrap().id;
    for (order, value) in [(2, 20.0), (3, 30.0), (1, 10.0)] {
        let mut process = Process::new();
        process.shard.sample(gauge, &TagSet::empty(), value);
        process.totals.absorb_load(0, process.shard.take());
        merged.absorb_portable(sent(&process.snapshots.take(&process.totals, &[])), order).unwrap();
    }
    let of = |stat| merged.metric(gauge).unwrap().stat(stat, 1.0);
    assert_eq!((of(Stat::Value), of(Stat::Min), of(Stat::Max)), (Some(30.0), Some(10.0), Some(30.0)));
}

#[test]
fn what_is_left_out_or_has_no_samples_is_not_in_a_snapshot() {
    let mut process = Process::new();
    process.second(&[(0, 1, 5.0, true), (2, 1, 1.0, true)]);
    let snapshot = process.second(&[(2, 1, 0.0, true), (1, 1, 1.0, true)]);
    assert_eq!(snapshot.groups, [], "groups are told once");
    let left = process.snapshots.take(&process.totals, &[Builtin::HTTP_REQS]);
    let names: Vec<_> = left.series.iter().map(|series| format!("{:?}", series.key)).collect();
    assert_eq!(names, [r#"Metric { name: "http_req_failed", contains: Default }"#]);
}

#[test]
fn what_does_not_belong_to_the_test_adds_nothing() {
    let mut process = Process::new();
    let good = process.second(&[(0, 1, 5.0, true)]);
    let mut merged = Totals::new(plan(), 1);
    for (from, to, expected) in [
        (r#""view":"requests""#, r#""view":"strange""#, "'http_req_duration' by 'strange' is not part of"),
        (r#""count":1,"#, r#""count":2,"#, "what was measured of 'http_req_duration' is damaged"),
        (r#""name":"http_req_duration""#, r#""name":"http_reqs""#, "metric 'http_reqs' is of another kind"),
    ] {
        let text = serde_json::to_string(&good).unwrap();
        assert!(text.contains(from), "{text}");
        let bad: Portable = serde_json::from_str(&text.replace(from, to)).unwrap();
        let error = merged.absorb_portable(bad, 1).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(merged.iter().count(), 0);
}
