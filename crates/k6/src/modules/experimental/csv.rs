//! Module `k6/experimental/csv`: rows of CSV files, all at once or one by one.

use std::cell::RefCell;
use std::io::Cursor;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord};
use rquickjs::{Ctx, Exception, Function, Object, Value};

use super::fs;
use crate::modules::data;

/// What the module exports.
pub const EXPORTS: &[&str] = &["Parser", "parse"];

/// Makes the function and the class from the host's.
const FUNCTIONS: &str = include_str!("csv.js");

/// Makes the module's function and class.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let shared: Value<'js> = data::build(ctx)?.get("SharedArray")?;
    ctx.eval::<Function<'js>, _>(FUNCTIONS)?.call((Function::new(ctx.clone(), read)?, shared))
}

/// A function that answers the next row of a file each time; nothing after the last.
fn read<'js>(ctx: Ctx<'js>, file: Value<'js>, delimiter: String) -> rquickjs::Result<Function<'js>> {
    let bytes: Arc<[u8]> = fs::bytes(&fs::kept(&ctx, file)?)?;
    let delimiter = delimiter.bytes().next().unwrap_or(b',');
    let mut builder = ReaderBuilder::new();
    let builder = builder.delimiter(delimiter).has_headers(false).flexible(true);
    let reader = RefCell::new(builder.from_reader(Cursor::new(bytes)));
    let record = RefCell::new(StringRecord::new());
    let next = move |ctx: Ctx<'js>| -> rquickjs::Result<Option<Vec<String>>> {
        let mut record = record.borrow_mut();
        match reader.borrow_mut().read_record(&mut record) {
            Ok(true) => Ok(Some(record.iter().map(str::to_owned).collect())),
            Ok(false) => Ok(None),
            Err(error) => Err(Exception::throw_message(&ctx, &format!("cannot read the CSV file: {error}"))),
        }
    };
    Function::new(ctx, next)
}
