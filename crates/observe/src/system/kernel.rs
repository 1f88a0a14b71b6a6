//! What the kernel tells is at hand at once: it is made of memory.

use crate::source::{ReadFuture, Reading, Source, SourceError};

/// A source whose readings are at hand at once.
struct Kernel<F> {
    name: String,
    read: F,
}

impl<F: FnMut() -> Result<Reading, String>> Source for Kernel<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        let reading = (self.read)().map_err(|problem| SourceError::new(&self.name, problem));
        Box::pin(std::future::ready(reading))
    }
}

/// A source of the kernel, if it can be read now.
pub(super) fn kernel<F>(name: &str, mut read: F) -> Result<Box<dyn Source>, SourceError>
where
    F: FnMut() -> Result<Reading, String> + 'static,
{
    read().map_err(|problem| SourceError::new(name, problem))?;
    Ok(Box::new(Kernel { name: name.to_owned(), read }))
}

/// What follows the scheme of `process:1234`.
pub(super) fn rest(spec: &str) -> &str {
    spec.split_once(':').map_or("", |(_, rest)| rest.trim_start_matches("//"))
}
