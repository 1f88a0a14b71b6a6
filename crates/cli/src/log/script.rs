//! The log of a script: what its console and its exceptions say become log lines with their source.

use std::path::Path;
use std::sync::OnceLock;

use flashcrowd_k6::{Log, Message, Source};

use super::format::Level;
use super::logger::Logger;

/// The log of a script, whose console can go to a file of its own once the options are known.
#[derive(Debug)]
pub struct ScriptLog {
    log: Logger,
    console: OnceLock<Logger>,
}

impl ScriptLog {
    /// Everything goes to this log.
    pub fn new(log: Logger) -> Self {
        Self { log, console: OnceLock::new() }
    }

    /// From now on what the console says goes to the end of a file.
    pub fn console_to(&self, path: &Path) -> anyhow::Result<()> {
        let console = self.log.to_file(path)?;
        // Asked once for each test.
        let _ = self.console.set(console);
        Ok(())
    }

    fn logger(&self, source: Source) -> &Logger {
        self.console.get().filter(|_| source == Source::Console).unwrap_or(&self.log)
    }
}

impl Log for ScriptLog {
    fn log(&self, message: &Message<'_>) {
        let level = match message.level {
            flashcrowd_k6::Level::Debug => Level::Debug,
            flashcrowd_k6::Level::Info => Level::Info,
            flashcrowd_k6::Level::Warn => Level::Warning,
            flashcrowd_k6::Level::Error => Level::Error,
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
        let logger = ScriptLog::new(Logger::open(&Settings::default(), &Arc::new(console)).unwrap());
        let level = flashcrowd_k6::Level::Warn;
        logger.log(&Message { level, source: Source::Console, text: "hi", scenario: Some("peak") });
        logger.log(&Message { level, source: Source::Engine, text: "slow", scenario: None });
        let text = err.text();
        let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["level=warning msg=hi scenario=peak source=console", "level=warning msg=slow"]);
    }
}
