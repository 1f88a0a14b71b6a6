//! The context is what every command gets besides its own arguments.

use std::sync::Arc;

use flashcrowd_session::Settings;
use flashcrowd_test::Interrupt;

use crate::environment::Environment;
use crate::log::{Logger, TestLog};
use crate::screen::Console;
use crate::talk::Talk;

/// What every command is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where text goes.
    pub console: Arc<Console>,
    /// Where log lines go.
    pub log: Logger,
    /// How this process talks.
    pub talk: Talk,
    /// The variables of the environment.
    pub environment: Environment,
    /// The first signal.
    pub interrupt: Interrupt,
}

impl Context {
    /// The same with another log.
    pub fn logging(&self, log: Logger) -> Self {
        Self { log, ..self.clone() }
    }

    /// How tests are run, where nothing else was said.
    pub fn settings(&self) -> Settings {
        Settings {
            args: std::env::args().collect(),
            interrupt: self.interrupt.clone(),
            log: Arc::new(TestLog::new(self.log.clone())),
            ..Settings::default()
        }
    }
}
