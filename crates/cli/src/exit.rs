//! An exit code reports to the shell or the build server how a command ended; the numbers are k6's.

use std::fmt;

use flashcrowd_demo::SaleError;
use flashcrowd_prime_day::PrimeDayError;
use flashcrowd_prime_day::control::ControlError;
use flashcrowd_record::Verdict;
use flashcrowd_session::SessionError;
pub use flashcrowd_session::exit_code::*;
use flashcrowd_test::LoadError;

use crate::args::verdicts::verdict_word;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// A run failed.
    Run(flashcrowd_session::Failure),
    /// The verdict of a record is no success: which one it is, and what it has shown.
    Judged(Verdict, String),
    /// These got worse from one record to the next.
    Regression(Vec<String>),
    /// Whether one record is worse than the other cannot be told.
    NotJudged,
    /// A record is not what its run wrote, or its verdict does not follow from it, or nobody can tell.
    NotVerified,
    /// What went wrong where a script was checked.
    Check(String),
    /// Problems with the options, one line each.
    Config(Vec<String>),
    /// The REST API cannot be served where it was asked for.
    NoApi(String),
    /// A Locust file's own exit code, of which everything was said.
    Exit(u8),
    /// A panic, whose message is printed already.
    Panic,
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// A signal ended the command.
    pub const SIGNAL: Self = Self::Run(flashcrowd_session::Failure::Signal);

    /// The exit code; the one place that decides it for commands.
    pub fn code(&self) -> u8 {
        match self {
            Self::Run(failure) => failure.code(),
            Self::Judged(Verdict::NotMeasurable, _) => NOT_MEASURABLE,
            Self::Judged(..) | Self::Check(_) | Self::Regression(_) | Self::NotJudged | Self::NotVerified => {
                THRESHOLDS
            }
            Self::Config(_) => CONFIG,
            Self::NoApi(_) => NO_API,
            Self::Exit(code) => *code,
            Self::Panic => PANIC,
            Self::Other(_) => OTHER,
        }
    }

    /// Whether a signal ended the command.
    pub fn is_signal(&self) -> bool {
        matches!(self, Self::Run(flashcrowd_session::Failure::Signal))
    }

    /// The messages to log.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Config(problems) => problems.clone(),
            Self::Exit(_) => Vec::new(),
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(failure) => failure.fmt(f),
            Self::Judged(verdict, answer) => {
                write!(f, "the verdict is {}: {answer}", verdict_word(*verdict).to_lowercase())
            }
            Self::Regression(names) => write!(f, "got worse: {}", names.join(", ")),
            Self::NotJudged => f.write_str("not judged: whether anything got worse cannot be told"),
            Self::Check(what) | Self::NoApi(what) => f.write_str(what),
            Self::NotVerified => f.write_str("the record is not verified"),
            Self::Config(problems) => f.write_str(&problems.join("; ")),
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Panic => f.write_str("this is a bug of flashcrowd: please report it"),
            Self::Other(error) => f.write_str(&chain(error)),
        }
    }
}

/// An error with its causes, without those that its text names itself.
fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

impl From<flashcrowd_session::Failure> for Failure {
    fn from(failure: flashcrowd_session::Failure) -> Self {
        Self::Run(failure)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Problems(problems) => Self::Config(problems.iter().map(ToString::to_string).collect()),
            LoadError::Script(text) => Self::Run(flashcrowd_session::Failure::Script(text)),
            LoadError::Aborted(message) => Self::Run(flashcrowd_session::Failure::Aborted(message)),
            LoadError::Interrupted => Self::SIGNAL,
            LoadError::Other(text) => Self::Other(anyhow::Error::msg(text)),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Load(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}

impl From<PrimeDayError> for Failure {
    fn from(error: PrimeDayError) -> Self {
        match error {
            PrimeDayError::Config(problems) => Self::Config(problems),
            wrong @ PrimeDayError::Layout(_) => Self::Config(vec![wrong.to_string()]),
            PrimeDayError::Load(error) => error.into(),
            other => Self::Other(other.into()),
        }
    }
}

impl From<SaleError> for Failure {
    fn from(error: SaleError) -> Self {
        match error {
            SaleError::Load(error) => error.into(),
            SaleError::Run(failure) => failure.into(),
            other @ SaleError::Shop(_) => Self::Other(other.into()),
        }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        PrimeDayError::from(error).into()
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
        for (failure, code, message) in [
            (Failure::SIGNAL, 105, "the run was ended by a signal"),
            (Failure::Regression(vec!["p95".into()]), 99, "got worse: p95"),
            (Failure::NotJudged, 99, "not judged: whether anything got worse cannot be told"),
            (Failure::NotVerified, 99, "the record is not verified"),
            (Failure::Config(vec!["x".into(), "y".into()]), 104, "x; y"),
            (Failure::Panic, 109, "this is a bug of flashcrowd: please report it"),
            (Failure::Other(anyhow::anyhow!("inner").context("outer")), 255, "outer: inner"),
            (LoadError::Script("Error: no".into()).into(), 107, "Error: no"),
            (LoadError::Aborted("enough".into()).into(), 108, "test aborted: enough"),
            (LoadError::Interrupted.into(), 105, "the run was ended by a signal"),
            (LoadError::problem("vus: many").into(), 104, "vus: many"),
            (LoadError::Other("no such file".into()).into(), 255, "no such file"),
        ] {
            assert_eq!((failure.code(), failure.to_string().as_str()), (code, message));
        }
        assert_eq!(Failure::Config(vec!["x".into(), "y".into()]).messages(), ["x", "y"]);
    }
}
