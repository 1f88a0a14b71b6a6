//! Module `k6/websockets`: the WebSocket API of browsers, on the virtual user's event loop.

use rquickjs::{Ctx, Function, Object};

use super::websocket;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["Blob", "WebSocket"];

/// Makes the classes from the host's function.
const CLASSES: &str = include_str!("websockets.js");

/// Makes the module's classes.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let open = Function::new(ctx.clone(), websocket::open)?;
    let warn = Function::new(ctx.clone(), |text: String| state::with(|vu| vu.warn(&text)))?;
    ctx.eval::<Function<'js>, _>(CLASSES)?.call((open, warn))
}
