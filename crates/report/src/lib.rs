//! Documents made of records: reports, comparisons and advice, in English and Korean.
//!
//! A [`Report`] gathers all that any document shows of a record, once; every format is one file that renders it.

mod advice;
mod analysis;
mod answer;
mod breaking;
mod capacity;
mod chart;
mod comparison;
mod details;
mod format;
mod formats;
mod html;
mod json;
mod junit;
mod layout;
mod markdown;
mod measures;
mod model;
mod plain;
mod sections;
mod staircase;
mod words;

pub use advice::{Advice, HEAVIER, SupportCase, advise};
pub use answer::answer as answer_of;
pub use comparison::outcome_name;
pub use format::Format;
pub use formats::{FORMATS, UnknownFormat, render, render_comparison};
pub use layout::Layout;
pub use model::Report;
pub use plain::{capacity_units, duet_table, request_times, verdict};
pub use sections::found::{search_text, trial_line};
