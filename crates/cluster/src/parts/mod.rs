//! A part of a run as a file: what one process measured, and a session that merges such files.

mod error;
mod file;
mod merge;
mod merged_test;
mod reader;
mod replay;
mod writer;

pub use error::PartError;
pub(crate) use file::End;
pub use merge::Merge;
pub use writer::PartWriter;
