//! Practice is DynamoDB as the shop serves it for practice, in a process of its own.

use std::io::{BufRead as _, BufReader};

use crate::run::{Run, Started};

/// A practice endpoint, which ends with its test.
pub struct Practice {
    pub process: Started,
    pub url: String,
}

impl Practice {
    /// Starts one with these options.
    pub fn start(args: &str) -> Self {
        let mut process = Run::of("shop --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0").args(args).start();
        let mut lines = BufReader::new(process.child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("dynamodb")).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }

    /// A command that goes there.
    pub fn run(&self, line: &str) -> Run {
        Run::of(line).env("AWS_EC2_METADATA_DISABLED", "true").arg("--endpoint-url").arg(&self.url)
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        // It may be gone already, as some tests want it.
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
    }
}
