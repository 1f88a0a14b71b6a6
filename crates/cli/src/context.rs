//! The context is what every command gets besides its arguments.

use std::sync::Arc;

use flashcrowd_report::Layout;
use flashcrowd_session::Settings;
use flashcrowd_test::Interrupt;

use crate::environment::Environment;
use crate::log::{Logger, TestLog};
use crate::output_settings::OutputSettings;
use crate::screen::{Console, Stream};

/// What every command gets.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where text goes.
    pub console: Arc<Console>,
    /// Where log lines go.
    pub log: Logger,
    /// Language, colours and verbosity.
    pub ui: OutputSettings,
    /// The environment variables.
    pub environment: Environment,
    /// The first signal.
    pub interrupt: Interrupt,
}

impl Context {
    /// The same context with another log.
    pub fn logging(&self, log: Logger) -> Self {
        Self { log, ..self.clone() }
    }

    /// How documents on standard output are set: as wide as the terminal, or as usual where it is none.
    pub fn layout(&self) -> Layout {
        let lang = self.ui.lang();
        match self.console.is_terminal(Stream::Out) {
            true => {
                let columns = usize::from(self.console.terminal().width);
                Layout::terminal(lang, self.console.color(Stream::Out), columns)
            }
            false => Layout::document(lang),
        }
    }

    /// The default settings of a session.
    pub fn settings(&self) -> Settings {
        Settings {
            args: std::env::args().collect(),
            interrupt: self.interrupt.clone(),
            log: Arc::new(TestLog::new(self.log.clone())),
            ..Settings::default()
        }
    }
}
