//! The demo: one crowd at three shops that differ only in how they keep their stock.
//!
//! A [`Sale`] opens a shop and runs the crowd against it; [`Figures`] are what both sides counted. Nothing is printed
//! here and no terminal is known: texts are values, and the caller chooses the listeners of a run.

pub mod amount;
mod crowd;
mod figures;
mod page;
mod picture;
mod sale;
mod story;
mod table;

pub use crowd::{Crowd, PRODUCT, SCRIPT};
pub use figures::{Figures, Tally, problems};
pub use page::Page;
pub use sale::{Sale, SaleError};
