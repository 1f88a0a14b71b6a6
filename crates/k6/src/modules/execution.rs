//! Module `k6/execution`: what a script can know and decide about the test it runs in.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use flashcrowd_engine::{AbortReason, ActiveScenario, Control};
use flashcrowd_http::millis;
use flashcrowd_metrics::TagSet;
use rquickjs::function::Opt;
use rquickjs::object::Accessor;
use rquickjs::{Ctx, Exception, Function, IntoJs, Object, Value};

use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::state::{self, Phase, VuState};
use crate::tags;
use crate::wall;

/// What the module exports.
pub const EXPORTS: &[&str] = &["instance", "scenario", "test", "vu"];

/// `exec.vu.metrics.tags` and `.metadata` are objects whose fields are the virtual user's tags.
const DYNAMIC: &str = "
(get, set, remove, all) => new Proxy({}, {
  get: (_, key) => typeof key === 'string' ? get(key) : undefined,
  set: (_, key, value) => { set(key, value); return true; },
  deleteProperty: (_, key) => { remove(key); return true; },
  has: (_, key) => get(key) !== undefined,
  ownKeys: () => Object.keys(all()),
  getOwnPropertyDescriptor: (_, key) => {
    const value = get(key);
    return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
})
";

/// Makes the module's objects, whose fields are looked up when they are read.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    module.set("scenario", scenario(ctx)?)?;
    module.set("instance", instance(ctx)?)?;
    module.set("test", test(ctx)?)?;
    module.set("vu", vu(ctx)?)?;
    Ok(module)
}

/// Gives an object a field that is computed whenever it is read.
fn field<'js, T: IntoJs<'js> + 'js>(
    object: &Object<'js>,
    name: &'static str,
    read: fn(&Ctx<'js>, &VuState) -> rquickjs::Result<T>,
) -> rquickjs::Result<()> {
    let get = move |ctx: Ctx<'js>| {
        let vu = state::current();
        if vu.in_init() {
            let text = format!("getting {name} information in the init context is not supported");
            return Err(Exception::throw_message(&ctx, &text));
        }
        read(&ctx, &vu)
    };
    object.prop(name, Accessor::from(get).enumerable())
}

fn control(ctx: &Ctx<'_>, vu: &VuState) -> rquickjs::Result<Arc<Control>> {
    match &vu.worker {
        Some(worker) => Ok(worker.context.control.clone()),
        None => Err(Exception::throw_message(ctx, "there is no test running yet")),
    }
}

fn running(ctx: &Ctx<'_>, vu: &VuState) -> rquickjs::Result<Rc<ActiveScenario>> {
    if vu.phase.get() != Phase::Iteration {
        let text = "getting scenario information outside of a scenario's iteration is not supported";
        return Err(Exception::throw_message(ctx, text));
    }
    let scenario = vu.scenario.borrow().clone();
    scenario.ok_or_else(|| Exception::throw_message(ctx, "there is no scenario running"))
}

fn scenario<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    field(&object, "name", |ctx, vu| Ok(running(ctx, vu)?.name.to_string()))?;
    field(&object, "executor", |ctx, vu| Ok(running(ctx, vu)?.executor))?;
    field(&object, "startTime", |ctx, vu| Ok(wall_millis(running(ctx, vu)?.started.elapsed())))?;
    field(&object, "progress", |ctx, vu| {
        let scenario = running(ctx, vu)?;
        Ok(control(ctx, vu)?.progress(scenario.index))
    })?;
    field(&object, "iterationInInstance", |ctx, vu| {
        running(ctx, vu)?;
        Ok(vu.iteration.get().map(|iteration| iteration.in_instance as f64))
    })?;
    field(&object, "iterationInTest", |ctx, vu| {
        running(ctx, vu)?;
        Ok(vu.iteration.get().map(|iteration| iteration.in_test as f64))
    })?;
    Ok(object)
}

/// The wall clock's milliseconds, so long ago.
fn wall_millis(ago: Duration) -> f64 {
    let now = wall::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (millis(now) - millis(ago)).floor()
}

fn instance<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    field(&object, "vusActive", |ctx, vu| Ok(control(ctx, vu)?.vus_active() as f64))?;
    field(&object, "vusInitialized", |ctx, vu| Ok(control(ctx, vu)?.vus_initialized() as f64))?;
    field(&object, "iterationsCompleted", |ctx, vu| Ok(control(ctx, vu)?.iterations_completed() as f64))?;
    field(&object, "iterationsInterrupted", |ctx, vu| Ok(control(ctx, vu)?.iterations_interrupted() as f64))?;
    field(&object, "currentTestRunDuration", |ctx, vu| Ok(millis(control(ctx, vu)?.elapsed())))?;
    Ok(object)
}

