//! Practice is DynamoDB as the shop serves it for practice, in a process of its own.

use crate::run::{Run, Started};

/// A practice endpoint, which ends with its test.
pub struct Practice {
    pub process: Started,
    pub url: String,
}

impl Practice {
    /// Starts one with these options.
    pub fn start(args: &str) -> Self {
        let process = Run::of("shop --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0").args(args).start();
        let url = url(&process.out_line("dynamodb  http://"));
        Self { process, url }
    }

    /// A command that goes there.
    pub fn run(&self, line: &str) -> Run {
        self.reached_by(Run::of(line))
    }

    /// The same command, going there.
    pub fn reached_by(&self, run: Run) -> Run {
        run.env("AWS_EC2_METADATA_DISABLED", "true").arg("--endpoint-url").arg(&self.url)
    }
}

/// The URL in a line of the shop.
pub fn url(line: &str) -> String {
    line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned()
}
