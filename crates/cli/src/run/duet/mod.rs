//! A duet is one run against two variants, from its arguments to its exit code.

mod asked;
mod drawing;
mod execute;
mod origins;

pub use self::asked::Asked;
pub use self::execute::execute;
