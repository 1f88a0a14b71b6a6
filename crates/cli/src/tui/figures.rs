//! The figures of a run at a glance: one line, the same whatever the size of the terminal.

use flashcrowd_live::View;
use flashcrowd_text::figure;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::draw::{Look, padded};
use super::text::{failures, time, whole};

/// The figures of a run after its last second, those that matter most first.
pub(super) fn figures<'a>(view: &View, look: Look) -> Line<'a> {
    let totals = &view.totals;
    let requests = totals.requests.unwrap_or_default();
    let failed = totals.failed.unwrap_or_default();
    let dropped = totals.dropped.unwrap_or_default();
    let mut spans = Vec::new();
    let mut add = |label: &str, text: String, style: Style| {
        spans.push(Span::styled(format!(" {label} "), look.dim()));
        spans.push(Span::styled(padded(&text), style));
    };
    add("VUs", format!("{}/{}", view.vus, view.vus_max), look.strong());
    add("now", format!("{}/s", figure::number(view.point.rate)), look.strong());
    add("failed", failures(failed, requests), if failed > 0.0 { look.bad() } else { look.strong() });
    if dropped > 0.0 {
        add("dropped", whole(dropped), look.bad());
    }
    add("p95", time(totals.p95), look.strong());
    add("p99", time(totals.p99), look.strong());
    add("p50", time(totals.p50), look.strong());
    match requests > 0.0 {
        true => add("requests", whole(requests), look.strong()),
        false => add("iterations", whole(totals.iterations.unwrap_or_default()), look.strong()),
    }
    Line::from(spans)
}
