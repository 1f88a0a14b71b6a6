//! What goes on beside a test on the dispatcher's thread: the target's metrics are read, its stocks are counted.

use std::sync::Arc;

use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, Stat, Totals};
use flashcrowd_observe::{SourceError, Watch};
use flashcrowd_plan::{PlanBehaviour, TargetMetrics, TestPlan, read_stocks};
use flashcrowd_record::Audit;

use super::Config;
use super::front_end::FrontEnd;
use crate::log::Logger;

/// Opens the endpoint at which the target tells of itself. Where a URL was given and nothing is there, that is said; where
/// it was only tried, it is not.
pub async fn observe(config: &Config, test: &dyn FrontEnd, log: &Logger) -> Option<Watch> {
    let planned = test.plan().map(|plan| (&plan.metrics, plan.host.as_str()));
    let (url, asked) = match (config.plan().target_metrics.as_deref(), planned) {
        (Some("off"), _) | (None, None | Some((TargetMetrics::Off, _))) => return None,
        (Some(url), _) => (url.to_owned(), true),
        (None, Some((TargetMetrics::At(url), _))) => (url.clone(), true),
        (None, Some((TargetMetrics::Auto, host))) => (format!("{host}/metrics"), false),
    };
    let (watch, failed) = match flashcrowd_observe::open(&url, test.http()) {
        Ok(source) => Watch::open(vec![source]).await,
        Err(error) => (Watch::open(Vec::new()).await.0, vec![error]),
    };
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
