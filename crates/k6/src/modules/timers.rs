//! Module `k6/timers`: the four timer functions that are globals too.

use rquickjs::{Ctx, Object};

use crate::event_loop;

/// What the module exports.
pub const EXPORTS: &[&str] = &["clearInterval", "clearTimeout", "setInterval", "setTimeout"];

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    for (name, function) in event_loop::timers(ctx)? {
        module.set(name, function)?;
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use rquickjs::{Context, Runtime};

    use super::*;

    #[test]
    fn all_four_are_functions() {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            let module = build(&ctx).unwrap();
            for name in EXPORTS {
                assert!(module.get::<_, rquickjs::Value<'_>>(*name).unwrap().is_function(), "{name}");
            }
        });
    }
}
