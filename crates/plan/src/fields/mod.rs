//! The fields of plans, as tables: unknown names are found by them, and the schema is made of them.

mod shape;
mod tables;

pub(crate) use shape::{FieldKind, Shape};
pub(crate) use tables::*;
