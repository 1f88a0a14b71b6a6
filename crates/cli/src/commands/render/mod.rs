//! `render` writes what a platform needs to make a run.

mod manifests;

pub use self::manifests::run;
pub use crate::args::RenderArgs;
