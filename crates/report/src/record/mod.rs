//! The record is a folder that holds a whole run: enough to rebuild every report, also when it was cut short.

mod error;
mod files;
mod partial;
mod reader;
mod redact;
mod run_info;
mod timeline;
mod writer;

pub use error::RecordError;
pub use reader::Record;
pub use run_info::{Expected, HostInfo, Phase, RunInfo, Source};
pub use timeline::{ProcessUse, ScenarioProgress, TimelineLine, TimelineRow};
pub use writer::RecordWriter;
