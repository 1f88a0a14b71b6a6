//! A run is one call of the executable, in a fresh folder and a bare environment.

use std::fs::File;
use std::io::{Read, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
use tempfile::TempDir;

/// No call takes this long, and nothing that a test waits for; one that does is killed, and its test fails.
const TOO_LONG: Duration = Duration::from_secs(60);

/// A call of the executable, before it is made.
pub struct Run {
    process: Command,
    folder: Arc<TempDir>,
    stdin: Option<String>,
    keeps_stdin: bool,
}

/// What came of a call.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    folder: Arc<TempDir>,
}

impl Run {
    /// `flashcrowd run script.js`.
    pub fn new() -> Self {
        Self::of("run script.js")
    }

    /// `flashcrowd` with these arguments, separated by blanks.
    pub fn of(line: &str) -> Self {
        Self::inside(Arc::new(tempfile::tempdir().unwrap())).args(line)
    }

    fn inside(folder: Arc<TempDir>) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_flashcrowd"));
        process.current_dir(folder.path()).env_clear();
        Self { process, folder, stdin: None, keeps_stdin: false }
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

    /// Puts a named pipe into the folder, and the folders on its way; see [`Started::writer`].
    pub fn pipe(self, name: &str) -> Self {
        let run = self.file(name, "");
        let path = run.folder.path().join(name);
        std::fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        run
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
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

    /// Has a program start it: one that runs what stands behind its own arguments.
    pub fn through(mut self, program: &str, args: &[&str]) -> Self {
        let mut outer = Command::new(program);
        outer.args(args).arg(self.process.get_program()).args(self.process.get_args());
        outer.current_dir(self.folder.path()).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        outer.envs(self.process.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.process = outer;
        self
    }

    /// Gives the process something to read.
    pub fn stdin(self, text: &str) -> Self {
        Self { stdin: Some(text.to_owned()), ..self }
    }

    /// Gives the process something to read whose end never comes.
    pub fn endless_stdin(self, text: &str) -> Self {
        Self { keeps_stdin: true, ..self.stdin(text) }
    }

    /// Leaves on standard output what the script and the log say, and nothing else.
    pub fn talk_only(self) -> Self {
        self.args("-q --summary-mode disabled --log-format raw --log-output stdout")
    }

    /// Runs it to its end.
    pub fn go(self) -> Outcome {
        self.start().end()
    }

    /// Runs it to its end on a terminal: both streams are what `stdout` has in the outcome.
    pub fn go_on_terminal(mut self) -> Outcome {
        let (ours, terminal) = terminal();
        self.process.stdout(terminal.try_clone().unwrap()).stderr(terminal);
        self.spawn(|_| (Reading::of(ours), Reading::of(std::io::empty()))).end()
    }

    /// Starts it on a terminal of this size, with what is typed there and read from there.
    pub fn start_on_terminal(mut self, rows: u16, columns: u16) -> (Started, File) {
        let (ours, terminal) = terminal();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).unwrap();
        let keyboard = ours.try_clone().unwrap();
        self.process.stdout(terminal.try_clone().unwrap()).stderr(terminal.try_clone().unwrap());
        let read = |_: &mut Child| (Reading::of(ours), Reading::of(std::io::empty()));
        (self.spawn_reading(terminal.into(), read), keyboard)
    }

    /// Runs it to its end with standard output in a file that is there.
    pub fn go_into(mut self, file: &str) -> Outcome {
        let file = File::options().write(true).open(file).unwrap();
        self.process.stdout(file).stderr(Stdio::piped());
        self.spawn(|child| (Reading::of(std::io::empty()), Reading::of(child.stderr.take().unwrap()))).end()
    }

    /// Starts it; [`Started::end`] waits for its end.
    pub fn start(mut self) -> Started {
        self.process.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.spawn(|child| {
            (Reading::of(child.stdout.take().unwrap()), Reading::of(child.stderr.take().unwrap()))
        })
    }

    fn spawn(self, read: impl FnOnce(&mut Child) -> (Reading, Reading)) -> Started {
        let stdin = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        self.spawn_reading(stdin, read)
    }

    fn spawn_reading(mut self, stdin: Stdio, read: impl FnOnce(&mut Child) -> (Reading, Reading)) -> Started {
        self.process.stdin(stdin);
        let mut child = self.process.spawn().unwrap();
        // A terminal is open here for as long as the command is.
        drop(self.process);
        let (out, err) = read(&mut child);
        let mut stdin = child.stdin.take();
        let process = Process(child);
        if let (Some(text), Some(stdin)) = (&self.stdin, &mut stdin) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        let stdin = stdin.filter(|_| self.keeps_stdin);
        Started { process, out, err, folder: self.folder, _stdin: stdin }
    }
}

/// Our end of a new terminal, and the one of a process.
fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    (ours.into(), theirs)
}

