//! The binary: arguments in, exit code out.

mod args;
mod commands;
mod context;
mod dispatch;
mod dynamodb;
mod environment;
mod exit;
mod front_ends;
mod locust;
mod locust_line;
mod log;
mod output;
mod output_settings;
mod run;
mod screen;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

/// Returns memory after a burst of requests, unlike the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let own = locust_line::command_line(std::env::args_os());
    let cli = match own.map_or_else(commands::Cli::try_parse, Ok) {
        Ok(cli) => cli,
        Err(error) => {
            // clap picks the stream; an error in writing to it cannot be reported.
            let _gone = error.print();
            return ExitCode::from(if error.use_stderr() { exit::OTHER } else { exit::FINE });
        }
    };
    // The panic's message is printed already.
    let result =
        catch_unwind(AssertUnwindSafe(|| dispatch::dispatch(cli))).unwrap_or(Err(exit::Failure::Panic));
    ExitCode::from(result.map_or_else(|failure| failure.code(), |()| exit::FINE))
}
