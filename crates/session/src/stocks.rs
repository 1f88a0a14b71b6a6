//! Stocks of the target are counted before and after the load, and compared with what the load side saw sold.

use flashcrowd_metrics::{Stat, Totals};
use flashcrowd_record::Audit;
use flashcrowd_test::{Interrupt, Stocks, Test};

/// Reads the stocks of a test; none where there is nothing to audit.
pub(crate) async fn stocks(test: &dyn Test, interrupt: &Interrupt) -> Stocks {
    let Some(audits) = test.audits() else { return Stocks::new() };
    let read = interrupt.or(audits.read()).await;
    read.unwrap_or_else(|| {
        vec![Err("a signal ended the run before it was read".to_owned()); audits.stocks().len()]
    })
}

/// What was there before and after, and what was sold by what the load side saw succeed.
pub(crate) fn audits(test: &dyn Test, before: Stocks, after: Stocks, totals: &Totals) -> Vec<Audit> {
    let Some(audits) = test.audits() else { return Vec::new() };
    let readings = before.into_iter().zip(after);
    let audits = audits.stocks().into_iter().zip(readings);
    let audits = audits.map(|((name, counter), (before, after))| Audit {
        name,
        problem: before.as_ref().err().or(after.as_ref().err()).cloned(),
        before: before.ok(),
        after: after.ok(),
        sold: sold(&counter, totals),
    });
    audits.collect()
}

fn sold(counter: &str, totals: &Totals) -> f64 {
    let metric = totals.plan().registry.find(counter);
    let sink = metric.and_then(|metric| totals.metric(metric.id));
    sink.and_then(|sink| sink.stat(Stat::Count, 1.0)).unwrap_or_default()
}