/// A call that is under way; it ends with its test at the latest.
pub struct Started {
    process: Process,
    out: Reading,
    err: Reading,
    folder: Arc<TempDir>,
    _stdin: Option<ChildStdin>,
}

impl Started {
    /// Waits for the first line on standard output that has these words in it.
    pub fn out_line(&self, words: &str) -> String {
        self.out.line(words)
    }

    /// Waits for the first line on standard error that has these words in it.
    pub fn err_line(&self, words: &str) -> String {
        self.err.line(words)
    }

    /// What it has written to standard output so far.
    pub fn written(&self) -> Vec<u8> {
        self.out.said.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a file of the folder has this many lines.
    pub fn wait_for_lines(&self, file: &str, lines: usize) {
        let path = self.path(file);
        let written = || std::fs::read_to_string(&path).map_or(0, |text| text.matches('\n').count());
        wait_until(&format!("{lines} lines of {file}"), || written() >= lines);
    }

    /// A file of the folder, which may not be there yet.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Waits until the process reads a named pipe, whose end does not come for as long as its writer is kept.
    pub fn writer(&self, pipe: &str) -> OwnedFd {
        let mut writer = None;
        wait_until(&format!("a reader of {pipe}"), || {
            // Without a reader that is an error.
            writer = open(self.path(pipe), OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).ok();
            writer.is_some()
        });
        writer.unwrap()
    }

    /// Opens a named pipe that the process writes to. Nothing is read from it.
    pub fn reader(&self, pipe: &str) -> OwnedFd {
        open(self.path(pipe), OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap()
    }

    /// The processes that it has started and that run.
    pub fn children(&self) -> Vec<i32> {
        let pid = self.process.pid().as_raw_nonzero();
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let of = |path: PathBuf| std::fs::read_to_string(path.join("children")).unwrap_or_default();
        let lists: Vec<String> = threads.map(|thread| of(thread.path())).collect();
        lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for the end, too, and tells the most memory that the process had at a time, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.process.pid().as_raw_nonzero());
        let mut peak = 0;
        // A process that has ended has no memory.
        while let Some(now) = std::fs::read_to_string(&status).ok().and_then(|text| high_water_mark(&text)) {
            peak = now;
            std::thread::sleep(Duration::from_millis(20));
        }
        peak
    }

    /// Waits for the end.
    pub fn end(self) -> Outcome {
        self.end_by(TOO_LONG)
    }

    /// Waits for the end, which has to come within this time from now.
    pub fn end_within(self, limit: Duration) -> Outcome {
        let asked = Instant::now();
        let outcome = self.end_by(limit);
        let took = asked.elapsed();
        assert!(took < limit, "it did not end within {limit:?}: {outcome:?}");
        outcome
    }

    fn end_by(mut self, limit: Duration) -> Outcome {
        let (pid, (ended, waiting)) = (self.process.pid(), mpsc::channel::<()>());
        std::thread::spawn(move || {
            if waiting.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                // It may have ended this very moment.
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        let (stdout, stderr) = (self.out.whole(), self.err.whole());
        let code = self.process.0.wait().unwrap().code();
        drop(ended);
        // The folder's name differs from run to run.
        let hidden = [self.folder.path().canonicalize().unwrap(), self.folder.path().to_owned()];
        let text = |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            hidden.iter().fold(text, |text, path| text.replace(path.to_str().unwrap(), "<folder>"))
        };
        Outcome { code, stdout: text(stdout), stderr: text(stderr), folder: self.folder }
    }
}

/// The most memory of a process, in KiB, by its status.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A process that is gone when it is dropped.
struct Process(Child);

impl Process {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, unless its test failed or it never ends by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A stream that a thread of its own reads, so that a test can wait for what is said on it.
struct Reading {
    said: Arc<(Mutex<Vec<u8>>, Condvar)>,
    reader: JoinHandle<()>,
}

impl Reading {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let said = Arc::<(Mutex<Vec<u8>>, Condvar)>::default();
        let heard = said.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal that everybody has left is an error to read from.
            while let Ok(length @ 1..) = stream.read(&mut bytes) {
                heard.0.lock().unwrap_or_else(PoisonError::into_inner).extend(&bytes[..length]);
                heard.1.notify_all();
            }
            heard.1.notify_all();
        });
        Self { said, reader }
    }

