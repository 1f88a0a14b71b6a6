//! The engine's side of a test: scenarios, thresholds, and what is kept of the samples.

use std::sync::Arc;

use flashcrowd_engine::{TestConfig, ThresholdSpec};
use flashcrowd_metrics::names::{tag, view};
use flashcrowd_metrics::{Builtin, Plan, Selector, SinkKey, View};
use flashcrowd_test::Test;

use crate::settings::Settings;

/// The sub-metric that every summary shows.
const EXPECTED: &str = "http_req_duration{expected_response:true}";

/// What the engine runs.
pub(crate) fn engine_test(test: &dyn Test, settings: &Settings) -> TestConfig {
    let (options, (plan, thresholds)) = (test.options(), plan(test, settings));
    let mut engine = TestConfig::new(test.scenarios().to_vec(), Arc::new(plan));
    engine.workers = settings.threads();
    engine.share = options.share().clone();
    engine.thresholds = thresholds;
    engine.no_setup = options.no_setup() || !test.has_setup();
    engine.no_teardown = options.no_teardown() || !test.has_teardown();
    engine.min_iteration_duration = options.min_iteration_duration().unwrap_or_default();
    engine.run_tags = options.run_tags();
    engine.tag_scenarios = options.system_tags().iter().any(|tag| tag == "scenario");
    engine
}

/// What is kept of the samples, and what is asked of it.
fn plan(test: &dyn Test, settings: &Settings) -> (Plan, Vec<ThresholdSpec>) {
    let registry = test.registry();
    let mut plan = Plan::new(registry.clone());
    let mut specs = Vec::new();
    for threshold in test.options().thresholds() {
        let Some(metric) = registry.find(&threshold.selector.metric) else { continue };
        let key = match threshold.selector.tags.is_empty() {
            true => SinkKey::Metric(metric.id),
            false => SinkKey::Sub(plan.add_sub(&threshold.name, &metric, threshold.selector.clone())),
        };
        let thresholds = if settings.no_thresholds { Vec::new() } else { threshold.thresholds.clone() };
        specs.push(ThresholdSpec { metric: threshold.name.clone(), key, thresholds });
    }
    if let Ok(selector) = Selector::parse(EXPECTED) {
        plan.add_sub(EXPECTED, &registry.get(Builtin::HTTP_REQ_DURATION), selector);
    }
    plan.views = views(settings.by_group_and_scenario);
    plan.views.extend(test.views());
    (plan, specs)
}

/// The ways in which metrics are split for the record and the full summary.
fn views(by_group_and_scenario: bool) -> Vec<View> {
    let mut views = vec![View {
        name: "requests",
        metrics: vec![
            Builtin::HTTP_REQS,
            Builtin::HTTP_REQ_FAILED,
            Builtin::HTTP_REQ_DURATION,
            Builtin::HTTP_REQ_RESPONSE_TIME,
            Builtin::WS_SESSIONS,
            Builtin::GRPC_REQ_DURATION,
            Builtin::SSE_STREAMS,
        ],
        tags: vec!["scenario", "group", "name", "method", "status", "error_code"],
    }];
    views.push(View {
        name: view::LIMITS,
        metrics: vec![Builtin::HTTP_REQS_NOT_SENT],
        tags: vec![tag::LIMIT],
    });
    if by_group_and_scenario {
        let checks = vec![Builtin::CHECKS];
        views.push(View { name: "groups", metrics: Vec::new(), tags: vec!["scenario", "group"] });
        views.push(View { name: "scenarios", metrics: Vec::new(), tags: vec!["scenario"] });
        views.push(View { name: "checks", metrics: checks, tags: vec!["scenario", "group", "check"] });
    }
    views
}
