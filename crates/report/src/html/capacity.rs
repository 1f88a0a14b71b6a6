//! The tables of DynamoDB's capacity: units by table, throttles by call and reason, times of attempts and calls; and the
//! table of a duet.

use flashcrowd_text::Lang;
use maud::{Markup, html};

use super::table::{Head, Row, Table};
use crate::capacity::{Sheet, heading, sheets};
use crate::model::Report;

/// The tables; none of a run that was not against DynamoDB.
pub(crate) fn capacity(report: &Report, lang: Lang) -> Option<Markup> {
    let sheets = sheets(lang, report);
    if sheets.is_empty() {
        return None;
    }
    Some(html! {
        section aria-labelledby="capacity" {
            h2 #capacity { (heading(lang)) }
            @for sheet in &sheets {
                h3 { (sheet.heading) }
                (table(sheet).render())
                @for note in &sheet.notes { p .note { (note) } }
            }
        }
    })
}

/// The table of a duet; none of other runs.
pub(crate) fn duet(report: &Report, lang: Lang) -> Option<Markup> {
    let sheet = crate::sections::duet::sheet(lang, report.results.duet.as_ref()?);
    Some(html! {
        section aria-labelledby="duet" {
            h2 #duet { (crate::sections::duet::heading(lang)) }
            h3 { (sheet.heading) }
            (table(&sheet).render())
            @for note in &sheet.notes { p .note { (note) } }
        }
    })
}

fn table(sheet: &Sheet) -> Table {
    let head = |(at, text): (usize, &String)| {
        if at < sheet.words { Head::words(text.as_str()) } else { Head::number(text.as_str()) }
    };
    Table {
        caption: sheet.heading.clone(),
        heads: sheet.heads.iter().enumerate().map(head).collect(),
        rows: sheet.rows.iter().map(|row| Row::of(row.iter().cloned())).collect(),
    }
}
