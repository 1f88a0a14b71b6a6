//! The Python of these tests has gevent and requests, from PyPI, in an environment below `target`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::run::{Outcome, Run};

const PACKAGES: [&str; 2] = ["gevent==26.9.0", "requests==2.34.2"];

/// An environment of Python.
pub struct Python(PathBuf);

impl Python {
    /// The environment; none where it cannot be had, which in CI is a failure.
    pub fn get() -> Option<&'static Self> {
        static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
        match PYTHON.get_or_init(Self::install) {
            Ok(python) => Some(python),
            Err(problem) if std::env::var("CI").as_deref() == Ok("true") => panic!("{problem}"),
            Err(problem) => {
                let _ = writeln!(std::io::stderr(), "left out: {problem}");
                None
            }
        }
    }

    /// A call of `flashcrowd locust` with this file, headless.
    pub fn run(&self, file: &str, line: &str) -> Run {
        self.page(file, "--headless --only-summary").args(line)
    }

    /// The same with the page.
    pub fn page(&self, file: &str, line: &str) -> Run {
        let run = Run::of("locust").file("locustfile.py", file);
        run.env("VIRTUAL_ENV", self.0.to_str().unwrap()).args(line)
    }

    fn install() -> Result<Self, String> {
        let python = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("locust-python"));
        let marker = python.0.join("installed");
        if std::fs::read_to_string(&marker).is_ok_and(|there| there == format!("{PACKAGES:?}")) {
            return Ok(python);
        }
        let _ = std::fs::remove_dir_all(&python.0);
        done(Command::new("python3").args(["-m", "venv"]).arg(&python.0))
            .map_err(|why| format!("Python with venv is missing (Debian package python3-venv): {why}"))?;
        done(Command::new(python.0.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))
            .map_err(|why| format!("gevent and requests cannot be had from PyPI: {why}"))?;
        std::fs::write(marker, format!("{PACKAGES:?}")).unwrap();
        Ok(python)
    }
}

/// What a Python without anything installed makes of a file.
pub fn refused_by(folder: &Path) -> Option<Outcome> {
    let python = folder.join("bare");
    done(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&python)).ok()?;
    let run = Run::of("locust --headless -t 1s").file("locustfile.py", "").arg("--python");
    Some(run.arg(python.to_str().unwrap()).go())
}

fn done(command: &mut Command) -> Result<(), String> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
