//! The demo: one crowd at three shops that differ only in how they keep their stock.
//!
//! A [`Sale`] opens a shop and runs the crowd against it; [`Figures`] are what both sides counted. Nothing is printed
//! here and no terminal is known: texts are values, and the caller chooses the listeners of a run.

mod crowd;
mod figures;
mod sale;

pub use crowd::{Crowd, PRODUCT, SCRIPT};
pub use figures::{ERROR_RATE, Figures, P50_MS, P99_MS, Tally, problems};
pub use sale::{Sale, SaleError};
