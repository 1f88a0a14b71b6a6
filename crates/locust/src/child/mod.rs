//! The child: which Python runs it, how it is started, and what is said to and by it.

mod error;
mod frame;
mod hello;
mod process;
mod python;
mod sources;

pub use error::ChildError;
pub(crate) use frame::{Cut, Frame, Parsed, Reply, RequestFrame, SampleFrame, body_frame, json_frame, parse};
pub use hello::{Hello, OwnOption, Settings};
pub use process::{Child, Role, use_small_pages};
pub use python::{Search, SearchedPython};
