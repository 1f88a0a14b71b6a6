//! A run is one call of the executable, in a fresh folder and a bare environment.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// No call takes this long; one that does is killed, and its test fails.
const TOO_LONG: Duration = Duration::from_secs(60);

/// A call of the executable, before it is made.
pub struct Run {
    process: Command,
    folder: TempDir,
    stdin: Option<String>,
}

/// What came of a call.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    folder: TempDir,
}

impl Run {
    /// `flashcrowd run script.js`.
    pub fn new() -> Self {
        Self::of("run script.js")
    }

    /// `flashcrowd` with these arguments, separated by blanks.
    pub fn of(line: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_flashcrowd"));
        process.current_dir(folder.path()).env_clear();
        Self { process, folder, stdin: None }.args(line)
    }

    /// Writes the script.
    pub fn script(self, text: &str) -> Self {
        self.file("script.js", text)
    }

    /// Puts a file into the folder, and the folders on its way.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Adds arguments, separated by blanks.
    pub fn args(mut self, line: &str) -> Self {
        self.process.args(line.split_whitespace());
        self
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: &str) -> Self {
        self.process.arg(arg);
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.process.env(name, value);
        self
    }

    /// Gives the process something to read.
    pub fn stdin(self, text: &str) -> Self {
        Self { stdin: Some(text.to_owned()), ..self }
    }

    /// Leaves on standard output what the script and the log say, and nothing else.
    pub fn talk_only(self) -> Self {
        self.args("-q --summary-mode disabled --log-format raw --log-output stdout")
    }

    /// Runs it to its end.
    pub fn go(mut self) -> Outcome {
        self.process.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = self.process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let (Some(text), Some(mut stdin)) = (&self.stdin, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        Outcome::of(child, self.folder)
    }

    /// Starts it; [`Started::end`] waits for its end.
    pub fn start(mut self) -> Started {
        self.process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Started { child: self.process.spawn().unwrap(), folder: self.folder }
    }
}

/// A call that is under way.
pub struct Started {
    pub child: Child,
    folder: TempDir,
}

impl Started {
    /// Sends a signal, such as `INT`.
    pub fn signal(&self, name: &str) {
        send_signal(name, self.child.id());
    }

    /// Waits for the end.
    pub fn end(self) -> Outcome {
        Outcome::of(self.child, self.folder)
    }
}

impl Outcome {
    fn of(child: Child, folder: TempDir) -> Self {
        let (pid, (ended, waiting)) = (child.id(), mpsc::channel::<()>());
        std::thread::spawn(move || {
            if waiting.recv_timeout(TOO_LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                send_signal("KILL", pid);
            }
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        // The folder's name differs from run to run.
        let hidden = [folder.path().canonicalize().unwrap(), folder.path().to_owned()];
        let text = |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            hidden.iter().fold(text, |text, path| text.replace(path.to_str().unwrap(), "<folder>"))
        };
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code(), stdout, stderr, folder }
    }

    /// The text of a file that the run left behind.
    pub fn read(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}; {self:?}"))
    }

    /// A JSON file that the run left behind.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The names of all files that the run left in a folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn send_signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// All that is said by a script and the log about it.
pub fn said(script: &str) -> String {
    said_by(Run::new().script(script))
}

/// All that is said by a run's script and the log about it.
pub fn said_by(run: Run) -> String {
    let outcome = run.talk_only().go();
    assert_eq!(outcome.stderr, "", "{outcome:?}");
    outcome.stdout
}

/// Runs each body as the default function, after some imports, and compares what is said.
pub fn check_bodies(imports: &str, table: &[(&str, &str)]) {
    for (body, expected) in table {
        let script = format!("{imports}\nexport default function () {{ {body} }}");
        assert_eq!(said(&script).trim_end(), *expected, "{body}");
    }
}
