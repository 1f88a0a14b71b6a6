//! A run that can be watched while it lasts: where, and what becomes of its page.

mod config;
mod show;

pub use config::LiveConfig;
pub use show::Live;
