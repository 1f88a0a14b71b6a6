//! The file of a part has a line of JSON for its head, one for each second, and one for its end.

use std::time::Duration;

use flashcrowd_engine::{AbortReason, RunResult, RunStage, StageError};
use flashcrowd_metrics::{Contains, Kind, Registry};
use flashcrowd_record::RunInfo;
use flashcrowd_test::StageFailure;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::second::Second;

/// The version of this form.
pub(super) const VERSION: u32 = 1;

/// A line of the file of a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    Part(Box<Head>),
    Second(Box<Second>),
    End(Box<End>),
}

/// What was run, of which this is a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) version: u32,
    /// What the record of this part would say, without secrets.
    pub(super) run: RunInfo,
    pub(super) metrics: Vec<Defined>,
    /// The views that its rows are of, besides the usual ones.
    pub(super) views: Vec<String>,
    /// Whether rows are also split by group and by scenario.
    pub(super) by_group_and_scenario: bool,
}

/// A metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Defined {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) contains: Contains,
}

/// How a part ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) elapsed: Duration,
    pub(crate) load: Option<(Duration, Duration)>,
    pub(crate) abort: Option<AbortReason>,
    pub(crate) failure: Option<String>,
    pub(crate) lost_workers: u64,
    pub(crate) errors: Vec<Wrong>,
    pub(crate) setup_data: Option<Value>,
}

/// An error of initialization, setup or teardown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wrong {
    stage: Stage,
    kind: WrongKind,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Init,
    Setup,
    Teardown,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrongKind {
    Timeout(Duration),
    Interrupted,
    Other(String),
}

impl Head {
    pub(super) fn metrics_of(registry: &Registry) -> Vec<Defined> {
        let defined = registry.all().into_iter();
        defined
            .map(|one| Defined { name: one.name.to_string(), kind: one.kind, contains: one.contains })
            .collect()
    }
}

impl End {
    pub(crate) fn of(result: &RunResult, setup_data: Option<Value>) -> Self {
        Self {
            elapsed: result.elapsed,
            load: result.load.as_ref().map(|load| (load.start, load.end)),
            abort: result.abort.clone(),
            failure: result.failure.clone(),
            lost_workers: result.lost_workers,
            errors: result.errors.iter().map(Wrong::of).collect(),
            setup_data,
        }
    }
}

impl Wrong {
    fn of(error: &StageError) -> Self {
        Self {
            stage: match error.stage {
                RunStage::Init => Stage::Init,
                RunStage::Setup => Stage::Setup,
                RunStage::Teardown => Stage::Teardown,
            },
            kind: match error.source.downcast_ref() {
                Some(StageFailure::Timeout { after, .. }) => WrongKind::Timeout(*after),
                Some(StageFailure::Interrupted { .. }) => WrongKind::Interrupted,
                None => WrongKind::Other(error.source.to_string()),
            },
        }
    }

    pub(crate) fn error(self) -> StageError {
        let (stage, name) = match self.stage {
            Stage::Init => (RunStage::Init, "the script"),
            Stage::Setup => (RunStage::Setup, "setup"),
            Stage::Teardown => (RunStage::Teardown, "teardown"),
        };
        let source = match self.kind {
            WrongKind::Timeout(after) => StageFailure::Timeout { stage: name, after }.into(),
            WrongKind::Interrupted => StageFailure::Interrupted { stage: name }.into(),
            WrongKind::Other(text) => text.into(),
        };
        StageError { stage, source }
    }
}
