//! Module `k6/experimental/streams`: the streams of the web, written in JavaScript.

use rquickjs::{Ctx, Function, Object};

/// What the module exports.
pub const EXPORTS: &[&str] = &[
    "CountQueuingStrategy",
    "ReadableStream",
    "ReadableStreamDefaultReader",
    "WritableStream",
    "WritableStreamDefaultWriter",
];

/// Makes the classes.
const CLASSES: &str = include_str!("streams.js");

/// Makes the module's classes.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    ctx.eval::<Function<'js>, _>(CLASSES)?.call(())
}
