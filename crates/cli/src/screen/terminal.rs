//! A terminal describes the standard streams: whether they are terminals, their width, and colours.

use std::io::{IsTerminal, stderr, stdout};

/// The width if it is unknown.
const DEFAULT_WIDTH: u16 = 80;

/// One of the two streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: data.
    Out,
    /// Standard error: messages.
    Err,
}

/// The properties of standard output and standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub stdout: bool,
    /// Whether standard error is a terminal.
    pub stderr: bool,
    /// The width in columns.
    pub width: u16,
    /// Whether colours are enabled; a stream that is not a terminal has none anyway.
    pub color: bool,
}

impl Terminal {
    /// Detects them.
    pub fn detect(color: bool) -> Self {
        let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0);
        Self { stdout: stdout().is_terminal(), stderr: stderr().is_terminal(), width, color }
    }
}
