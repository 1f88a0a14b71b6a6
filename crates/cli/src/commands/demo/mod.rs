//! `demo` runs a flash sale against the practice shop three times, and shows what the way of keeping stock changes.

mod command;
mod live;

pub use self::command::{DemoArgs, run};
