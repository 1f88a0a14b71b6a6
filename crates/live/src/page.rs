//! The page itself: what stands on it before the first second. `live.js` fills it.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, html};

/// The looks of all pages, and what this one has besides.
pub(crate) static STYLE: LazyLock<String> =
    LazyLock::new(|| format!("{}\n{}", flashcrowd_web::STYLE, include_str!("../assets/live.css")));

pub(crate) const SCRIPT: &str = include_str!("../assets/live.js");

/// The page.
pub(crate) fn page() -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "flashcrowd" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/page.css";
                script src="/live.js" defer {}
            }
            body {
                main {
                    div .top {
                        div { p .kind { "flashcrowd run" } h1 #name { "…" } p #about .note {} }
                        (controls())
                    }
                    p #banner .banner role="alert" hidden {}
                    (progress())
                    (tiles())
                    section { h2 { "Course" } div #charts .charts {} }
                    (table("Scenarios", "scenarios", &["Scenario", "Progress", "VUs", "Rate", "Iterations", "Failed", "Dropped"], 1))
                    (table("Thresholds", "thresholds", &["Metric", "Threshold", "Now", "Value"], 3))
                    (table("Requests", "requests", &["Method", "Name", "Count", "Failed", "avg", "p50", "p95", "p99", "max"], 2))
                    (table("Errors", "errors", &["Method", "Name", "What came back", "Count"], 3))
                    (table("Checks", "checks", &["Check", "Passed", "Failed"], 1))
                    (target())
                }
            }
        }
    };
    page.into_string()
}

fn controls() -> Markup {
    html! {
        div .buttons {
            form #scale hidden {
                label { "VUs" input #scale-vus type="number" min="0" step="1" required value="0"; }
                button type="submit" { "Scale" }
            }
            form #pace hidden {
                label { "Iterations/s" input #rate-value type="number" min="0" max="1000000" step="any" required value="0"; }
                button type="submit" { "Set" }
            }
            button #resume .main type="button" hidden { "Start" }
            button #pause type="button" hidden { "Pause" }
            button #stop .end type="button" hidden { "Stop" }
        }
    }
}

fn target() -> Markup {
    html! {
        section hidden {
            h2 { "Target" }
            div #target .charts .small {}
            details hidden {
                summary #resting-count {}
                div .scroll { table #resting { thead { tr { th .t { "Series" } th { "Value" } } } tbody {} } }
            }
        }
    }
}

fn progress() -> Markup {
    html! {
        div .progress {
            progress #progress max="1" value="0" aria-label="Time of the run" {}
            p #clock .note { "–" }
        }
    }
}

fn tiles() -> Markup {
    html! {
        dl .tiles {
            div .wide { dt { "State" } dd #state { "waiting" } }
            div { dt { "VUs" } dd #vus { "0" } }
            div { dt #rate-name { "Requests per second" } dd #rate { "–" } }
            div { dt { "Requests" } dd #count { "–" } }
            div { dt { "Failed" } dd #failed { "–" } }
            div { dt #times-name { "p95, so far" } dd #p95 { "–" } }
            div { dt { "p99, so far" } dd #p99 { "–" } }
        }
    }
}

/// A table without rows; the first columns are words.
fn table(title: &str, id: &str, columns: &[&str], words: usize) -> Markup {
    html! {
        section hidden {
            h2 { (title) }
            div .scroll { table id=(id) {
                thead { tr { @for (at, column) in columns.iter().enumerate() { th .t[at < words] { (column) } } } }
                tbody {}
            } }
        }
    }
}
