//! Fixtures are totals made by hand: the numbers of a known report, or a few samples of every kind.

use std::sync::Arc;

use flashcrowd_metrics::{
    Builtin, Contains, GroupId, Kind, MetricId, Plan, Registry, Selector, Shard, TagSet, Totals, View,
};
use flashcrowd_record::{
    GeneratorResult, Outcome, Results, ResultsMeta, RunState, SummaryOptions, TestInfo, ThresholdOutcome,
    Tool,
};
use serde_json::json;

/// How many samples a trend gets: the ranks of its percentiles are whole numbers.
const SAMPLES: usize = 2001;

/// Avg, min, med, max, p(90) and p(95) of a trend.
type Shape = [f64; 6];

/// The trends of the product run, in milliseconds: a little above what the report shows, since it cuts.
const PRODUCT_TRENDS: [(MetricId, Shape); 8] = [
    (Builtin::HTTP_REQ_BLOCKED, [0.010_793, 0.0, 0.002, 6.134, 0.006, 0.009]),
    (Builtin::HTTP_REQ_CONNECTING, [0.006_004, 0.0, 0.0, 6.074, 0.0, 0.0]),
    (Builtin::HTTP_REQ_DURATION, [203.024, 1.264, 87.774, 1264.0, 537.184, 684.384]),
    (Builtin::HTTP_REQ_RECEIVING, [0.025_534, 0.004, 0.015, 14.294, 0.05, 0.066]),
    (Builtin::HTTP_REQ_SENDING, [0.013_734, 0.001, 0.006, 15.724, 0.02, 0.034]),
    (Builtin::HTTP_REQ_TLS_HANDSHAKING, [0.0; 6]),
    (Builtin::HTTP_REQ_WAITING, [202.994, 1.254, 87.724, 1264.0, 537.104, 684.354]),
    (Builtin::ITERATION_DURATION, [1204.0, 1004.0, 1084.0, 2264.0, 1534.0, 1684.0]),
];

/// The product run: 162 299 requests in 90.86 seconds, all checks passed.
pub fn product() -> Results {
    let registry = Registry::new();
    let mut plan = Plan::new(registry.clone());
    add_sub(&mut plan, &registry, "http_req_duration{expected_response:true}");
    let plan = Arc::new(plan);
    let mut shard = Shard::new(plan.clone());
    let tags = TagSet::from_pairs([("expected_response", "true")]);
    for (metric, shape) in PRODUCT_TRENDS {
        values(shape).for_each(|value| shard.sample(metric, &tags, value));
    }
    let check = shard.check_id(GroupId::ROOT, "getProduct status is 200");
    for _ in 0..162_299 {
        shard.sample(Builtin::CHECKS, &tags, 1.0);
        shard.sample(Builtin::HTTP_REQ_FAILED, &tags, 0.0);
        shard.count_check(check, true);
    }
    for (metric, value) in [
        (Builtin::DATA_RECEIVED, 31_802_225.0),
        (Builtin::DATA_SENT, 15_083_341.0),
        (Builtin::DROPPED_ITERATIONS, 155_473.0),
        (Builtin::HTTP_REQS, 162_299.0),
        (Builtin::ITERATIONS, 162_299.0),
        (Builtin::VUS, 3500.0),
        (Builtin::VUS, 4.0),
        (Builtin::VUS_MAX, 3200.0),
        (Builtin::VUS_MAX, 3500.0),
    ] {
        shard.sample(metric, &tags, value);
    }
    let mut totals = Totals::new(plan, 1);
    totals.absorb(0, shard.take());
    Results::collect(&totals, meta("getProduct"), &SummaryOptions::default(), &[], 90.863_490_979)
}

