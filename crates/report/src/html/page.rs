//! The page: all parts of the report in their order, with style sheet, figures and script inside.

use flashcrowd_text::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::together::together;
use super::{
    capacity, charts, checks, findings, head, icon, island, notes, requests, search, setup, steps, summary,
};
use crate::chart::{self, Picture};
use crate::format::Format;
use crate::layout::Layout;
use crate::model::Report;

/// How the page looks.
const STYLE: &str = include_str!("style.css");
/// What shows values under the pointer.
const SCRIPT: &str = include_str!("script.js");
/// Nothing may be fetched, whatever is in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The row of the table of formats.
pub(crate) const FORMAT: Format =
    Format { names: &["html"], extensions: &["html", "htm"], report: render, comparison: None };

/// The whole document.
fn render(report: &Report, layout: Layout) -> String {
    let lang = layout.lang;
    let groups = charts::groups(report, lang);
    let pictures: Vec<&Picture> = groups.iter().flat_map(|group| &group.pictures).collect();
    let code = match lang {
        Lang::En => "en",
        Lang::Ko => "ko",
    };
    let page = html! {
        (DOCTYPE)
        html lang=(code) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (head::name(report)) " – " (head::kind(lang)) }
                style { (PreEscaped(STYLE)) (PreEscaped(chart::ink_rules())) }
            }
            body {
                (icon::shapes())
                main {
                    (head::head(report, lang))
                    @if let Some(found) = search::search(report, lang) { (found) }
                    @if findings::are_there(report) { (findings::findings(report, lang)) }
                    (summary::summary(report, lang))
                    @if let Some(table) = capacity::duet(report, lang) { (table) }
                    @if let Some(table) = requests::requests(report, lang) { (table) }
                    @if let Some(tables) = capacity::capacity(report, lang) { (tables) }
                    (drawn(&groups, lang))
                    @if let Some(table) = checks::checks(report, lang) { (table) }
                    @if let Some(steps) = steps::steps(report, lang) { (steps) }
                    @if !findings::are_there(report) { (findings::findings(report, lang)) }
                    (setup::setup(report, lang))
                    (notes::notes(report, lang))
                }
                script type="application/json" #figures { (PreEscaped(island::island(&pictures))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    together(&page.into_string())
}

/// All groups of charts, numbered through.
fn drawn(groups: &[charts::Group], lang: Lang) -> Markup {
    let firsts = groups.iter().scan(0, |next, group| {
        let first = *next;
        *next += group.pictures.len();
        Some(first)
    });
    html! { @for (group, first) in groups.iter().zip(firsts) { (charts::group(group, first, lang)) } }
}
