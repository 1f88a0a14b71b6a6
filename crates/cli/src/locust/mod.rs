//! Running Locust files: their command line, the run, and what is written of it.

mod command_line;
mod execute;
mod outputs;

pub use command_line::command_line;
pub use execute::execute;
