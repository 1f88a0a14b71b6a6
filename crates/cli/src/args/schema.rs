//! Schema arguments name the form whose JSON Schema is printed.

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  flashcrowd schema plan > plan.schema.json
  flashcrowd schema result > result.schema.json

A plan whose first line is this is completed and checked by editors that know the YAML language server:
  # yaml-language-server: $schema=plan.schema.json

Exit code: 0.";

/// `schema`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// What it is the schema of
    #[arg(value_name = "FORM")]
    pub form: Form,
}

/// A form that files of flashcrowd have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A plan, as run takes it
    Plan,
    /// The result.json of a record
    Result,
}
