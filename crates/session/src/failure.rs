//! A failure is why a run was no success, and the exit code that says so; the numbers are k6's.

use std::time::Duration;

pub use flashcrowd_record::exit_code;
use flashcrowd_record::{Cause, VerdictReason};

/// Why a run was no success.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// These metrics' thresholds were crossed.
    #[error("thresholds on metrics '{}' have been crossed", .0.join(", "))]
    Thresholds(Vec<String>),
    /// The same, and one of them ended the test.
    #[error("thresholds on metrics '{}' have been crossed, and abortOnFail ended the test early", .0.join(", "))]
    ThresholdsAborted(Vec<String>),
    /// These expectations were not met.
    #[error("expectations '{}' were not met", .0.join(", "))]
    Expectations(Vec<String>),
    /// The load that was searched for was not found, or is too small.
    #[error("{0}")]
    Load(String),
    /// The verdict is fail for another reason.
    #[error("{}", sentence(&.0.text))]
    Verdict(Box<VerdictReason>),
    /// `setup()` took longer than this.
    #[error("setup() took longer than {0:?}: raise setupTimeout, or let it do less")]
    SetupTimeout(Duration),
    /// `teardown()` took longer than this.
    #[error("teardown() took longer than {0:?}: raise teardownTimeout, or let it do less")]
    TeardownTimeout(Duration),
    /// SIGINT or SIGTERM.
    #[error("the run was ended by a signal")]
    Signal,
    /// Somebody stopped it from outside.
    #[error("the run was stopped on its page or by its REST API")]
    Stopped,
    /// What the script threw.
    #[error("{0}")]
    Script(String),
    /// The message of `test.abort()`.
    #[error("test aborted{}", after_colon(.0))]
    Aborted(String),
    /// The message of `test.fail()`.
    #[error("test marked as failed{}", after_colon(.0))]
    Failed(String),
    /// What was asked for besides could not be written.
    #[error("{0}")]
    Incomplete(String),
    /// What should have been judged was not.
    #[error("the run was not judged, since its record could not be kept to the end")]
    NotJudged,
    /// The record that was asked for is not whole.
    #[error("the record could not be kept to the end")]
    NotKept,
}

impl Failure {
    /// What it is in the table of causes; none where nothing was judged.
    pub fn cause(&self) -> Option<Cause> {
        Some(match self {
            Self::Thresholds(_) | Self::ThresholdsAborted(_) => Cause::ThresholdCrossed,
            Self::Expectations(_) | Self::Load(_) => Cause::ExpectationMissed,
            Self::Verdict(reason) => reason.cause,
            Self::SetupTimeout(_) => Cause::SetupTimeout,
            Self::TeardownTimeout(_) => Cause::TeardownTimeout,
            Self::Signal => Cause::Interrupted,
            Self::Stopped => Cause::Stopped,
            Self::Script(_) => Cause::ScriptFailed,
            Self::Aborted(_) => Cause::TestAborted,
            Self::Failed(_) => Cause::MarkedFailed,
            Self::Incomplete(_) => Cause::Incomplete,
            Self::NotJudged | Self::NotKept => return None,
        })
    }

    /// The exit code of the run.
    pub fn code(&self) -> u8 {
        self.cause().map_or(exit_code::OTHER, Cause::exit_code)
    }
}

/// A sentence as an error: in lower case, without a full stop.
fn sentence(text: &str) -> String {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn after_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_the_documented_code() {
        let second = Duration::from_secs(1);
        for (failure, code, message) in [
            (
                Failure::Thresholds(vec!["a".into(), "b".into()]),
                99,
                "thresholds on metrics 'a, b' have been crossed",
            ),
            (Failure::Expectations(vec!["tps".into()]), 99, "expectations 'tps' were not met"),
            (Failure::Load("no load".into()), 99, "no load"),
            (
                Failure::SetupTimeout(second),
                100,
                "setup() took longer than 1s: raise setupTimeout, or let it do less",
            ),
            (
                Failure::TeardownTimeout(second),
                101,
                "teardown() took longer than 1s: raise teardownTimeout, or let it do less",
            ),
            (Failure::Signal, 105, "the run was ended by a signal"),
            (Failure::Stopped, 103, "the run was stopped on its page or by its REST API"),
            (Failure::Script("Error: no".into()), 107, "Error: no"),
            (Failure::Aborted("enough".into()), 108, "test aborted: enough"),
            (Failure::Aborted(String::new()), 108, "test aborted"),
            (Failure::Failed(String::new()), 110, "test marked as failed"),
            (Failure::Incomplete("no space".into()), 255, "no space"),
            (
                Failure::NotJudged,
                255,
                "the run was not judged, since its record could not be kept to the end",
            ),
        ] {
            assert_eq!((failure.code(), failure.to_string().as_str()), (code, message));
        }
    }
}
