//! The test is one file, that a ConfigMap has room for.

/// What a ConfigMap holds at most.
pub const MOST_BYTES: usize = 1 << 20;
/// Where the test is mounted.
pub(crate) const FOLDER: &str = "/test";

/// A test as a file.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Its name, without folders.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl TestFile {
    /// Where the lead reads it.
    pub(crate) fn path(&self) -> String {
        format!("{FOLDER}/{}", self.name)
    }

    pub(crate) fn problem(&self) -> Option<String> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let (bytes, most) = (self.content.len(), MOST_BYTES / 1024);
        if bytes > MOST_BYTES {
            let kib = bytes.div_ceil(1024);
            return Some(format!(
                "the test has {kib} KiB with all that it reads, and a ConfigMap holds {most} KiB: have it fetch its data, or \
                 build an image that has it"
            ));
        }
        let is_fine = !self.name.is_empty() && self.name.len() <= 253 && self.name.bytes().all(is_part);
        (!is_fine).then(|| format!("the test is called '{}': use letters, digits, -, _ and .", self.name))
    }
}
