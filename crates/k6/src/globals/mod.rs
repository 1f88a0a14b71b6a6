//! The global objects and functions that scripts have besides those of the language.

mod install;
#[cfg(test)]
mod shown;
mod structured_clone;
mod subtle;
mod text_coding;
mod url;
mod webcrypto;

pub(crate) use install::{install, set_env};
