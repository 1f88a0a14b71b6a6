//! An expectation is one promise about a run, such as `response_time_p99: < 500ms`.

use flashcrowd_text::Lang;

use super::case::Case;
use super::observation::Looked;
use super::promise::Promise;
use super::table::TABLE;
use super::target::Form;
use super::text::Said;

/// One promise about a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What is judged, as written.
    pub name: String,
    /// What it has to be, as written.
    pub target: String,
}

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

/// Why an expectation is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectationError {
    /// Nothing of that name can be expected.
    #[error("{0}")]
    Name(String),
    /// The target cannot be understood.
    #[error("{0}")]
    Target(String),
}

impl Expectation {
    /// Every kind of expectation.
    pub fn table() -> &'static [ExpectationKind] {
        TABLE
    }

    /// Reads an expectation: its name, and its target such as `< 500ms`, `0%`, `true`.
    ///
    /// A name can be followed by what it is about: `response_time_p99{POST /purchase/1}` is that of one request, by
    /// the name it is counted under, `tps[step 2]` that of one step, and both can be combined in this order.
    pub fn parse(name: &str, target: &str) -> Result<Self, ExpectationError> {
        Promise::read(name, target)?;
        Ok(Self { name: name.to_owned(), target: target.to_owned() })
    }
}
