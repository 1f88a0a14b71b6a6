//! Units a second are what a table or an index serves of reads and of writes.

/// Read and write units a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Of reads.
    pub read: u64,
    /// Of writes.
    pub write: u64,
}

impl Units {
    /// Whether either is less than it was.
    pub fn is_less_than(self, was: Self) -> bool {
        self.read < was.read || self.write < was.write
    }

    /// Whether either is more than it was.
    pub fn is_more_than(self, was: Self) -> bool {
        self.read > was.read || self.write > was.write
    }

    /// The larger of each.
    pub fn at_least(self, other: Self) -> Self {
        Self { read: self.read.max(other.read), write: self.write.max(other.write) }
    }
}
