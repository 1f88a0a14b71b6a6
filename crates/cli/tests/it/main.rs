//! What the real executable prints, and how it exits.

mod command;
mod shop;
mod start;
