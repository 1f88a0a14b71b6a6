//! Module `k6/ws`: WebSockets that block the virtual user until they are closed.

use rquickjs::{Ctx, Function, Object, Promise, Value};

use super::websocket;
use crate::event_loop;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["connect"];

/// Makes the function from the host's.
const CONNECT: &str = include_str!("ws.js");

/// Makes the module's function.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let open = Function::new(ctx.clone(), websocket::open)?;
    let wait =
        Function::new(ctx.clone(), |ctx: Ctx<'js>, promise: Promise<'js>| -> rquickjs::Result<Value<'js>> {
            event_loop::settle(&ctx, &promise)
        })?;
    let throws = Function::new(ctx.clone(), || state::with(|vu| vu.settings().throw))?;
    let warn = Function::new(ctx.clone(), |text: String| state::with(|vu| vu.warn(&text)))?;
    let connect: Function<'js> = ctx.eval::<Function<'js>, _>(CONNECT)?.call((open, wait, throws, warn))?;
    let module = Object::new(ctx.clone())?;
    module.set("connect", connect)?;
    Ok(module)
}
