//! What the module exports, and the metrics that a test has as soon as it is imported.

use rquickjs::{Ctx, Exception, Object};

use super::{client, decimal};
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["Client", "Decimal"];

/// Makes the module's classes, and defines its metrics.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    state::with(|vu| vu.program.dynamodb.define(&vu.program.registry))
        .map_err(|error| Exception::throw_message(ctx, &error.to_string()))?;
    let module = Object::new(ctx.clone())?;
    module.set("Client", client::class(ctx)?)?;
    module.set("Decimal", decimal::class(ctx)?)?;
    Ok(module)
}