    /// Waits for a line with these words.
    fn line(&self, words: &str) -> String {
        let started = Instant::now();
        let mut said = self.said.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&said);
            let mut whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some(line) = whole.find(|line| line.contains(words)) {
                return line.trim_end().to_owned();
            }
            assert!(started.elapsed() < TOO_LONG && !self.reader.is_finished(), "no line '{words}': {text}");
            said = self.said.1.wait_timeout(said, Duration::from_millis(100)).unwrap().0;
        }
    }

    /// All that was said, once nobody can say more.
    fn whole(self) -> Vec<u8> {
        self.reader.join().unwrap();
        std::mem::take(&mut *self.said.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits for something that has to become true sooner or later.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < TOO_LONG, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Outcome {
    /// A file of the folder, which may not be there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A further call in the same folder.
    pub fn then(&self, line: &str) -> Run {
        Run::inside(self.folder.clone()).args(line)
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

    /// The folder of the call.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Whether the command line knows a command, all its flags and their values.
pub fn understands(line: &str) -> bool {
    let words = line.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    let outcome = words.fold(Run::of(""), |run, word| run.arg(&word)).arg("--help").go();
    outcome.code == Some(0) && outcome.stdout.contains("Usage: flashcrowd ")
}

/// All that is said by a script and the log about it.
pub fn said(script: &str) -> String {
    said_by(Run::new().script(script))
}

/// All that is said by a run's script and the log about it.
pub fn said_by(run: Run) -> String {
    let outcome = run.talk_only().go();
    assert_eq!(outcome.stderr, "", "{outcome:?}");
    without_verdict(&outcome.stdout)
}

/// What a log says, without what it says of a run that served nothing: that is a matter of tests of verdicts.
fn without_verdict(text: &str) -> String {
    const VERDICTS: [&str; 6] = [
        "nothing was served: ",
        "hardly anything was served: ",
        "nothing ran: ",
        "every iteration of scenario ",
        "every check failed: ",
        "no threshold could be judged: ",
    ];
    let said = text.split_inclusive('\n');
    said.filter(|line| !VERDICTS.iter().any(|verdict| line.starts_with(verdict))).collect()
}

/// Runs each body as the default function, after some imports, and compares what is said.
pub fn check_bodies(imports: &str, table: &[(&str, &str)]) {
    for (body, expected) in table {
        let script = format!("{imports}\nexport default function () {{ {body} }}");
        assert_eq!(said(&script).trim_end(), *expected, "{body}");
    }
}
