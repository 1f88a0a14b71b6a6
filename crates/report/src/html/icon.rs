//! An icon is a mark that differs by shape and by colour, and always stands beside its word.

use flashcrowd_record::{Mark, Severity};
use flashcrowd_text::Lang;
use maud::{Markup, PreEscaped, html};

use crate::words;

/// The shapes, once a page; `use` elements refer to them.
pub(crate) fn shapes() -> Markup {
    html! {
        svg .shapes aria-hidden="true" width="0" height="0" {
            symbol id="mark-pass" viewBox="0 0 24 24" {
                circle cx="12" cy="12" r="11" fill="currentColor" {}
                (stroke("M6.8 12.4l3.5 3.5 6.9-7.4"))
            }
            symbol id="mark-warn" viewBox="0 0 24 24" {
                path d="M12 1.6 23.2 21.4a.8.8 0 0 1-.7 1.2H1.5a.8.8 0 0 1-.7-1.2z" fill="currentColor" {}
                (stroke("M12 8.8v6.4M12 18.6v.6"))
            }
            symbol id="mark-fail" viewBox="0 0 24 24" {
                path d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z" fill="currentColor" {}
                (stroke("M8 8l8 8M16 8l-8 8"))
            }
            symbol id="mark-none" viewBox="0 0 24 24" {
                circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" {}
                path d="M7.5 12h9" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" {}
            }
        }
    }
}

/// The shape of a mark.
pub(crate) fn shape(mark: Mark) -> Markup {
    let href = match mark {
        Mark::Pass => "#mark-pass",
        Mark::Warn => "#mark-warn",
        Mark::Fail => "#mark-fail",
        Mark::NotMeasured => "#mark-none",
    };
    html! { svg .icon aria-hidden="true" { use href=(href) {} } }
}

/// The class of a mark, for its colour.
pub(crate) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "is-pass",
        Mark::Warn => "is-warn",
        Mark::Fail => "is-fail",
        Mark::NotMeasured => "is-none",
    }
}

/// A mark with its word.
pub(crate) fn badge(lang: Lang, mark: Mark) -> Markup {
    html! { span class={ "mark " (class(mark)) } { (shape(mark)) (words::mark(lang, mark)) } }
}

/// How bad a finding is, with its word.
pub(crate) fn severity(lang: Lang, severity: Severity) -> Markup {
    let mark = match severity {
        Severity::Info => Mark::NotMeasured,
        Severity::Warning => Mark::Warn,
        Severity::Critical => Mark::Fail,
    };
    html! { span class={ "mark " (class(mark)) } { (shape(mark)) (words::severity(lang, severity)) } }
}

fn stroke(path: &str) -> PreEscaped<String> {
    PreEscaped(format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"var(--page)\" stroke-width=\"2.4\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\"></path>"
    ))
}
