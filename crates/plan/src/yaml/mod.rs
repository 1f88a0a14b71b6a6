//! YAML as a tree in which everything knows its place.

mod builder;
mod mend;
mod node;

pub(crate) use builder::parse;
pub(crate) use node::{Content, Entry, Node, Place, Scalar, plain_value};
