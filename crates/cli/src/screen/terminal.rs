//! A terminal is what is known of the place where text goes: who reads it, how wide it is, whether it knows colours.

use std::io::{IsTerminal, stderr, stdout};

/// The width that is assumed where none is known.
const USUAL_WIDTH: u16 = 80;

/// What is known of standard output and standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub stdout: bool,
    /// Whether standard error is a terminal.
    pub stderr: bool,
    /// Columns.
    pub width: u16,
    /// Whether colours are wanted at all; a stream that is no terminal has none anyway.
    pub color: bool,
}

impl Terminal {
    /// Asks the system.
    pub fn detect(color: bool) -> Self {
        let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0);
        Self { stdout: stdout().is_terminal(), stderr: stderr().is_terminal(), width, color }
    }
}
