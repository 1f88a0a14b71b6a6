//! The log of a script: what its console and its exceptions say become log lines with their source.

use flashcrowd_k6::{Log, Message, Source};

use super::format::Level;
use super::logger::Logger;

impl Log for Logger {
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
        self.say(level, message.text, &fields);
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
        let logger = Logger::open(&Settings::default(), &Arc::new(console)).unwrap();
        let level = flashcrowd_k6::Level::Warn;
        logger.log(&Message { level, source: Source::Console, text: "hi", scenario: Some("peak") });
        logger.log(&Message { level, source: Source::Engine, text: "slow", scenario: None });
        let text = err.text();
        let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["level=warning msg=hi scenario=peak source=console", "level=warning msg=slow"]);
    }
}
