//! Dispatching sets up what all commands share, runs the command, and logs why it failed.

use std::sync::Arc;

use anyhow::Context as _;
use flashcrowd_session::Signals;
use flashcrowd_test::Interrupt;

use crate::commands::Cli;
use crate::context::Context;
use crate::environment::Environment;
use crate::exit::{Failure, SIGNAL};
use crate::log::Logger;
use crate::output_settings::OutputSettings;
use crate::screen::{Console, Stream, Terminal};
use crate::tui::restore;

/// Runs the command, and logs why it failed.
pub fn dispatch(cli: Cli) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let ui = OutputSettings::resolve(&cli.global, &environment).map_err(Failure::Config);
    let settings = ui.as_ref().map(|ui| ui.log().clone()).unwrap_or_default();
    let console = Arc::new(Console::new(Terminal::detect(ui.as_ref().is_ok_and(OutputSettings::color))));
    let log = Logger::open(&settings, &console).inspect_err(|error| {
        // There is no log to say it in.
        console.write(Stream::Err, &format!("{error:#}\n"));
    })?;
    let variables = environment.all().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    log.secrets().note_variables(variables);
    let interrupt = Interrupt::new();
    listen(&interrupt, &console)?;
    let result = ui.and_then(|ui| {
        let context = Context { console: console.clone(), log: log.clone(), ui, environment, interrupt };
        cli.command.run(&context)
    });
    let result = result.and_then(|()| everything_is_written(&console, &log));
    if let Err(failure) = &result {
        failure.messages().iter().for_each(|message| log.error(message));
    }
    result
}

/// Prints a text, without a command.
pub fn print(text: &str) -> Result<(), Failure> {
    let console = Console::new(Terminal::detect(false));
    console.write(Stream::Out, text);
    match console.lost() {
        Some(error) => {
            let error = anyhow::Error::new(error).context("cannot write to standard output");
            console.write(Stream::Err, &format!("{error:#}\n"));
            Err(error.into())
        }
        None => Ok(()),
    }
}

/// What was to be written and was not is no success.
fn everything_is_written(console: &Console, log: &Logger) -> Result<(), Failure> {
    if let Some(error) = console.lost() {
        return Err(anyhow::Error::new(error).context("cannot write to standard output").into());
    }
    match log.lost() {
        Some(error) => {
            let error = anyhow::Error::new(error).context("cannot write to the log file");
            console.write(Stream::Err, &format!("{error:#}\n"));
            Err(error.into())
        }
        None => Ok(()),
    }
}

/// Listens for signals until the process ends. What was drawn stays on the screen.
#[expect(clippy::exit, reason = "nothing shuts down in order, or a second signal asks to exit at once")]
fn listen(interrupt: &Interrupt, console: &Arc<Console>) -> anyhow::Result<()> {
    let console = console.clone();
    let at_once = move || {
        restore(&console);
        console.keep();
        std::process::exit(i32::from(SIGNAL));
    };
    Signals::listen(interrupt, at_once).context("cannot listen for signals")
}