/// The shop run: nested groups, failed checks, two scenarios, custom metrics of each kind, thresholds.
pub fn shop() -> (Results, Totals) {
    let totals = shop_totals();
    let outcome = |metric_name: &str, source: &str, ok| ThresholdOutcome {
        metric_name: metric_name.into(),
        source: source.into(),
        ok,
    };
    let thresholds = [
        outcome("http_req_duration", "p(95)<500", true),
        outcome("http_req_duration", "max < 100", false),
        outcome("http_req_duration{ name:주문 }", "avg<200", true),
        outcome("http_req_failed", "rate<0.01", false),
        outcome("orders{status:sold_out}", "count<10", true),
        outcome("orders{status:sold_out}", "rate<10", true),
        outcome("stock", "value>=0", true),
        outcome("never_used", "p(95)<5", true),
    ];
    let options = SummaryOptions::default();
    (Results::collect(&totals, meta("flash sale"), &options, &thresholds, 4.0), totals)
}

pub fn shop_plan() -> Plan {
    let registry = Registry::new();
    for (name, kind, contains) in [
        ("orders", Kind::Counter, Contains::Default),
        ("stock", Kind::Gauge, Contains::Default),
        ("sold_out", Kind::Rate, Contains::Default),
        ("queue_wait", Kind::Trend, Contains::Time),
        ("basket_size", Kind::Trend, Contains::Default),
        ("never_used", Kind::Trend, Contains::Time),
    ] {
        registry.define(name, kind, contains).unwrap();
    }
    let mut plan = Plan::new(registry.clone());
    for name in [
        "http_req_duration{expected_response:true}",
        "http_req_duration{name:주문}",
        "orders{status:sold_out}",
    ] {
        add_sub(&mut plan, &registry, name);
    }
    plan.views = vec![
        View {
            name: "requests",
            metrics: vec![Builtin::HTTP_REQS, Builtin::HTTP_REQ_DURATION],
            tags: vec!["name", "method"],
        },
        View { name: "groups", metrics: Vec::new(), tags: vec!["scenario", "group"] },
        View { name: "scenarios", metrics: Vec::new(), tags: vec!["scenario"] },
        View { name: "checks", metrics: vec![Builtin::CHECKS], tags: vec!["scenario", "group", "check"] },
    ];
    plan
}

fn shop_totals() -> Totals {
    let plan = Arc::new(shop_plan());
    let mut shard = Shard::new(plan.clone());
    let mut totals = Totals::new(plan.clone(), 1);
    shop_interval(&mut shard, &plan);
    totals.absorb(0, shard.take());
    totals
}

/// Eight iterations of a customer who looks at a product and orders it; the last two find it sold out.
pub fn shop_interval(shard: &mut Shard, plan: &Plan) {
    for i in 0..8 {
        let scenario = if i % 2 == 0 { "browse" } else { "rush" };
        let root = TagSet::from_pairs([("scenario", scenario), ("group", "")]);
        visit(shard, plan, &root, f64::from(i));
        shard.sample(Builtin::ITERATIONS, &root, 1.0);
        shard.sample(Builtin::ITERATION_DURATION, &root, 1000.0 + f64::from(i));
        shard.sample(Builtin::ITERATION_LAG, &root, 0.25 * f64::from(i));
    }
    let none = TagSet::empty();
    for (metric, value) in [
        (Builtin::DATA_RECEIVED, 40_000.0),
        (Builtin::DATA_SENT, 999.0),
        (Builtin::VUS, 2.0),
        (Builtin::VUS_MAX, 10.0),
    ] {
        shard.sample(metric, &none, value);
    }
}

