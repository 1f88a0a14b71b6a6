//! Settings say how a session runs its test, whatever the test is.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use flashcrowd_test::{Interrupt, Level, Log, Message, Source, TargetMetrics};

/// How a session runs its test.
#[derive(Clone)]
pub struct Settings {
    /// Worker threads; one a core where that was not said.
    pub workers: Option<NonZeroUsize>,
    /// Whether thresholds are left unjudged.
    pub no_thresholds: bool,
    /// Whether metrics are also split by group and by scenario, for the full summary.
    pub by_group_and_scenario: bool,
    /// Where the record is kept.
    pub record: RecordPlace,
    /// Whether the record of an earlier run in that folder is replaced.
    pub replaces_record: bool,
    /// Where the target reports its own metrics, over what the test says.
    pub target_metrics: Option<TargetMetrics>,
    /// The target's series that are charted, besides those that the test names.
    pub charts: Vec<String>,
    /// Whether a run ends early when nothing reaches its target.
    pub fail_fast: bool,
    /// Whether the target is in this process, so that nothing is known of the load generator alone.
    pub target_is_here: bool,
    /// The command line, for the record.
    pub args: Vec<String>,
    /// The variables that were given for this test, for the record.
    pub env: BTreeMap<String, String>,
    /// What asks the session to stop.
    pub interrupt: Interrupt,
    /// Where messages go.
    pub log: Arc<dyn Log>,
}

/// Where a record is kept. What is always judged is judged by its record, so it always has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordPlace {
    /// Nowhere, but for what is always judged: that has a new folder below `results`.
    #[default]
    None,
    /// The same, but that there is one for the time of the run in any case, since a report will be made of it.
    Report,
    /// In this folder.
    Folder(PathBuf),
    /// In a folder below this one, by the test's name.
    Below(PathBuf),
    /// In a folder that goes away with the run, if the test is always judged.
    Temporary,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: None,
            no_thresholds: false,
            by_group_and_scenario: false,
            record: RecordPlace::None,
            replaces_record: false,
            target_metrics: None,
            charts: Vec::new(),
            fail_fast: true,
            target_is_here: false,
            args: Vec::new(),
            env: BTreeMap::new(),
            interrupt: Interrupt::new(),
            log: Arc::new(()),
        }
    }
}

impl Settings {
    /// How many processors there are for the load: worker threads, or cores where these are fewer.
    pub(crate) fn processors(&self) -> usize {
        self.workers.map_or(cores(), |workers| workers.get().min(cores()))
    }

    /// How many worker threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.workers.map_or_else(cores, NonZeroUsize::get)
    }

    pub(crate) fn debug(&self, text: &str) {
        self.say(Level::Debug, text);
    }

    pub(crate) fn warn(&self, text: &str) {
        self.say(Level::Warn, text);
    }

    pub(crate) fn error(&self, text: &str) {
        self.say(Level::Error, text);
    }

    fn say(&self, level: Level, text: &str) {
        self.log.log(&Message { level, source: Source::Engine, text, scenario: None });
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
