//! The globals of a script: `console`, `open`, `__ENV` and the like.

use std::collections::BTreeMap;

use rquickjs::function::{Opt, Rest};
use rquickjs::object::{Accessor, Property};
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, IntoJs, Object, Value};

use super::structured_clone;
use super::text_coding;
use super::url;
use super::webcrypto;
use crate::commonjs;
use crate::event_loop;
use crate::inspect;
use crate::quickjs::convert;
use crate::quickjs::lazy;
use crate::quickjs::throws;
use crate::state;
use flashcrowd_test::{Level, Source};

/// Gives a VM its globals.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    globals.prop("global", Property::from(globals.clone()).writable().configurable())?;
    globals.set("__VU", state::with(|vu| vu.ids.in_instance))?;
    // Looked up when it is read, which costs iterations that do not ask nothing.
    globals
        .prop("__ITER", Accessor::from(|| state::with(|vu| vu.begun.get().checked_sub(1))).configurable())?;
    lazy::global(ctx, "__ENV", |ctx| {
        let program = state::with(|vu| vu.program.clone());
        set_env(ctx, &program.env, &BTreeMap::new())
    })?;
    globals.set("console", console(ctx)?)?;
    globals.set("open", Function::new(ctx.clone(), open)?.with_name("open")?)?;
    for (name, function) in event_loop::timers(ctx)? {
        globals.set(name, function)?;
    }
    // What a script cannot reach, thousands of VMs need not carry.
    let builtins = state::with(|vu| vu.program.builtins());
    if builtins.typed_arrays {
        text_coding::install(ctx)?;
        webcrypto::install(ctx)?;
    }
    if builtins.urls {
        url::install(ctx)?;
    }
    if builtins.clones {
        structured_clone::install(ctx)?;
    }
    throws::install(ctx)?;
    commonjs::install(ctx)
}

/// Sets `__ENV`: the test's environment, and the scenario's over it.
pub fn set_env(
    ctx: &Ctx<'_>,
    test: &BTreeMap<String, String>,
    scenario: &BTreeMap<String, String>,
) -> rquickjs::Result<()> {
    let env = Object::new(ctx.clone())?;
    for (name, value) in test.iter().chain(scenario) {
        env.set(name.as_str(), value.as_str())?;
    }
    ctx.globals().remove("__ENV")?;
    ctx.globals().set("__ENV", env)
}

fn console<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let console = Object::new(ctx.clone())?;
    let levels = [
        ("log", Level::Info),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("warn", Level::Warn),
        ("error", Level::Error),
    ];
    for (name, level) in levels {
        let print = move |values: Rest<Value<'js>>| {
            let text: Vec<String> = values.0.iter().map(inspect::display).collect();
            state::with(|vu| vu.log(level, Source::Console, &text.join(" ")));
        };
        console.set(name, Function::new(ctx.clone(), print)?.with_name(name)?)?;
    }
    Ok(console)
}

fn open<'js>(ctx: Ctx<'js>, path: Opt<Value<'js>>, mode: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let path = convert::text_of(path)?.unwrap_or_default();
    let fail = |message: String| Exception::throw_message(&ctx, &message);
    if !vu.in_init() {
        return Err(fail("open() is only available in the init context".to_owned()));
    }
    if path.is_empty() {
        return Err(fail("open() can't be used with an empty path".to_owned()));
    }
    let (_, bytes) = vu.program.open_named(&path).map_err(fail)?;
    if convert::text_of(mode)?.as_deref() == Some("b") {
        return Ok(ArrayBuffer::new_copy(ctx.clone(), &bytes[..])?.into_value());
    }
    String::from_utf8_lossy(&bytes).into_owned().into_js(&ctx)
}
