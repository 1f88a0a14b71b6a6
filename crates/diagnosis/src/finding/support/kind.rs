//! A kind of finding looks at a run for one thing, and knows what can be done about it.

use flashcrowd_record::Finding;
use flashcrowd_text::Lang;

use super::context::Context;

/// A row of the table of findings.
#[derive(Clone, Copy, Debug)]
pub struct FindingKind {
    /// Its name in `result.json`.
    pub id: &'static str,
    /// Looks for it; the steps and the breaking point are in the judgement already.
    pub(crate) look: fn(&Context<'_>) -> Option<Finding>,
    /// Puts it into words, out of its figures and labels.
    pub text: fn(Lang, &Finding) -> FindingText,
}

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingText {
    /// What it is, in a few words.
    pub title: String,
    /// What it was noticed by.
    pub evidence: String,
    /// What can be done, a sentence each, the most promising first.
    pub remedies: Vec<String>,
}
