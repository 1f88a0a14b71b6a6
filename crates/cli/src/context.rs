//! The context is what every command gets besides its arguments.

use std::sync::Arc;

use flashcrowd_session::Settings;
use flashcrowd_test::Interrupt;

use crate::environment::Environment;
use crate::log::{Logger, TestLog};
use crate::output_settings::OutputSettings;
use crate::screen::Console;

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
