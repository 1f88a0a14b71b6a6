//! Schema arguments name the form whose JSON Schema is printed.

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  flashcrowd schema plan > plan.schema.json
  flashcrowd schema result > result.schema.json

Editors that use the YAML language server complete and check a plan that starts with this line:
  # yaml-language-server: $schema=plan.schema.json

Exit code: 0.";

/// `schema`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// The form to print the schema of
    #[arg(value_name = "FORM")]
    pub form: Form,
}

/// A file format of flashcrowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A plan for run
    Plan,
    /// The result.json of a record
    Result,
}
