//! Servers of others that tests talk to, each a process of its own.
//!
//! Programs come from Debian's packages. Python packages come from PyPI into a folder below `target`, once. Where that cannot
//! be done, tests say why and are left out; in CI (`CI=true`) they fail.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    /// What it printed when it was up: its address, or its port.
    pub said: String,
}

impl Server {
    /// Starts a command, and waits for the line that it prints once it is up.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert!(!said.is_empty(), "{command:?} did not start");
        Self { child, said: said.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server of a Debian package, on a port of its own.
pub struct Debian {
    child: Child,
    pub port: u16,
}

impl Debian {
    /// Starts a program of a package, told its port, and waits until it listens; none where it is not installed, which in CI
    /// is a failure.
    pub fn start(program: &str, package: &str, tell: impl FnOnce(&mut Command, u16)) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        tell(&mut command, port);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child =
            child.map_err(|error| format!("{program} is missing (Debian package {package}): {error}"));
        let mut server = Self { child: unless_in_ci(child)?, port };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "{command:?} has ended");
            assert!(since.elapsed() < Duration::from_secs(30), "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Ends it at once, as a power failure would.
    pub fn kill(&mut self) {
        // It may have been ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A Python with these packages; none where it cannot be had, which in CI is a failure.
pub fn python(name: &str, packages: &[&str]) -> Option<PathBuf> {
    static THERE: Mutex<Option<HashMap<String, Result<PathBuf, String>>>> = Mutex::new(None);
    let mut there = THERE.lock().unwrap_or_else(PoisonError::into_inner);
    let found =
        there.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| install(name, packages));
    unless_in_ci(found.clone())
}

/// What was found; where it was not, that is said, and in CI it is a failure.
pub fn unless_in_ci<T>(found: Result<T, String>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(problem) if std::env::var("CI").as_deref() == Ok("true") => panic!("{problem}"),
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "left out: {problem}");
            None
        }
    }
}

fn install(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-python"));
    let (marker, wanted) = (folder.join("installed"), format!("{packages:?}"));
    let python = folder.join("bin/python");
    if std::fs::read_to_string(&marker).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    let _ = std::fs::remove_dir_all(&folder);
    done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .map_err(|why| format!("Python with venv is missing (Debian package python3-venv): {why}"))?;
    done(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(packages))
        .map_err(|why| format!("{wanted} cannot be had from PyPI: {why}"))?;
    std::fs::write(marker, wanted).unwrap();
    Ok(python)
}

/// Runs a command to its end; what it said where it failed.
pub fn done(command: &mut Command) -> Result<(), String> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
