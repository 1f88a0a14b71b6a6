//! To play is to run a file's users: who comes when, what they request, and how it ends.

mod behaviour;
mod books;
mod company;
mod crowd;
mod event;
mod finish;
mod link;
mod requests;
mod run;
mod samples;
mod stage;
mod watch;

pub(crate) use behaviour::{Parts, Players, Process, Watcher};
pub(crate) use books::Books;
pub(crate) use company::Company;
pub(crate) use event::{Event, Order, Phase};
