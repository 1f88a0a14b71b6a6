//! `schema` prints the JSON Schema of plans or results.

use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

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

/// Prints the schema.
#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub fn run(context: &Context, args: &SchemaArgs) -> Result<(), Failure> {
    let schema = match args.form {
        Form::Plan => flashcrowd_plan::schema(),
        Form::Result => flashcrowd_record::result_schema(),
    };
    context.console.write(Stream::Out, &format!("{schema:#}\n"));
    Ok(())
}
