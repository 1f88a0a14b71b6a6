//! What was measured in an interval, in a form that other processes read: by names, complete in itself.

mod number;
mod sinks;
mod snapshot;
mod trends;

pub use self::sinks::PortableSink;
pub use self::snapshot::{CheckCounts, GroupName, Portable, PortableError, PortableKey, Series, Snapshots};
pub use self::trends::PortableTrend;

#[cfg(test)]
mod tests;
