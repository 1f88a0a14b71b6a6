//! The log of a test: console output and exceptions become log lines with their source.

use std::path::Path;
use std::sync::OnceLock;

use flashcrowd_test::{Log, Message, Source};

use super::format::Level;
use super::logger::Logger;

/// The log of a test; its console can have its own file once the options are known.
#[derive(Debug)]
pub struct TestLog {
    log: Logger,
    console: OnceLock<Logger>,
}

impl TestLog {
    /// Everything goes to this log.
    pub fn new(log: Logger) -> Self {
        Self { log, console: OnceLock::new() }
    }

    fn logger(&self, source: Source) -> &Logger {
        self.console.get().filter(|_| source == Source::Console).unwrap_or(&self.log)
    }
}

impl Log for TestLog {
    fn console_to(&self, file: &Path) -> std::io::Result<()> {
        // Called once per test.
        let _ = self.console.set(self.log.to_file(file)?);
        Ok(())
    }

    fn log(&self, message: &Message<'_>) {
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
        self.logger(message.source).say(level, message.text, &fields);
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
