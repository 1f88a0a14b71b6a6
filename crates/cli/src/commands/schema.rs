//! `schema` prints the JSON Schema of what files of flashcrowd hold.

use super::Context;
use crate::args::{Form, SchemaArgs};
use crate::exit::Failure;
use crate::screen::Stream;

/// Prints it.
#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub fn run(context: &Context, args: &SchemaArgs) -> Result<(), Failure> {
    let schema = match args.form {
        Form::Plan => flashcrowd_plan::schema(),
        Form::Result => flashcrowd_record::result_schema(),
    };
    context.console.write(Stream::Out, &format!("{schema:#}\n"));
    Ok(())
}
