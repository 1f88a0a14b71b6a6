//! What would bend a run on a machine: its limits, its processors, its memory and its network.

mod before;
mod checks;
mod machine;
pub mod words;

pub use self::before::before_run;
pub use self::checks::{Check, State, checks};
pub use self::machine::{Cpu, Machine};
