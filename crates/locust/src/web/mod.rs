//! The page of a run, and the paths that scripts know from Locust's: what may be asked (`routes`), by whom (`guard`), and the answers.

mod answer;
mod figures;
mod form;
mod guard;
mod listen;
mod page;
mod routes;
mod server;

pub use listen::{WebError, WebPage};
pub(crate) use server::serve;
