//! A kind of expectation is a row of the table: what it is called, and what judges it.

use flashcrowd_text::Lang;

use super::case::Case;
use super::terms::{Form, Looked};
use super::text::Said;

/// A row of the table of expectations.
#[derive(Clone, Copy, Debug)]
pub struct ExpectationKind {
    /// What plans call it; `response_time_p99` stands for all percentiles.
    pub name: &'static str,
    /// What it is, for people.
    pub doc: &'static str,
    /// A target that could be written.
    pub example: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    pub(crate) form: Form,
    /// Whether a bare value is a lower bound.
    pub(crate) more_is_better: bool,
    pub(crate) scopes: Scopes,
    /// What a run must have so that it can be measured.
    pub needs: Needs,
    pub(crate) look: fn(&Case<'_>) -> Looked,
    /// What it found, in a language; none where the words are not its own.
    pub(crate) text: fn(Lang, Said<'_>) -> Option<String>,
}

/// Of which parts of a run it can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scopes {
    /// The whole of it only.
    Run,
    /// One step, too.
    Steps,
    /// One request or one step, too.
    Requests,
}

/// What a run must have so that an expectation can be measured, beyond requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// Checks.
    Checks,
    /// Two steps, the second with more load.
    GrowingSteps,
    /// The target's own metrics.
    TargetMetrics,
    /// Stocks that are counted before and after.
    Audit,
    /// DynamoDB as the target.
    DynamoDb,
    /// Two variants.
    Duet,
}
