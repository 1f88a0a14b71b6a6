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

use crate::args::{Cli, Command};
use crate::environment::Environment;
use crate::exit::Failure;
use crate::log::Logger;
use crate::screen::Console;
use crate::talk::Talk;

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    /// Where text goes.
    pub console: Arc<Console>,
    /// Where log lines go.
    pub log: Logger,
    /// How this process talks.
    pub talk: Talk,
    /// The variables of the environment.
    pub environment: Environment,
}

impl Context {
    /// The same with another log.
    pub fn logging(&self, log: Logger) -> Self {
        let (console, talk, environment) =
            (self.console.clone(), self.talk.clone(), self.environment.clone());
        Self { console, log, talk, environment }
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
    let result = talk.and_then(|talk| {
        let context = Context { console, log: log.clone(), talk, environment };
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
