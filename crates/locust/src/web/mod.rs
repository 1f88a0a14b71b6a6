//! The page of a run, and the paths that scripts know from Locust's: what may be asked (`routes`), and the answers.

mod figures;
mod form;
mod listen;
mod page;
mod routes;

pub use listen::{WebError, bind_page};
pub(crate) use routes::serve;
