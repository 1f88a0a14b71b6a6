//! Reading turns the text of a plan into test plans, or says everything that is wrong with it.

mod audit;
mod call;
mod check;
mod data;
mod document;
mod draft;
mod expected;
mod files;
mod find;
mod mix;
mod names;
mod object;
mod reader;
mod scalar;
mod scenario;
mod step;
mod target;
mod template;

pub use files::{Sources, expectations, read};
