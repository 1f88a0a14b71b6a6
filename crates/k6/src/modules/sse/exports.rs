//! What the module exports, made in JavaScript over the host's function.

use rquickjs::{Ctx, Function, Object, Promise, Value};

use super::open::open;
use crate::event_loop;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["open"];

/// Makes the function from the host's.
const OPEN: &str = include_str!("sse.js");

/// Makes the module's function.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let host = Function::new(ctx.clone(), open)?;
    let wait =
        Function::new(ctx.clone(), |ctx: Ctx<'js>, promise: Promise<'js>| -> rquickjs::Result<Value<'js>> {
            event_loop::settle(&ctx, &promise)
        })?;
    let throws = Function::new(ctx.clone(), || state::with(|vu| vu.settings().throw))?;
    let open: Function<'js> = ctx.eval::<Function<'js>, _>(OPEN)?.call((host, wait, throws))?;
    let module = Object::new(ctx.clone())?;
    module.set("open", open)?;
    Ok(module)
}
