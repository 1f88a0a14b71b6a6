//! Module `k6/experimental/fs`: files whose bytes all virtual users share.

use std::sync::Arc;

use rquickjs::object::Property;
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Value};

use crate::quickjs::convert::Text;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["SeekMode", "open"];

/// Makes the functions from the host's.
const FUNCTIONS: &str = include_str!("fs.js");

/// The global that tells what is kept of a file of the script.
const KEPT: &str = "__flashcrowd_file";

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let register = Function::new(ctx.clone(), |ctx: Ctx<'js>, kept: Function<'js>| {
        ctx.globals().prop(KEPT, Property::from(kept).configurable())
    })?;
    ctx.eval::<Function<'js>, _>(FUNCTIONS)?.call((Function::new(ctx.clone(), load)?, register))
}

/// What is kept of a file that the script has opened: its name, its size, its parts.
pub fn kept<'js>(ctx: &Ctx<'js>, file: Value<'js>) -> rquickjs::Result<Object<'js>> {
    let kept: Option<Function<'js>> = ctx.globals().get(KEPT)?;
    match kept {
        Some(kept) => kept.call((file,)),
        None => Err(Exception::throw_type(ctx, "a File of 'k6/experimental/fs' is expected")),
    }
}

fn load<'js>(ctx: Ctx<'js>, Text(path): Text) -> rquickjs::Result<Object<'js>> {
    let vu = state::current();
    if !vu.in_init() {
        return Err(Exception::throw_message(&ctx, "open() is only available in the init context"));
    }
    let opened = vu.program.open_named(&path);
    let (full, bytes) = opened.map_err(|text| Exception::throw_message(&ctx, &text))?;
    let kept = Object::new(ctx.clone())?;
    kept.set("path", full.display().to_string())?;
    kept.set("name", full.file_name().map(|name| name.to_string_lossy().into_owned()))?;
    kept.set("size", bytes.len())?;
    let part = move |ctx: Ctx<'js>, from: usize, length: usize| {
        let part = bytes.get(from..from.saturating_add(length)).unwrap_or_default();
        ArrayBuffer::new_copy(ctx, part)
    };
    kept.set("part", Function::new(ctx, part)?)?;
    Ok(kept)
}

/// The bytes of a file that the script has opened.
pub fn bytes(kept: &Object<'_>) -> rquickjs::Result<Arc<[u8]>> {
    let path: String = kept.get("path")?;
    let opened = state::with(|vu| vu.program.open(std::path::Path::new(&path)));
    opened.map_err(|error| Exception::throw_message(kept.ctx(), &format!("cannot read '{path}': {error}")))
}
