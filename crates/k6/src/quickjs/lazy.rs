//! A lazy global is defined when a script first uses it, so that thousands of VMs do not carry what none asks for.

use rquickjs::object::Accessor;
use rquickjs::{Ctx, Value};

/// Makes `define` run when the global is first read; `define` must set the global.
pub fn global<'js>(
    ctx: &Ctx<'js>,
    name: &'static str,
    define: fn(&Ctx<'js>) -> rquickjs::Result<()>,
) -> rquickjs::Result<()> {
    let read = move |ctx: Ctx<'js>| -> rquickjs::Result<Value<'js>> {
        ctx.globals().remove(name)?;
        define(&ctx)?;
        ctx.globals().get(name)
    };
    let write = move |ctx: Ctx<'js>, value: Value<'js>| -> rquickjs::Result<()> {
        ctx.globals().remove(name)?;
        ctx.globals().set(name, value)
    };
    ctx.globals().prop(name, Accessor::new(read, write).configurable())
}