fn test<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("abort", Function::new(ctx.clone(), abort)?.with_name("abort")?)?;
    object.set("fail", Function::new(ctx.clone(), fail)?.with_name("fail")?)?;
    field(&object, "options", |ctx, vu| {
        let options: Value<'js> = ctx.json_parse(vu.settings().options.to_string())?;
        let freeze: Function<'js> = ctx.eval(
            "(function freeze(o) { if (o && typeof o === 'object') { Object.values(o).forEach(freeze); \
             Object.freeze(o); } return o; })",
        )?;
        freeze.call::<_, Value<'js>>((options,))
    })?;
    Ok(object)
}

fn abort<'js>(ctx: Ctx<'js>, message: Opt<Value<'js>>) -> rquickjs::Result<()> {
    let vu = state::current();
    let message = convert::text_of(message)?.unwrap_or_default();
    vu.program.abort(&message);
    vu.has_aborted.set(true);
    if let Some(worker) = &vu.worker {
        worker.context.control.abort(AbortReason::Script(message));
    }
    vu.set_interrupted(true);
    Err(vm::uncatchable(&ctx, "test aborted"))
}

fn fail<'js>(ctx: Ctx<'js>, message: Opt<Value<'js>>) -> rquickjs::Result<()> {
    let vu = state::current();
    let control = control(&ctx, &vu)?;
    control.mark_failed(convert::text_of(message)?.unwrap_or_default());
    Ok(())
}

fn vu<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    field(&object, "idInInstance", |_, vu| Ok(vu.ids.in_instance as f64))?;
    field(&object, "idInTest", |_, vu| Ok(vu.ids.in_test as f64))?;
    field(&object, "iterationInInstance", |_, vu| Ok(vu.begun.get().saturating_sub(1) as f64))?;
    field(&object, "iterationInScenario", |ctx, vu| {
        running(ctx, vu)?;
        Ok(vu.iteration.get().map(|iteration| iteration.in_scenario as f64))
    })?;
    field(&object, "tags", tag_object)?;
    let metrics = Object::new(ctx.clone())?;
    field(&metrics, "tags", tag_object)?;
    field(&metrics, "metadata", |ctx, _| metadata(ctx))?;
    object.set("metrics", metrics)?;
    Ok(object)
}

fn tag_object<'js>(ctx: &Ctx<'js>, _vu: &VuState) -> rquickjs::Result<Value<'js>> {
    let get = Function::new(ctx.clone(), |key: Text| {
        state::with(|vu| vu.base_tags().get(&key.0).map(str::to_owned))
    })?;
    let set = Function::new(ctx.clone(), |ctx: Ctx<'js>, key: Text, value: Value<'js>| {
        set_tag(&ctx, &key.0, &value)
    })?;
    let remove = Function::new(ctx.clone(), |key: Text| {
        state::with(|vu| vu.set_base_tags(vu.base_tags().without(&key.0)));
    })?;
    let all = Function::new(ctx.clone(), |ctx: Ctx<'js>| {
        let object = Object::new(ctx)?;
        let tags: TagSet = state::with(VuState::base_tags);
        tags.iter().try_for_each(|(key, value)| object.set(key, value))?;
        Ok::<_, rquickjs::Error>(object)
    })?;
    ctx.eval::<Function<'js>, _>(DYNAMIC)?.call((get, set, remove, all))
}

fn set_tag<'js>(ctx: &Ctx<'js>, key: &str, value: &Value<'js>) -> rquickjs::Result<()> {
    let Some(text) = tags::text(value) else {
        let text = format!("tag '{key}' must be a string, a number or a boolean");
        return Err(Exception::throw_type(ctx, &text));
    };
    state::with(|vu| vu.set_base_tags(vu.base_tags().with(key, text)));
    Ok(())
}

/// Metadata goes to raw-sample outputs alone; here it is a plain object of this virtual user.
fn metadata<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
    const NAME: &str = "__flashcrowd_metadata";
    let globals = ctx.globals();
    if !globals.contains_key(NAME)? {
        globals.prop(NAME, rquickjs::object::Property::from(Object::new(ctx.clone())?))?;
    }
    globals.get(NAME)
}
