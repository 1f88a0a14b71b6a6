//! What a search for the largest load found, with all that was tried.

use flashcrowd_text::Lang;
use maud::{Markup, html};

use super::table::{Head, Row, Table};
use crate::model::Report;
use crate::sections::found::{by_load, heading, heads, row, sentences};

/// The section; none of a run that did not search.
pub(crate) fn search(report: &Report, lang: Lang) -> Option<Markup> {
    let search = report.results.search.as_ref()?;
    let mut told = sentences(lang, search).into_iter();
    let answer = told.next();
    let head = |(at, text): (usize, String)| if at == 1 { Head::words(text) } else { Head::number(text) };
    let table = Table {
        caption: heading(lang),
        heads: heads(lang, search).into_iter().enumerate().map(head).collect(),
        rows: by_load(search).into_iter().map(|trial| Row::of(row(lang, search, trial))).collect(),
    };
    Some(html! {
        section aria-labelledby="search" {
            h2 #search { (heading(lang)) }
            @if let Some(answer) = answer { p { strong { (answer) } } }
            @for sentence in told { p { (sentence) } }
            @if !search.trials.is_empty() { (table.render()) }
        }
    })
}
