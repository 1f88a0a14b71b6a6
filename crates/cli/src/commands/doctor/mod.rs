//! `doctor` looks for what would bend a run on this machine, and says how to mend it.

mod command;

pub use self::command::{DoctorArgs, run};