fn visit(shard: &mut Shard, plan: &Plan, root: &TagSet, i: f64) {
    let sold_out = i >= 6.0;
    let shopping = plan.tree.group(GroupId::ROOT, "쇼핑");
    let ordering = plan.tree.group(shopping, "주문");
    let in_shopping = root.with("group", &*plan.tree.path(shopping));
    let in_ordering = root.with("group", &*plan.tree.path(ordering));
    request(shard, &in_shopping.with("name", "product").with("method", "GET"), 10.0 + i, true);
    request(shard, &in_ordering.with("name", "주문").with("method", "POST"), 100.0 + 10.0 * i, !sold_out);
    for (group, tags, name, passed) in [
        (GroupId::ROOT, root, "로그인 성공", true),
        (shopping, &in_shopping, "상품이 보인다", true),
        (shopping, &in_shopping, "is fast", i < 3.0),
        (ordering, &in_ordering, "주문 성공", !sold_out),
        (ordering, &in_ordering, "is fast", false),
    ] {
        let check = shard.check_id(group, name);
        shard.count_check(check, passed);
        shard.sample(Builtin::CHECKS, &tags.with("check", name), f64::from(passed));
    }
    let status = in_ordering.with("status", if sold_out { "sold_out" } else { "ok" });
    let custom = |name: &str| plan.registry.find(name).unwrap().id;
    shard.sample(custom("orders"), &status, 1.0);
    shard.sample(custom("stock"), &in_ordering, (5.0 - i).max(0.0));
    shard.sample(custom("sold_out"), &in_ordering, f64::from(sold_out));
    shard.sample(custom("queue_wait"), &in_ordering, 0.5 + i);
    shard.sample(custom("basket_size"), &in_ordering, 1.0 + (i % 3.0));
    shard.sample(Builtin::GROUP_DURATION, &in_shopping, 500.0 + i);
    shard.sample(Builtin::GROUP_DURATION, &in_ordering, 300.0 + i);
}

pub fn request(shard: &mut Shard, tags: &TagSet, ms: f64, expected: bool) {
    let tags = tags.with("expected_response", if expected { "true" } else { "false" });
    for (metric, value) in [
        (Builtin::HTTP_REQS, 1.0),
        (Builtin::HTTP_REQ_FAILED, f64::from(!expected)),
        (Builtin::HTTP_REQ_DURATION, ms),
        (Builtin::HTTP_REQ_BLOCKED, 0.002),
        (Builtin::HTTP_REQ_CONNECTING, 0.0),
        (Builtin::HTTP_REQ_TLS_HANDSHAKING, 0.0),
        (Builtin::HTTP_REQ_SENDING, 0.02),
        (Builtin::HTTP_REQ_WAITING, ms - 0.07),
        (Builtin::HTTP_REQ_RECEIVING, 0.05),
    ] {
        shard.sample(metric, &tags, value);
    }
}

pub fn meta(name: &str) -> ResultsMeta {
    ResultsMeta {
        generated_at: "2026-11-20T10:00:05Z".into(),
        tool: Tool { name: "flashcrowd".into(), version: "0.1.0".into() },
        test: TestInfo { name: name.into(), source: "script.js".into() },
        options: json!({ "scenarios": { "rush": { "executor": "constant-vus", "env": { "TOKEN": "t0ken-123" } } } }),
        start: "2026-11-20T10:00:00Z".into(),
        outcome: Outcome { state: RunState::Finished, exit_code: 99, ..Outcome::default() },
        scenarios: Vec::new(),
        setup_data: Some(json!({ "users": 4, "authToken": "of-setup" })),
        warnings: Vec::new(),
        audits: Vec::new(),
        generator: GeneratorResult::default(),
        load_seconds: None,
    }
}

fn add_sub(plan: &mut Plan, registry: &Registry, name: &str) {
    let selector = Selector::parse(name).unwrap();
    plan.add_sub(name, &registry.find(&selector.metric).unwrap(), selector);
}

/// Samples of that shape: the ranks between two of its points are filled so that the average comes out.
fn values([avg, min, med, max, p90, p95]: Shape) -> impl Iterator<Item = f64> {
    let points = [(0, min), (1000, med), (1800, p90), (1900, p95), (SAMPLES - 1, max)];
    let sum = |fill: f64| filled(&points, fill).iter().sum::<f64>();
    let (low, high) = (sum(0.0), sum(1.0));
    let fill = if high > low { (avg * SAMPLES as f64 - low) / (high - low) } else { 0.0 };
    assert!((0.0..=1.0).contains(&fill), "no samples have this average: {avg}");
    filled(&points, fill).into_iter()
}

fn filled(points: &[(usize, f64)], fill: f64) -> Vec<f64> {
    let mut values = Vec::with_capacity(SAMPLES);
    for pair in points.windows(2) {
        let [(from, low), (to, high)] = pair else { continue };
        values.push(*low);
        values.extend(std::iter::repeat_n(low + (high - low) * fill, to - from - 1));
    }
    values.extend(points.last().map(|(_, value)| *value));
    values
}
