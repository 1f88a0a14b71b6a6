//! To play is to run a file's users: who comes when, what they request, and how it ends.

mod behaviour;
mod crowd;
mod finish;
mod link;
mod requests;
mod run;
mod samples;
mod stage;
mod watch;

pub(crate) use behaviour::{Parts, Players};
