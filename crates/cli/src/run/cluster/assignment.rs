//! An assignment is what agents get to run: the command line of the run, and the test where they cannot read it themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What agents get to run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// The program's version: another one may measure something else.
    pub version: String,
    /// The command line as typed, the program's name included.
    pub args: Vec<String>,
    /// The test; none where agents read it from the same path.
    pub test: Option<TestFile>,
    /// How many worker threads each agent has, if not one a core.
    pub workers: Option<usize>,
    /// Requests per second at most, over all agents.
    pub rps: Option<u32>,
    /// What random arrivals are drawn with.
    pub seed: Option<u64>,
}

/// A test as a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct TestFile {
    /// Its name, without folders.
    pub name: String,
    /// What is in it, in base64.
    content: String,
}

impl TestFile {
    /// A file of that name.
    pub fn new(name: &str, content: &[u8]) -> Self {
        Self { name: name.to_owned(), content: STANDARD.encode(content) }
    }

    /// What is in it.
    pub fn content(&self) -> Result<Vec<u8>, base64::DecodeError> {
        STANDARD.decode(&self.content)
    }
}
