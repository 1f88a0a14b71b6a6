//! A log takes what a test and the program say while the test is loaded and runs.

use std::fmt;
use std::path::Path;

use flashcrowd_record::Secrets;

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only with `--verbose`.
    Debug,
    /// For the user to know.
    Info,
    /// Something the user should look at.
    Warn,
    /// Something failed.
    Error,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `console.*` of a script.
    Console,
    /// An exception of a script.
    StackTrace,
    /// The program itself.
    Engine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Console => "console",
            Source::StackTrace => "stacktrace",
            Source::Engine => "engine",
        })
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// How important it is.
    pub level: Level,
    /// Where it comes from.
    pub source: Source,
    /// The text, which may have several lines.
    pub text: &'a str,
    /// The scenario that was running, if any.
    pub scenario: Option<&'a str>,
}

/// Takes messages from all threads.
pub trait Log: Send + Sync {
    /// Takes one message.
    fn log(&self, message: &Message<'_>);

    /// What the log hides, and everybody else who writes; whoever learns a secret notes it here.
    fn secrets(&self) -> Secrets {
        Secrets::default()
    }

    /// From now on the messages of scripts' consoles go to the end of a file, where the log knows how.
    fn console_to(&self, _file: &Path) -> std::io::Result<()> {
        Ok(())
    }
}

/// Nobody listens.
impl Log for () {
    fn log(&self, _: &Message<'_>) {}
}
