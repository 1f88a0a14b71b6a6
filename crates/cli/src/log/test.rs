//! The log of a test: console output and exceptions become log lines with their source.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use flashcrowd_record::Secrets;
use flashcrowd_test::{Log, Message, Source};

use super::failures::{Failure, Failures};
use super::format::Level;
use super::logger::Logger;

/// The log of a test; its console can have its own file once the options are known.
#[derive(Debug)]
pub struct TestLog {
    log: Logger,
    console: OnceLock<Logger>,
    failures: Mutex<Failures>,
}

impl TestLog {
    /// Everything goes to this log.
    pub fn new(log: Logger) -> Self {
        Self { log, console: OnceLock::new(), failures: Mutex::default() }
    }

    /// Says how often failures happened that were not logged each. Called at the end of a run.
    pub fn end(&self) {
        let rest = self.failures.lock().unwrap_or_else(PoisonError::into_inner).rest();
        rest.iter().for_each(|failure| self.write_failure(failure));
    }

    /// Why lines of scripts' consoles are missing in a file of their own; asked once.
    pub fn lost(&self) -> Option<std::io::Error> {
        self.console.get().and_then(Logger::lost)
    }

    fn logger(&self, source: Source) -> &Logger {
        self.console.get().filter(|_| source == Source::Console).unwrap_or(&self.log)
    }

    fn write_failure(&self, failure: &Failure) {
        let Failure { level, source, text, scenario, count } = failure;
        let scenario = scenario.as_deref();
        let count = (*count > 1).then(|| count.to_string());
        self.write(&Message { level: *level, source: *source, text, scenario }, count.as_deref());
    }

    fn write(&self, message: &Message<'_>, count: Option<&str>) {
        let level = match message.level {
            flashcrowd_test::Level::Debug => Level::Debug,
            flashcrowd_test::Level::Info => Level::Info,
            flashcrowd_test::Level::Warn => Level::Warning,
            flashcrowd_test::Level::Error => Level::Error,
        };
        let source = message.source.to_string();
        let mut fields = Vec::new();
        fields.extend(message.scenario.map(|scenario| ("scenario", scenario)));
        if message.source != Source::Engine {
            fields.push(("source", source.as_str()));
        }
        fields.extend(count.map(|count| ("count", count)));
        self.logger(message.source).say(level, message.text, &fields);
    }
}

impl Log for TestLog {
    fn secrets(&self) -> Secrets {
        self.log.secrets().clone()
    }

    fn console_to(&self, file: &Path) -> std::io::Result<()> {
        // Called once per test.
        let _ = self.console.set(self.log.to_file(file)?);
        Ok(())
    }

    fn log(&self, message: &Message<'_>) {
        if !Failures::concern(message) {
            return self.write(message, None);
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let told = failures.add(message, flashcrowd_session::now());
        drop(failures);
        if let Some(failure) = told {
            self.write_failure(&failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::log::Settings;
    use crate::screen::tests::console;

    #[test]
    fn scripts_are_named_as_the_source_and_the_program_is_not() {
        let (console, _, err) = console(false, false);
        let logger = TestLog::new(Logger::open(&Settings::default(), &Arc::new(console)).unwrap());
        let level = flashcrowd_test::Level::Warn;
        logger.log(&Message { level, source: Source::Console, text: "hi", scenario: Some("peak") });
        logger.log(&Message { level, source: Source::Engine, text: "slow", scenario: None });
        let text = err.text();
        let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["level=warning msg=hi scenario=peak source=console", "level=warning msg=slow"]);
    }
}
