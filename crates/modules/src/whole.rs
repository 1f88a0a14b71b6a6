//! A whole text is what a file, a device or a pipe has, as long as it comes to an end: of one that goes on for ever, no more is
//! read than there may be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How many bytes a script, a plan or a file of options has at most.
pub const LARGEST_SOURCE: u64 = 64 << 20;
/// The same of a file with data.
pub const LARGEST_DATA: u64 = 1 << 30;

/// The text of a file.
pub fn read_text(path: &Path, largest: u64) -> io::Result<String> {
    text_of(File::open(path)?, largest)
}

/// The text that comes from there.
pub fn text_of(from: impl Read, largest: u64) -> io::Result<String> {
    String::from_utf8(bytes_of(from, largest)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// The bytes of a file.
pub(crate) fn read_bytes(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    bytes_of(File::open(path)?, largest)
}

fn bytes_of(from: impl Read, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > largest {
        true => Err(io::Error::other(format!("it has more than {} MiB", largest >> 20))),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_read_up_to_the_bound() {
        assert_eq!(text_of("text".as_bytes(), 4).unwrap(), "text");
        assert_eq!(text_of(io::repeat(b'x'), 1 << 20).unwrap_err().to_string(), "it has more than 1 MiB");
        assert_eq!(text_of([0xff].as_slice(), 4).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
