//! What goes on beside a test on the dispatcher's thread: the target's metrics are read, its stocks are counted.

use std::sync::Arc;

use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, Stat, Totals};
use flashcrowd_observe::{SourceError, Watch, open_all};
use flashcrowd_plan::{PlanBehaviour, TargetMetrics, TestPlan, read_stocks};
use flashcrowd_record::Audit;

use super::Config;
use super::front_end::FrontEnd;
use crate::log::Logger;

/// Opens the sources at which the target reports about itself. One that was asked for and does not answer is worth a
/// warning; one that was only tried is not.
pub async fn observe(config: &Config, test: &dyn FrontEnd, log: &Logger) -> Option<Watch> {
    let plan = test.plan();
    let planned = plan.map_or(&TargetMetrics::Off, |plan| &plan.metrics);
    let (urls, asked) = match config.plan().target_metrics.as_ref().unwrap_or(planned) {
        TargetMetrics::Off => return None,
        TargetMetrics::At(urls) => (urls.clone(), true),
        TargetMetrics::Auto => (vec![format!("{}/metrics", plan.map_or("", |plan| &plan.host))], false),
    };
    let (sources, mut failed) = open_all(&urls, test.http());
    let (watch, silent) = Watch::open(sources).await;
    failed.extend(silent);
    failed.iter().for_each(|error| report(error, asked, log));
    Some(watch)
}

fn report(error: &SourceError, asked: bool, log: &Logger) {
    if asked {
        log.warn(&format!("the target's metrics cannot be read, what needs them is not measured: {error}"));
    } else {
        log.debug(&format!("the target tells nothing of itself: {error}"));
    }
}

/// A reading of all stocks of a plan.
pub type Stocks = Vec<Result<f64, String>>;

/// Reads the stocks of a plan; none where there is nothing to audit.
pub async fn stocks(plan: Option<&TestPlan>, http: &Arc<Shared>) -> Stocks {
    match plan {
        Some(plan) if !plan.audits.is_empty() => read_stocks(plan, http).await,
        _ => Vec::new(),
    }
}

/// What was there before and after, and what was sold by what the load side saw succeed.
pub fn audits(plan: Option<&TestPlan>, before: Stocks, after: Stocks, totals: &Totals) -> Vec<Audit> {
    let Some(plan) = plan else { return Vec::new() };
    let readings = before.into_iter().zip(after);
    let audits = plan.audits.iter().zip(readings).map(|(audit, (before, after))| Audit {
        name: audit.name.clone(),
        problem: before.as_ref().err().or(after.as_ref().err()).cloned(),
        before: before.ok(),
        after: after.ok(),
        sold: sold(&totals.plan().registry, &audit.name, totals),
    });
    audits.collect()
}

fn sold(registry: &Registry, audit: &str, totals: &Totals) -> f64 {
    let metric = registry.find(&PlanBehaviour::sold_metric(audit));
    let sink = metric.and_then(|metric| totals.metric(metric.id));
    sink.and_then(|sink| sink.stat(Stat::Count, 1.0)).unwrap_or_default()
}
