//! The front end for Locust files: Python runs the bodies of tasks in one child process, and requests, clock, figures and
//! verdict are here.
//!
//! A [`Child`] is a Python process that has read a file and said what is in it. [`LocustTest`] makes a test of it; its
//! [`Outcome`] is what came of the run in Locust's terms, and [`Report`] its figures as Locust shows them.

mod child;
mod counts;
mod front_end;
mod outcome;
mod play;
mod rate;
mod stats;
mod test;
mod web;

pub use child::{
    Child, ChildError, Hello, OwnOption, Role, Search, SearchedPython, Settings as RunSettings,
    use_small_pages,
};
pub use counts::Counts;
pub use front_end::LocustFiles;
pub use outcome::Outcome;
pub use stats::{CsvFiles, Report, Row, html, json, text_report, text_table};
pub use test::{Beside, LocustTest, names_plan};
pub use web::{WebError, bind_page};
