//! A logger writes log lines, from any thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use anyhow::Context;
use flashcrowd_record::Secrets;

use super::format::{Format, Level, Line};
use super::settings::{Output, Settings};
use crate::screen::{Console, Stream};

/// Writes log lines; clones share the destination.
#[derive(Clone, Debug)]
pub struct Logger {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    level: Level,
    format: Format,
    started: SystemTime,
    secrets: Secrets,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Console(Arc<Console>, Stream),
    File(Mutex<LogFile>),
    Both(Logger, Logger),
    None,
}

#[derive(Debug)]
struct LogFile {
    file: File,
    /// Why lines are missing.
    lost: Option<io::Error>,
}

impl Logger {
    /// Opens the log; only opening a file can fail.
    pub fn open(settings: &Settings, console: &Arc<Console>) -> anyhow::Result<Self> {
        let target = match &settings.output {
            Output::Stderr => Target::Console(Arc::clone(console), Stream::Err),
            Output::Stdout => Target::Console(Arc::clone(console), Stream::Out),
            Output::None => Target::None,
            Output::File(path) => {
                file(path).with_context(|| format!("cannot write the log to {}", path.display()))?
            }
        };
        let (level, format) = (settings.level, settings.format);
        let (started, secrets) = (flashcrowd_session::now(), Secrets::default());
        Ok(Self { inner: Arc::new(Inner { level, format, started, secrets, target }) })
    }

    /// A logger with the same settings that appends to a file.
    pub fn to_file(&self, path: &Path) -> io::Result<Self> {
        let target = file(path)?;
        Ok(self.over(target))
    }

    /// What is not shown.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// A logger that says nothing, and knows the same secrets.
    pub fn silent(&self) -> Self {
        self.over(Target::None)
    }

    /// A logger that also appends to a file.
    pub fn and_file(&self, path: &Path) -> anyhow::Result<Self> {
        let file = self.to_file(path);
        let file = file.with_context(|| format!("cannot write the log to {}", path.display()))?;
        let target = Target::Both(self.clone(), file);
        Ok(self.over(target))
    }

    /// The same logger with another destination.
    fn over(&self, target: Target) -> Self {
        let Inner { level, format, started, .. } = *self.inner;
        let secrets = self.inner.secrets.clone();
        Self { inner: Arc::new(Inner { level, format, started, secrets, target }) }
    }

    /// Writes one line, if its level is enabled.
    pub fn say(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        if level < self.inner.level {
            return;
        }
        let time = flashcrowd_session::now();
        let elapsed = time.duration_since(self.inner.started).unwrap_or_default();
        let secrets = &self.inner.secrets;
        let shown: Vec<_> = fields.iter().map(|(name, value)| (*name, secrets.hide(value))).collect();
        let fields: Vec<_> = shown.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        let message = secrets.hide(message);
        self.write(&Line { time, elapsed, level, message: &message, fields: &fields });
    }

    /// Logs something that is useful only for finding faults.
    pub fn debug(&self, message: &str) {
        self.say(Level::Debug, message, &[]);
    }

    /// Logs something that may distort the result.
    pub fn warn(&self, message: &str) {
        self.say(Level::Warning, message, &[]);
    }

    /// Logs a failure.
    pub fn error(&self, message: &str) {
        self.say(Level::Error, message, &[]);
    }

    /// Why lines are missing in a log file; asked once.
    pub fn lost(&self) -> Option<io::Error> {
        match &self.inner.target {
            Target::File(file) => file.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).lost.take(),
            Target::Both(one, other) => one.lost().or_else(|| other.lost()),
            Target::Console(..) | Target::None => None,
        }
    }

    fn write(&self, line: &Line<'_>) {
        match &self.inner.target {
            Target::Console(console, stream) => {
                console.write(*stream, &(self.text(line, Some((console, *stream))) + "\n"));
            }
            Target::File(file) => {
                let text = self.text(line, None) + "\n";
                let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                // A full disk must not end the test.
                if let Err(error) = file.file.write_all(text.as_bytes()) {
                    file.lost.get_or_insert(error);
                }
            }
            Target::Both(one, other) => [one, other].iter().for_each(|logger| logger.write(line)),
            Target::None => {}
        }
    }

    fn text(&self, line: &Line<'_>, console: Option<(&Arc<Console>, Stream)>) -> String {
        match self.inner.format {
            Format::Json => line.json(),
            Format::Raw => line.message.to_owned(),
            Format::Text => match console {
                Some((console, stream)) if console.is_terminal(stream) => {
                    line.terminal(console.color(stream))
                }
                _ => line.logfmt(),
            },
        }
    }
}

fn file(path: &Path) -> io::Result<Target> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(|file| Target::File(Mutex::new(LogFile { file, lost: None })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::tests::console;

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let (console, _, err) = console(false, false);
        let settings = Settings { format: Format::Raw, ..Settings::default() };
        let logger = Logger::open(&settings, &Arc::new(console)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| logger.say(Level::Info, "whole", &[])));
            }
        });
        logger.debug("not this");
        assert_eq!(err.text(), "whole\n".repeat(200));
    }

    #[test]
    fn a_file_is_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let (console, _, err) = console(true, true);
        let console = Arc::new(console);
        let settings = Settings { output: Output::File(path.clone()), ..Settings::default() };
        for _ in 0..2 {
            Logger::open(&settings, &console).unwrap().say(Level::Error, "no", &[("source", "console")]);
        }
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.ends_with("level=error msg=no source=console")), "{text}");
        assert_eq!(err.text(), "");
        let nowhere = Settings { output: Output::File(folder.path().join("a/b")), ..Settings::default() };
        assert!(
            Logger::open(&nowhere, &console).unwrap_err().to_string().starts_with("cannot write the log to")
        );
    }
}
