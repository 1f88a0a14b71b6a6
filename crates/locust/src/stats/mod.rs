//! The figures of a run as Locust shows them: rows by method and name, failures, and what is written of them.

mod chart;
mod csv_files;
mod documents;
mod entry;
mod fold;
mod history;
mod report;
mod table;
mod text;

pub(crate) use chart::charts;
pub use csv_files::CsvFiles;
pub(crate) use csv_files::{CsvTable, file_time};
pub use documents::{html, json};
pub(crate) use history::History;
pub use report::{Report, Row};
pub(crate) use table::{Counted, Table};
pub use text::{text_report, text_table};
