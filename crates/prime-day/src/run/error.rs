//! Why Prime Day cannot be run.

use flashcrowd_dynamodb_shop::ServerError;
use flashcrowd_metrics::DefineError;
use flashcrowd_test::LoadError;
use thiserror::Error;

use crate::control::{Checked, ControlError};

/// Why Prime Day cannot be run.
#[derive(Debug, Error)]
pub enum PrimeDayError {
    /// The configuration is wrong: all problems, each with its remedy.
    #[error("{}", .0.join("; "))]
    Config(Vec<String>),
    /// The tables are not as their layout says.
    #[error("the tables do not match --tables: {}", mismatches(.0).join("; "))]
    Layout(Checked),
    /// The tables cannot be read or changed.
    #[error(transparent)]
    Tables(ControlError),
    /// The practice DynamoDB cannot be started.
    #[error(transparent)]
    Practice(ServerError),
    /// The test cannot be put together.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A metric exists already, as another kind.
    #[error(transparent)]
    Metric(#[from] DefineError),
}

/// What does not match, each in a few words.
fn mismatches(checked: &Checked) -> Vec<String> {
    let wrong = checked.lines.iter().filter(|line| !line.matches);
    wrong.map(|line| format!("{} {}: {}", line.what, line.name, line.found)).collect()
}

impl From<ControlError> for PrimeDayError {
    /// Wrong tables are wrong options; what the service refuses is not.
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Missing(_) | ControlError::Foreign(_) | ControlError::Unfit(_) => {
                Self::Config(vec![error.to_string()])
            }
            other => Self::Tables(other),
        }
    }
}

impl From<ServerError> for PrimeDayError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Config { problems } => Self::Config(problems),
            other => Self::Practice(other),
        }
    }
}
