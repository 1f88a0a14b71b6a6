//! The answer of a duet, or why there is none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of a duet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuetAnswer {
    /// B is slower by more than the margin, or one of its requests is.
    Slower,
    /// B fails more often.
    FailsMore,
    /// B is faster by more than the margin.
    Faster,
    /// A fails more often.
    FailsLess,
    /// There is no difference larger than the margin.
    NoDifference,
    /// It cannot be told.
    #[default]
    Unknown,
}

/// Why a duet has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuetObstacle {
    /// Time was up, or the test was over.
    TooShort,
    /// Nothing was compared.
    NoPairs,
    /// Most requests went neither to A nor to B.
    Elsewhere,
    /// A did not work.
    AFails,
    /// Neither of both worked.
    BothFail,
    /// Most pairs failed on one side at least, so that there are few times to compare.
    MostlyFailed,
    /// The two sides did not make the same requests.
    NotTheSame,
}
