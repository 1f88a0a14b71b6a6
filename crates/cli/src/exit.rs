//! An exit code is what the shell or the build server learns of a run; the numbers are k6's.

use std::fmt;
use std::time::Duration;

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

/// Why a command did not end well.
#[derive(Debug)]
pub enum Failure {
    /// These metrics' thresholds were crossed.
    Thresholds(Vec<String>),
    /// These expectations were not met.
    Expectations(Vec<String>),
    /// These numbers of two records became worse.
    Regression(Vec<String>),
    /// `setup()` took longer than this.
    SetupTimeout(Duration),
    /// `teardown()` took longer than this.
    TeardownTimeout(Duration),
    /// What is wrong with the options, one line each.
    Config(Vec<String>),
    /// SIGINT or SIGTERM.
    Signal,
    /// What the script threw.
    Script(String),
    /// The message of `test.abort()`.
    Aborted(String),
    /// The message of `test.fail()`.
    Failed(String),
    /// A panic, which has told its message itself.
    Panic,
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// The exit code; the one place that decides it.
    pub fn code(&self) -> u8 {
        match self {
            Self::Thresholds(_) | Self::Expectations(_) | Self::Regression(_) => THRESHOLDS,
            Self::SetupTimeout(_) => SETUP_TIMEOUT,
            Self::TeardownTimeout(_) => TEARDOWN_TIMEOUT,
            Self::Config(_) => CONFIG,
            Self::Signal => SIGNAL,
            Self::Script(_) => SCRIPT,
            Self::Aborted(_) => ABORTED,
            Self::Panic => PANIC,
            Self::Failed(_) => FAILED,
            Self::Other(_) => OTHER,
        }
    }

    /// What is logged of it, one message each.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Config(problems) => problems.clone(),
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thresholds(names) => {
                write!(f, "thresholds on metrics '{}' have been crossed", names.join(", "))
            }
            Self::Expectations(names) => write!(f, "expectations '{}' were not met", names.join(", ")),
            Self::Regression(names) => write!(f, "worse by more than noise: {}", names.join(", ")),
            Self::SetupTimeout(after) => {
                write!(f, "setup() took longer than {after:?}: raise setupTimeout, or let it do less")
            }
            Self::TeardownTimeout(after) => {
                write!(f, "teardown() took longer than {after:?}: raise teardownTimeout, or let it do less")
            }
            Self::Config(problems) => f.write_str(&problems.join("; ")),
            Self::Signal => f.write_str("the run was ended by a signal"),
            Self::Script(error) => f.write_str(error),
            Self::Aborted(message) if message.is_empty() => f.write_str("test aborted"),
            Self::Aborted(message) => write!(f, "test aborted: {message}"),
            Self::Failed(message) if message.is_empty() => f.write_str("test marked as failed"),
            Self::Failed(message) => write!(f, "test marked as failed: {message}"),
            Self::Panic => f.write_str("this is a bug of flashcrowd: please report it"),
            Self::Other(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
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
            (Failure::Regression(vec!["p95".into()]), 99, "worse by more than noise: p95"),
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
            (Failure::Config(vec!["x".into(), "y".into()]), 104, "x; y"),
            (Failure::Signal, 105, "the run was ended by a signal"),
            (Failure::Script("Error: no".into()), 107, "Error: no"),
            (Failure::Aborted("enough".into()), 108, "test aborted: enough"),
            (Failure::Panic, 109, "this is a bug of flashcrowd: please report it"),
            (Failure::Failed(String::new()), 110, "test marked as failed"),
            (Failure::Other(anyhow::anyhow!("inner").context("outer")), 255, "outer: inner"),
        ] {
            assert_eq!((failure.code(), failure.to_string().as_str()), (code, message));
        }
        assert_eq!(Failure::Config(vec!["x".into(), "y".into()]).messages(), ["x", "y"]);
    }
}
