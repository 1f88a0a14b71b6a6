//! A failure is why a run was no success, and the exit code that says so; the numbers are k6's.

use std::time::Duration;

/// Exit codes of runs.
pub mod exit_code {
    /// Everything went well; failed checks and iterations that threw do not change that.
    pub const FINE: u8 = 0;
    /// A threshold was crossed, or an expectation was not met.
    pub const THRESHOLDS: u8 = 99;
    /// `setup()` took too long.
    pub const SETUP_TIMEOUT: u8 = 100;
    /// `teardown()` took too long.
    pub const TEARDOWN_TIMEOUT: u8 = 101;
    /// The options are wrong: nothing was run.
    pub const CONFIG: u8 = 104;
    /// SIGINT or SIGTERM ended the run.
    pub const SIGNAL: u8 = 105;
    /// The script threw before or after the iterations, or could not be loaded.
    pub const SCRIPT: u8 = 107;
    /// The script called `test.abort()`.
    pub const ABORTED: u8 = 108;
    /// A bug of flashcrowd.
    pub const PANIC: u8 = 109;
    /// The script called `test.fail()`.
    pub const FAILED: u8 = 110;
    /// Anything else, such as a file that cannot be read or an unknown flag.
    pub const OTHER: u8 = 255;
}

/// Why a run was no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// These metrics' thresholds were crossed.
    #[error("thresholds on metrics '{}' have been crossed", .0.join(", "))]
    Thresholds(Vec<String>),
    /// These expectations were not met.
    #[error("expectations '{}' were not met", .0.join(", "))]
    Expectations(Vec<String>),
    /// The load that was searched for was not found, or is too small.
    #[error("{0}")]
    Load(String),
    /// `setup()` took longer than this.
    #[error("setup() took longer than {0:?}: raise setupTimeout, or let it do less")]
    SetupTimeout(Duration),
    /// `teardown()` took longer than this.
    #[error("teardown() took longer than {0:?}: raise teardownTimeout, or let it do less")]
    TeardownTimeout(Duration),
    /// SIGINT or SIGTERM.
    #[error("the run was ended by a signal")]
    Signal,
    /// What the script threw.
    #[error("{0}")]
    Script(String),
    /// The message of `test.abort()`.
    #[error("test aborted{}", after_colon(.0))]
    Aborted(String),
    /// The message of `test.fail()`.
    #[error("test marked as failed{}", after_colon(.0))]
    Failed(String),
    /// What should have been judged was not.
    #[error("the run was not judged, since its record could not be kept to the end")]
    NotJudged,
}

impl Failure {
    /// The exit code; the one place that decides it for runs.
    pub fn code(&self) -> u8 {
        match self {
            Self::Thresholds(_) | Self::Expectations(_) | Self::Load(_) => exit_code::THRESHOLDS,
            Self::SetupTimeout(_) => exit_code::SETUP_TIMEOUT,
            Self::TeardownTimeout(_) => exit_code::TEARDOWN_TIMEOUT,
            Self::Signal => exit_code::SIGNAL,
            Self::Script(_) => exit_code::SCRIPT,
            Self::Aborted(_) => exit_code::ABORTED,
            Self::Failed(_) => exit_code::FAILED,
            Self::NotJudged => exit_code::OTHER,
        }
    }
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
            (Failure::Script("Error: no".into()), 107, "Error: no"),
            (Failure::Aborted("enough".into()), 108, "test aborted: enough"),
            (Failure::Aborted(String::new()), 108, "test aborted"),
            (Failure::Failed(String::new()), 110, "test marked as failed"),
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
