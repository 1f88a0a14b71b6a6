//! The binary: arguments in, exit code out.

mod args;
mod commands;
mod context;
mod dispatch;
mod doctor;
mod dynamodb;
mod environment;
mod exit;
mod front_ends;
mod kubernetes;
mod licenses;
mod live;
mod locust;
mod locust_line;
mod log;
mod output;
mod output_settings;
mod run;
mod screen;
mod tui;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

/// Returns memory after a burst of requests, unlike the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if licenses::are_asked_for(std::env::args()) {
        let result = dispatch::print(licenses::TEXT);
        return ExitCode::from(result.map_or_else(|failure| failure.code(), |()| exit::FINE));
    }
    let own = locust_line::command_line(std::env::args_os());
    let cli = match own.map_or_else(commands::Cli::try_parse, Ok) {
        Ok(cli) => cli,
        Err(error) => {
            // clap picks the stream: help that was asked for is data, and has to arrive.
            let is_written = error.print().and_then(|()| std::io::stdout().flush()).is_ok();
            let is_fine = is_written && !error.use_stderr();
            return ExitCode::from(if is_fine { exit::FINE } else { exit::OTHER });
        }
    };
    // The panic's message is printed already.
    let result =
        catch_unwind(AssertUnwindSafe(|| dispatch::dispatch(cli))).unwrap_or(Err(exit::Failure::Panic));
    ExitCode::from(result.map_or_else(|failure| failure.code(), |()| exit::FINE))
}
