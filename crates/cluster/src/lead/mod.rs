//! The lead of a run gives agents their parts, has them begin together, and makes one run of what they measure.

mod gathering;
mod loading;
mod playing;
mod settings;
mod skew;
mod state;

pub use settings::{LeadSettings, OnLoss};
pub use state::Lead;
