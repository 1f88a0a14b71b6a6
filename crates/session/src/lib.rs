//! From a test to its judged record: prepare, set up, run, observe, tear down, judge, conclude.
//!
//! [`Session::open`] gets a test ready and opens its record; [`Session::run`] runs it, shows it to whoever listens
//! ([`Listeners`]), judges it and closes the record. A session owns the outside world: it hears [`Signals`] through an
//! interrupt, ends what is going on in order, and never prints. It knows no front end, no terminal and no report.

mod controllers;
mod engine_test;
mod error;
mod failure;
mod find;
mod finished;
mod measure;
mod open_record;
mod player;
mod recorder;
mod run_info;
mod session;
mod settings;
mod stocks;
mod system;
mod target;
mod verdict;
mod viewer;

pub use error::SessionError;
pub use failure::{Failure, exit_code};
pub use find::{Aim, LoadSearch, SearchedTest, TrialView};
pub use finished::{Finished, SummaryForm};
pub use player::{Cost, Play, Player};
pub use run_info::{charts, rfc3339, run_info, tool};
pub use session::{Listeners, Session};
pub use settings::{RecordPlace, Settings};
pub use system::clock::now;
pub use system::process::{Probe, Usage, raise_file_limit, usage};
pub use system::signals::Signals;
pub use viewer::{Second, Viewer};
