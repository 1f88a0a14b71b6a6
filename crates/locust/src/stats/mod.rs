//! The figures of a run as Locust shows them: rows by method and name, failures, and what is written of them.

mod csv_files;
mod documents;
mod entry;
mod fold;
mod report;
mod table;
mod text;

pub use csv_files::CsvFiles;
pub use documents::{html, json};
pub use report::{Report, Row};
pub(crate) use table::{Counted, Table};
pub use text::{text_report, text_table};
