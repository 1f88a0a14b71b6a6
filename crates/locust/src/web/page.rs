//! The page itself: a form that starts tests, how the run stands, its charts and tables. What changes is filled in by `page.js`.

use std::path::Path;

use maud::{DOCTYPE, Markup, html};

use crate::child::{Hello, OwnOption};
use crate::play::Books;
use crate::stats::charts as drawn;

pub(super) const SCRIPT: &str = include_str!("../../assets/page.js");

/// The page, whose paths begin so.
pub(super) fn page(books: &Books, base: &str) -> String {
    let hello = &books.parts.hello;
    let title = title(hello);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · flashcrowd" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href={ (base) "/page.css" };
                script src={ (base) "/page.js" } defer {}
            }
            body data-base=(base) {
                main {
                    (head(&title))
                    (tiles())
                    (form(hello))
                    section { h2 { "Course" } div #charts .charts { (charts(books)) } }
                    (tables(hello))
                    (links(hello, base))
                }
            }
        }
    };
    page.into_string()
}

/// The names of the files.
pub(super) fn title(hello: &Hello) -> String {
    let names = hello.files.iter().filter_map(|path| Path::new(path).file_name());
    names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ")
}

/// The charts.
pub(super) fn charts(books: &Books) -> String {
    let history = books.history.borrow();
    drawn(history.points(), history.shares()).into_string()
}

fn head(title: &str) -> Markup {
    html! {
        div .top {
            div { p .kind { "flashcrowd locust" } h1 { (title) } }
            div .buttons {
                button #stop .end type="button" hidden { "Stop" }
                button #edit type="button" hidden { "Change users" }
                button #reset type="button" hidden { "Reset statistics" }
            }
        }
        p #banner .banner role="alert" hidden {}
    }
}

fn tiles() -> Markup {
    html! {
        dl .tiles {
            div .wide { dt { "State" } dd #state { "ready" } }
            div { dt { "Users" } dd #users { "0" } }
            div { dt { "Requests per second" } dd #rps { "0.0" } }
            div { dt { "Failures" } dd #failures { "0 %" } }
            div { dt #time-name { "Response time" } dd #time { "–" } }
        }
    }
}

fn form(hello: &Hello) -> Markup {
    let options = &hello.options;
    let shown = |value: Option<String>, other: &str| value.unwrap_or_else(|| other.to_owned());
    let users = shown(options.num_users.map(|users| users.to_string()), "1");
    let rate = shown(options.spawn_rate.map(|rate| rate.to_string()), "1");
    let time = shown(options.run_time.map(|time| format!("{time}s")), "");
    let own_host = hello.classes.iter().find_map(|class| class.3.clone());
    let host = shown(options.host.clone().or(own_host), "");
    html! {
        form #form hidden[options.autostart] {
            div .fields {
                @if let Some(shape) = &hello.shape {
                    p .note { "The shape " (shape) " says how many users there are, and when it ends." }
                }
                @if hello.shape.is_none() || hello.shape_uses_options {
                    (field("user_count", "Users", "how many there are at most", &users, "number"))
                    (field("spawn_rate", "Spawn rate", "how many start a second", &rate, "number"))
                    (field("run_time", "Run time", "such as 300s, 20m, 1h30m; until it is stopped if empty", &time, "text"))
                }
                div data-once { (field("host", "Host", "what is loaded", &host, "text")) }
            }
            @if options.class_picker { (picker(hello)) }
            @if !hello.own_options.is_empty() {
                fieldset data-once {
                    legend { "Options of the file" }
                    div .fields { @for one in &hello.own_options { (own(one)) } }
                }
            }
            button #start .main type="submit" { "Start" }
        }
    }
}

fn field(name: &str, label: &str, help: &str, value: &str, kind: &str) -> Markup {
    html! {
        label {
            (label) small { (help) }
            @if kind == "number" {
                input #(name) name=(name) type="number" min="0" step="any" required value=(value);
            } @else {
                input #(name) name=(name) type=(kind) value=(value) autocomplete="off" spellcheck="false";
            }
        }
    }
}

fn picker(hello: &Hello) -> Markup {
    html! {
        fieldset data-once {
            legend { "Classes of users" }
            div .fields {
                @for class in &hello.classes {
                    label .tick { input type="checkbox" name="user_classes" value=(class.0) checked; (class.0) }
                }
            }
        }
    }
}

fn own(option: &OwnOption) -> Markup {
    html! {
        @if option.is_flag {
            label .tick { input type="checkbox" name=(option.name) checked[option.value == "True"]; span { (option.name) small { (option.help) } } }
        } @else {
            label {
                (option.name) small { (option.help) }
                @if option.choices.is_empty() {
                    input name=(option.name) type=(if option.is_secret { "password" } else { "text" }) value=(option.value) autocomplete="off";
                } @else {
                    select name=(option.name) {
                        @for one in &option.choices { option value=(one) selected[*one == option.value] { (one) } }
                    }
                }
            }
        }
    }
}

fn tables(hello: &Hello) -> Markup {
    html! {
        section hidden {
            h2 { "Requests" }
            div .scroll { table #requests {
                thead { tr {
                    th .t { "Method" } th .t { "Name" } th { "Requests" } th { "Failures" } th { "Median (ms)" }
                    @for share in &hello.table_percentiles { th { ((share * 1e6).round() / 1e4) " % (ms)" } }
                    th { "Average (ms)" } th { "Min (ms)" } th { "Max (ms)" } th { "Size (bytes)" } th { "Requests/s" } th { "Failures/s" }
                } }
                tbody {}
            } }
        }
        section hidden {
            h2 { "Failures" }
            div .scroll { table #errors {
                thead { tr { th { "Count" } th .t { "Method" } th .t { "Name" } th .t { "Error" } } }
                tbody {}
            } }
        }
        section hidden {
            h2 { "Exceptions" }
            div .scroll { table #exceptions { thead { tr { th { "Count" } th .t { "Exception" } } } tbody {} } }
        }
    }
}

fn links(hello: &Hello, base: &str) -> Markup {
    let has_history = hello.options.csv_prefix.is_some() && hello.options.stats_history_enabled;
    html! {
        section {
            h2 { "Downloads" }
            p .links {
                a href={ (base) "/stats/requests/csv" } { "Requests (CSV)" }
                a href={ (base) "/stats/failures/csv" } { "Failures (CSV)" }
                a href={ (base) "/exceptions/csv" } { "Exceptions (CSV)" }
                @if has_history { a href={ (base) "/stats/requests_full_history/csv" } { "History (CSV)" } }
                a href={ (base) "/stats/report" } { "Report" }
            }
        }
    }
}
