//! The binary: arguments in, exit code out.

mod args;
mod commands;
mod context;
mod demo;
mod dispatch;
mod dynamodb;
mod environment;
mod exit;
mod front_ends;
mod log;
mod output;
mod run;
mod screen;
mod talk;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

/// Gives back what a burst of requests needed, which the system's allocator keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows the stream; nobody is left to be told when that is gone.
            let _gone = error.print();
            return ExitCode::from(if error.use_stderr() { exit::OTHER } else { exit::FINE });
        }
    };
    // The panic's own message is out already.
    let result =
        catch_unwind(AssertUnwindSafe(|| dispatch::dispatch(cli))).unwrap_or(Err(exit::Failure::Panic));
    ExitCode::from(result.map_or_else(|failure| failure.code(), |()| exit::FINE))
}
