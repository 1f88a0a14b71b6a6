//! The front end for Locust files: what `run` and `inspect` can read of them.

use flashcrowd_test::{FrontEnd, LoadError, Request, Test};

/// Reads Locust files.
#[derive(Clone, Copy, Debug)]
pub struct LocustFiles;

impl FrontEnd for LocustFiles {
    fn name(&self) -> &'static str {
        "Locust file"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["py"]
    }

    fn load(&self, request: &Request) -> Result<Vec<Box<dyn Test>>, LoadError> {
        request.file()?;
        Err(LoadError::Other(format!(
            "{0} is a Locust file, whose command line is Locust's: run it with flashcrowd locust -f {0}, or flashcrowd run {0} \
             before any option",
            request.origin
        )))
    }
}
