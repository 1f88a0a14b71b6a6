//! Series of the target that were asked for are charted in the report and on the live page, whatever else there is.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Browser, Look, Served};
use crate::records::printed;
use crate::run::{Run, Signal};
use crate::target::{Target, answer};

/// A target with a stock, which is the last of more series than are kept, and falls below zero.
fn inventory() -> Target {
    let stock = AtomicI64::new(3);
    Target::answering(move |request| {
        if request.path() != "/metrics" {
            return answer(200, &[], "ok");
        }
        let mut page = String::from("# TYPE a gauge\n");
        (0..250).for_each(|at| writeln!(page, "a{at} 1").unwrap());
        let left = stock.fetch_sub(2, Ordering::SeqCst);
        (0..30).for_each(|item| writeln!(page, "inventory_stock_current{{item=\"{item}\"}} {left}").unwrap());
        answer(200, &[("Content-Type", "text/plain")], page)
    })
}

fn plan(target: &Target, charts: &str) -> String {
    let url = target.url();
    format!(
        "host: {url}\nrequests: [GET /]\nsteps: [{{users: 1, duration: 4s}}]\nwait: 20ms\ntarget: {{charts: {charts}}}\n"
    )
}

#[test]
fn what_a_plan_and_a_flag_ask_for_is_in_the_report() {
    let target = inventory();
    let plan = plan(&target, "[inventory_stock_current, inventory_stok_current]");
    let outcome = Run::of("run plan.yaml -q --record r --chart a7").file("plan.yaml", plan).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let near = "did you mean 'inventory_stock_current'?";
    assert!(
        outcome.stderr.contains("'inventory_stok_current'") && outcome.stderr.contains(near),
        "{outcome:?}"
    );
    assert_eq!(outcome.stderr.matches("cannot be charted").count(), 1, "{outcome:?}");
    let page = printed("report", &outcome.path("r"), "--format html");
    for title in ["<h3>inventory_stock_current ", "<h3>a7 "] {
        assert!(page.contains(title), "{title}");
    }
    assert!(
        page.contains("the nearest that was seen is inventory_stock_current."),
        "what was never seen is said"
    );
    assert!(page.contains(",-150"), "the sum of all items");
}

#[test]
fn what_is_asked_for_is_on_the_live_page() {
    let Some(mut browser) = Browser::get(Look { width: 1280, scheme: "light" }) else { return };
    let target = inventory();
    let run = Run::of("run plan.yaml --no-record --web=127.0.0.1:0 --linger --chart heap")
        .file("plan.yaml", plan(&target, "inventory_stock_current").replace("4s", "60s"));
    let run = Served::of(run, "page");
    browser.open(&format!("http://{}/", run.address));
    browser.wait("document.querySelector('#target figure h3')?.textContent === 'inventory_stock_current'");
    browser.wait(
        "document.querySelector('#target .note')?.textContent === 'No source has reported heap so far.'",
    );
    browser.wait("Number(document.querySelector('#target figure b').textContent.replace('−', '-')) < 0");
    assert_eq!(browser.complaints, Vec::<String>::new());
    run.started.signal(Signal::INT);
    run.started.signal(Signal::INT);
    run.started.end();
}

#[test]
fn a_chart_without_a_source_is_said_and_ends_nothing() {
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let script = format!("import http from 'k6/http'; export default () => http.get('{}');", target.url());
    let outcome = Run::new().script(&script).args("-q --chart stock").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stderr.contains("stock: the target reports nothing: name a source by --observe"),
        "{outcome:?}"
    );
}
