//! `demo` runs a flash sale against the practice shop three times, each with another way of keeping stock.

mod command;
mod live;

pub use self::command::{DemoArgs, run};
