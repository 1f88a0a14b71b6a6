//! The full-screen view of a run: charts, requests and the log at a glance, with keys to steer it.

mod chart;
mod draw;
mod figures;
mod keys;
mod screen;
mod text;

pub use self::screen::{Tui, restore};
