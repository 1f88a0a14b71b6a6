//! The exposition is the text form of the shop's metrics that Prometheus scrapes.

use std::fmt::{Display, Write};

use super::process::ProcessUse;
use crate::lock::Lock;
use crate::reply::Status;
use crate::route::{Endpoint, Verb};
use crate::state::State;
use crate::state::metrics::{BUCKETS, HistogramTotals};
use crate::state::servers::{Backing, Item};

/// The media type of the text format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes all metrics of the shop.
pub(crate) fn render(state: &State, items: &[Item]) -> String {
    let mut page = Page { text: String::with_capacity(8 * 1024) };
    requests(&mut page, state);
    inventory(&mut page, items);
    shop(&mut page, state);
    process(&mut page, ProcessUse::read());
    page.text
}

fn requests(page: &mut Page, state: &State) {
    let routes = || Verb::ALL.into_iter().flat_map(|verb| Endpoint::ALL.map(|endpoint| (verb, endpoint)));
    page.family("http_requests_total", "counter", "Requests received, except for /metrics and /admin.");
    for (verb, endpoint) in routes() {
        for status in Status::ALL {
            let count = state.metrics.requests(verb, endpoint, status);
            if count > 0 {
                let labels = format!("{},status=\"{}\"", route_labels(verb, endpoint), status.code());
                page.sample("http_requests_total", &labels, count);
            }
        }
    }
    page.family("http_request_duration_seconds", "histogram", "Time from a request's head to its answer.");
    for (verb, endpoint) in routes() {
        let totals = state.metrics.durations(verb, endpoint);
        if totals.count() > 0 {
            page.histogram("http_request_duration_seconds", &route_labels(verb, endpoint), &totals);
        }
    }
    page.single("http_requests_in_flight", "gauge", "Requests being answered.", state.metrics.in_flight());
}

fn inventory(page: &mut Page, items: &[Item]) {
    page.family("inventory_stock_current", "gauge", "Items in stock.");
    for item in items {
        page.sample("inventory_stock_current", &format!("product_id=\"{}\"", item.id), item.stock);
    }
    page.family("inventory_sold_items", "gauge", "Items sold since the last reset.");
    for item in items {
        page.sample("inventory_sold_items", &format!("product_id=\"{}\"", item.id), item.sold);
    }
}

fn shop(page: &mut Page, state: &State) {
    let locks = state.metrics.locks();
    page.single("lock_acquired_total", "counter", "Locks acquired.", locks.acquired);
    // Nobody tells whether a row was locked, only how long it took.
    if state.lock() != Lock::MySql {
        page.single(
            "lock_contended_total",
            "counter",
            "Locks that were taken when asked for.",
            locks.contended,
        );
    }
    page.single("lock_failed_total", "counter", "Locks given up, or atomic steps tried again.", locks.failed);
    page.family("lock_wait_seconds", "histogram", "Time waited for a lock, acquired or given up.");
    page.histogram("lock_wait_seconds", "", &locks.wait);
    if let Some(backing) = &state.backing {
        servers(page, backing);
    }
    if let Some(threads) = state.threads_use() {
        page.single("app_threads_busy", "gauge", "Requests that are worked on.", threads.active);
        page.single("app_threads_queued", "gauge", "Requests waiting for a thread.", threads.pending);
        page.single("app_threads_max", "gauge", "Threads of the application.", threads.max);
    }
    let pool = state.pool_use();
    page.single("db_pool_connections_active", "gauge", "Database connections in use.", pool.active);
    page.single("db_pool_connections_pending", "gauge", "Requests waiting for a connection.", pool.pending);
    page.single("db_pool_connections_max", "gauge", "Size of the pool; 0 without one.", pool.max);
}

fn servers(page: &mut Page, backing: &Backing) {
    page.single("shop_backend_errors_total", "counter", "Calls of servers that failed.", backing.failed());
    if let Some(pending) = backing.pending_orders() {
        page.single("orders_pending", "gauge", "Orders that were accepted and are not written yet.", pending);
    }
    if let Some(lost) = backing.lost_locks() {
        page.single("lock_lost_total", "counter", "Locks whose lease ended before the work did.", lost);
    }
}

fn process(page: &mut Page, used: ProcessUse) {
    let rows = [
        ("process_cpu_seconds_total", "counter", "CPU time used.", used.cpu_seconds),
        ("process_start_time_seconds", "gauge", "Start, in seconds since 1970.", used.start_time),
        ("process_resident_memory_bytes", "gauge", "Memory held.", used.resident_bytes),
        ("process_virtual_memory_bytes", "gauge", "Memory addressed.", used.virtual_bytes),
        ("process_open_fds", "gauge", "Open files.", used.open_fds),
        ("process_max_fds", "gauge", "Files that may be open.", used.max_fds),
    ];
    for (name, kind, help, value) in rows {
        if let Some(value) = value {
            page.single(name, kind, help, value);
        }
    }
}

fn route_labels(verb: Verb, endpoint: Endpoint) -> String {
    format!("method=\"{}\",endpoint=\"{}\"", verb.name(), endpoint.name())
}

/// A page of metrics being written. Writing to a `String` cannot fail.
struct Page {
    text: String,
}

impl Page {
    /// Heads a metric and all its series.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = if labels.is_empty() {
            writeln!(self.text, "{name} {value}")
        } else {
            writeln!(self.text, "{name}{{{labels}}} {value}")
        };
    }

    /// A metric of one series without labels.
    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    fn histogram(&mut self, name: &str, labels: &str, totals: &HistogramTotals) {
        let comma = if labels.is_empty() { "" } else { "," };
        let bounds = BUCKETS.iter().map(|&(bound, _)| bound).chain(["+Inf"]);
        let mut below = 0;
        for (bound, count) in bounds.zip(totals.buckets) {
            below += count;
            self.sample(&format!("{name}_bucket"), &format!("{labels}{comma}le=\"{bound}\""), below);
        }
        self.sample(&format!("{name}_sum"), labels, totals.seconds());
        self.sample(&format!("{name}_count"), labels, below);
    }
}
