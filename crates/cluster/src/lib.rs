//! One test on many machines: every process measures its part, and one record with one verdict comes of all.
//!
//! A part measures a [`Second`] after the other; [`Gathered`] puts those of all parts together, whatever order they come
//! in. [`PartWriter`] keeps the part of a process in a file, and [`Merge`] makes a session of such files.

mod gathered;
mod parts;
mod second;
mod standing;

pub use gathered::{Gathered, Taken};
pub use parts::{Merge, PartError, PartWriter};
pub use second::{Measure, Second};
pub use standing::Standing;
