//! A command is one call of the executable, in a fresh folder and a bare environment.

use std::process::{Child, Command as Process, Stdio};

use tempfile::TempDir;

/// A call of the executable, before it is made.
pub struct Command {
    process: Process,
    folder: TempDir,
}

/// What came of a call.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Command {
    /// `flashcrowd` with these arguments, separated by blanks.
    pub fn new(line: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::new(env!("CARGO_BIN_EXE_flashcrowd"));
        process.args(line.split_whitespace()).current_dir(folder.path()).env_clear().stdin(Stdio::null());
        Self { process, folder }
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.process.env(name, value);
        self
    }

    /// Puts a file into the folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Outcome {
        let output = self.process.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts it, with its standard output in a pipe; the folder lives as long as what is returned.
    pub fn start(mut self) -> (Child, TempDir) {
        (self.process.stdout(Stdio::piped()).spawn().unwrap(), self.folder)
    }
}
