//! A pair is one iteration at both variants.

use std::sync::Arc;

/// One of the two variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The one that is compared with.
    A,
    /// The one that is compared.
    B,
}

/// What became of a pair.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    /// The second in which it began, since the first pair.
    pub(crate) second: u64,
    /// What the iteration did at A and at B; none if it was cut short.
    pub(crate) sides: Option<[Visit; 2]>,
}

/// An iteration at one variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Visit {
    /// Its requests in their order.
    pub(crate) requests: Vec<Timed>,
    /// Whether a request or a check failed, or it did not end.
    pub(crate) failed: bool,
    /// How many requests went elsewhere.
    pub(crate) elsewhere: u64,
}

/// A request and its time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timed {
    /// Its name, which is the same at both variants.
    pub(crate) name: Arc<str>,
    /// Its time in milliseconds.
    pub(crate) millis: f64,
    /// Whether it failed.
    pub(crate) failed: bool,
}

impl Variant {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The value of the tag `variant`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// Its position among both.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}
