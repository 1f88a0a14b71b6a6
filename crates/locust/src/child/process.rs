//! A child is a Python process that has read a file, joined by a socket pair that it got as its standard input.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use bytes::BytesMut;
use serde_json::{Value, json};

use super::error::ChildError;
use super::frame::{Frame, Parsed, json_frame, parse};
use super::hello::Hello;
use super::sources;

/// A process that has read a file. It is killed when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    python: PathBuf,
    socket: UnixStream,
    hello: Hello,
    /// Where it writes what it computes when it is asked by a signal.
    stack: tempfile::NamedTempFile,
    status: Option<ExitStatus>,
}

/// What a process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It leads; it has the users as well, unless the file is run in several processes.
    Leader,
    /// It has users, as the process of this number, from 0, of so many.
    Worker(u64, u64),
}

impl Child {
    /// Starts Python, and has it read the files that these arguments of Locust name.
    pub fn start(python: &Path, args: &[String], role: Role) -> Result<Self, ChildError> {
        let start = |error| ChildError::Start { python: python.to_owned(), error };
        let (ours, theirs) = UnixStream::pair().map_err(start)?;
        let stack =
            tempfile::Builder::new().prefix("flashcrowd-").suffix(".stack").tempfile().map_err(start)?;
        let mut command = Command::new(python);
        command.args(["-u", "-c", sources::BOOT]).args(args).env("FLASHCROWD_STACK", stack.path());
        if let Role::Worker(number, of) = role {
            command.env("FLASHCROWD_WORKER", format!("{number}/{of}"));
        }
        command.stdin(Stdio::from(OwnedFd::from(theirs))).process_group(0);
        let process = command.spawn().map_err(start)?;
        drop(command);
        let (python, hello) = (python.to_owned(), Hello::default());
        let mut child = Self { process, python, socket: ours, hello, stack, status: None };
        child.hello = child.listen()?;
        Ok(child)
    }

    /// What it said of the file.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The path of its Python.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it writes what it computes when it is asked by a signal.
    pub(crate) fn stack(&self) -> &Path {
        self.stack.path()
    }

    /// The socket, for who runs the test.
    pub(crate) fn socket(&self) -> std::io::Result<UnixStream> {
        self.socket.try_clone()
    }

    /// Tells it the exit code, and waits until it has ended; it is killed if that takes long. Answers how it ended where
    /// that was not in order.
    pub fn quit(&mut self, code: i32) -> Option<String> {
        /// What `quit` listeners and threads may take.
        const PATIENCE: Duration = Duration::from_secs(10);
        if self.poll().is_none() {
            let mut out = Vec::new();
            json_frame(&mut out, &json!({ "do": "quit", "code": code }));
            // Correctness: what it still sends is read away, or it would wait for room; nobody else reads any more.
            let _ = self.socket.set_nonblocking(false);
            if self.socket.write_all(&out).is_ok() {
                let _ = self.socket.set_read_timeout(Some(PATIENCE));
                let mut rest = [0; 65536];
                while self.socket.read(&mut rest).is_ok_and(|got| got > 0) {}
            }
        }
        match self.poll() {
            Some(_) => {}
            None => {
                // Its socket is closed: it ends, or it hangs in what it does at its exit.
                let _ = self.socket.shutdown(std::net::Shutdown::Both);
                let until = tokio::time::Instant::now() + PATIENCE;
                while self.poll().is_none() && tokio::time::Instant::now() < until {
                    std::thread::park_timeout(Duration::from_millis(2));
                }
                if self.poll().is_none() {
                    self.kill();
                    return Some("Python did not end, and was killed".to_owned());
                }
            }
        }
        None
    }

    /// How it ended, in words; none while it runs.
    pub fn ended(&mut self) -> Option<String> {
        self.poll().map(told)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        self.status = self.process.wait().ok();
    }

    fn poll(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.process.try_wait().ok().flatten();
        }
        self.status
    }

    /// Sends the modules, and waits until it says what is in the file.
    fn listen(&mut self) -> Result<Hello, ChildError> {
        // Where it has ended already, reading tells.
        let _ = self.socket.write_all(&sources::packed());
        let mut buffer = BytesMut::new();
        let mut piece = [0; 65536];
        loop {
            match parse(&mut buffer) {
                Parsed::Frame(Frame::Json(value)) => match value["say"].as_str() {
                    Some("hello") => {
                        return serde_json::from_value(value)
                            .map_err(|error| ChildError::Garbled(error.to_string()));
                    }
                    Some("refused") => return Err(self.refused(&value)),
                    _ => {}
                },
                Parsed::Frame(_) => {}
                Parsed::Wrong(problem) => return Err(ChildError::Garbled(problem)),
                Parsed::More => match self.socket.read(&mut piece) {
                    Ok(0) | Err(_) => return Err(self.died()),
                    Ok(got) => buffer.extend_from_slice(&piece[..got]),
                },
            }
        }
    }

    fn refused(&mut self, value: &Value) -> ChildError {
        let _ = self.process.wait();
        let detail = value["detail"].as_str().unwrap_or_default().to_owned();
        let python = self.python.clone();
        match value["fault"].as_str() {
            Some("version") => ChildError::TooOld { python, version: detail },
            Some("free-threaded") => ChildError::FreeThreaded { python, version: detail },
            _ => ChildError::NoGevent(python),
        }
    }

    fn died(&mut self) -> ChildError {
        match self.process.wait() {
            Ok(status) => match status.code().and_then(|code| u8::try_from(code).ok()) {
                Some(code) => ChildError::Ended(code),
                None => ChildError::Died(told(status)),
            },
            Err(error) => ChildError::Died(error.to_string()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.poll().is_none() {
            self.kill();
        }
    }
}

/// Has this process take its memory in small pages: of large ones, with what users of a Locust file need, most would lie idle.
pub fn use_small_pages() {
    // Where the system has no such pages, there is nothing to do.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "for an unknown reason".to_owned(),
    }
}
