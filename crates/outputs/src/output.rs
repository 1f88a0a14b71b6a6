//! An output is an observer with a beginning and an end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use flashcrowd_engine::Observer;
use flashcrowd_metrics::Registry;

/// Streams a run to another program.
pub trait Output: Observer {
    /// Writes what is left; the stream is complete when this succeeds. It ends without success once `gives_up` says so,
    /// which it asks several times a second.
    fn finish(self: Box<Self>, gives_up: &dyn Fn() -> bool) -> Result<(), OutputError>;

    /// The output as an observer.
    fn observer(&mut self) -> &mut dyn Observer;
}

/// What an output has to know of the run before it begins.
#[derive(Clone, Debug)]
pub struct OutputContext {
    /// All metrics.
    pub registry: Registry,
    /// The thresholds as written, with the metric or sub-metric that each is about.
    pub thresholds: Vec<(String, String)>,
    /// The names of the tags that samples carry without being asked.
    pub system_tags: Vec<String>,
    /// The variables of the environment, for an output's own.
    pub variables: BTreeMap<String, String>,
    /// The wall clock.
    pub now: fn() -> SystemTime,
    /// What takes the secrets out of a name or the value of a tag.
    pub hide: Hide,
}

/// A text without its secrets, or nothing where it has none.
pub type Hiding = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What takes secrets out of a text: the text without them, or nothing where there are none.
#[derive(Clone)]
pub struct Hide(pub Arc<Hiding>);

impl fmt::Debug for Hide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hide").finish_non_exhaustive()
    }
}

/// Why an output cannot be opened, or is not complete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {spec}: {problem}")]
pub struct OutputError {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// The output, as it was asked for.
    pub spec: String,
    /// What is wrong.
    pub problem: String,
}

impl OutputError {
    /// An error of the output that was asked for in these words.
    pub fn new(spec: &str, problem: impl fmt::Display) -> Self {
        Self::of("--out", spec, problem)
    }

    /// An error of an output that another flag asked for.
    pub fn of(flag: &'static str, spec: &str, problem: impl fmt::Display) -> Self {
        Self { flag, spec: spec.to_owned(), problem: problem.to_string() }
    }
}

/// Opens an output: gets what stands behind the `=`, and the run's context.
pub type OpenOutput =
    fn(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError>;

/// One kind of output.
pub struct OutputKind {
    /// Its name in front of the `=`.
    pub name: &'static str,
    /// Older names for it.
    pub also: &'static [&'static str],
    /// What it writes, in a line.
    pub help: &'static str,
    /// How it is asked for.
    pub example: &'static str,
    /// Whether it must be said where to.
    pub needs_argument: bool,
    /// Opens it.
    pub open: OpenOutput,
}

impl fmt::Debug for OutputKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputKind").field("name", &self.name).finish_non_exhaustive()
    }
}
