//! Pages of a run: who may see them, and the server that sends them.
//!
//! A [`Page`] has its address before anything else happens; a [`Guard`] says who may ask; [`serve`] hands requests to
//! whoever has the answers.

mod answer;
mod guard;
mod page;
mod server;

pub use answer::{Answer, Body, document, events, file, html, json, no_content, of_kind, refused, text};
pub use guard::{Guard, Refusal};
pub use page::{Page, PageError, Place};
pub use server::{Answers, serve};

/// The looks that all pages share: colours, tiles, buttons, tables, and charts.
pub const STYLE: &str = include_str!("../assets/page.css");
