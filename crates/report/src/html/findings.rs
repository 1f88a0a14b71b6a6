//! The findings: what was noticed without being asked, with its evidence; and what can be done, in order.

use flashcrowd_diagnosis::finding_text;
use flashcrowd_record::Severity;
use flashcrowd_text::{Lang, messages};
use maud::{Markup, html};

use super::icon;
use crate::model::Report;
use crate::{analysis, words};

messages! {
    fn none() {
        en: "Nothing else was found.",
        ko: "그 밖에 특이 사항은 없습니다.",
    }
}

/// Whether there is something to be told before all figures.
pub(crate) fn are_there(report: &Report) -> bool {
    !report.judgement.findings.is_empty()
}

/// Findings and recommendations.
pub(crate) fn findings(report: &Report, lang: Lang) -> Markup {
    let all = &report.judgement.findings;
    let remedies = analysis::remedies(lang, report);
    html! {
        section aria-labelledby="findings" {
            h2 #findings { (words::findings_heading(lang)) }
            @if all.is_empty() { p { (none(lang)) } }
            @for found in all {
                @let text = finding_text(lang, found);
                article class={ "finding " (class(found.severity)) } {
                    h3 { (icon::severity(lang, found.severity)) " " (text.title) }
                    p { (text.evidence) }
                    @if !text.remedies.is_empty() {
                        ul { @for remedy in &text.remedies { li { (remedy) } } }
                    }
                }
            }
        }
        section aria-labelledby="recommendations" {
            h2 #recommendations { (words::recommendations_heading(lang)) }
            @if remedies.is_empty() {
                p { (words::no_recommendation(lang)) }
            } @else {
                ol .remedies { @for remedy in remedies { li { (remedy) } } }
            }
        }
    }
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "is-none",
        Severity::Warning => "is-warn",
        Severity::Critical => "is-fail",
    }
}
