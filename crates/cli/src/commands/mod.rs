//! The commands, one file each; [`dispatch`] is their table.

mod advise;
mod compare;
mod completions;
mod demo;
mod dynamodb;
mod inspect;
mod report;
mod run;
mod schema;
mod shop;

use std::sync::Arc;

use anyhow::Context as _;
use flashcrowd_session::{Settings, Signals};
use flashcrowd_test::Interrupt;

use crate::args::{Cli, Command};
use crate::environment::Environment;
use crate::exit::{Failure, SIGNAL};
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

/// Runs what was asked for, and logs why it did not end well.
pub fn dispatch(cli: Cli) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let talk = Talk::resolve(&cli.global, &environment).map_err(Failure::Config);
    let settings = talk.as_ref().map(|talk| talk.log().clone()).unwrap_or_default();
    let console =
        Arc::new(Console::new(crate::screen::Terminal::detect(talk.as_ref().is_ok_and(Talk::color))));
    let log = Logger::open(&settings, &console)?;
    let interrupt = Interrupt::new();
    listen(&interrupt, &console)?;
    let result = talk.and_then(|talk| {
        let context = Context { console, log: log.clone(), talk, environment, interrupt };
        match cli.command {
            Command::Run(args) => run::run(&context, &args),
            Command::Inspect(args) => inspect::run(&context, &args),
            Command::Shop(args) => shop::run(&context, &args),
            Command::Demo(args) => demo::run(&context, &args),
            Command::Dynamodb(args) => dynamodb::run(&context, &args),
            Command::Report(args) => report::run(&context, &args),
            Command::Compare(args) => compare::run(&context, &args),
            Command::Advise(args) => advise::run(&context, &args),
            Command::Schema(args) => schema::run(&context, &args),
            Command::Completions(args) => completions::run(&context, &args),
        }
    });
    if let Err(failure) = &result {
        failure.messages().iter().for_each(|message| log.error(message));
    }
    result
}

/// Hears signals until the process ends. What was drawn stays on the screen.
#[expect(
    clippy::exit,
    reason = "nobody ends what is going on in order, or whoever asks twice wants it gone at once"
)]
fn listen(interrupt: &Interrupt, console: &Arc<Console>) -> anyhow::Result<()> {
    let console = console.clone();
    let at_once = move || {
        console.keep();
        std::process::exit(i32::from(SIGNAL));
    };
    Signals::listen(interrupt, at_once).context("cannot listen for signals")
}
