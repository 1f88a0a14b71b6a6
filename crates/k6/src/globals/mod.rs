//! The global objects and functions that scripts have besides those of the language.

mod install;
mod text_coding;
mod webcrypto;

pub(crate) use install::{install, set_env};
