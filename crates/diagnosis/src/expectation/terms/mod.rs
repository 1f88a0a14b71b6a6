//! The terms of expectations: what was promised, within which bound, and what was observed.

mod error;
mod observation;
mod promise;
mod target;

pub use error::ExpectationError;
pub(crate) use observation::{Found, Looked, Observation};
pub(crate) use promise::{Promise, Scope, scoped};
pub(crate) use target::{Form, Op, Target};
