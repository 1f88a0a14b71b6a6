//! Module `k6`: check, fail, group, sleep and randomSeed.

use std::time::Duration;

use flashcrowd_engine::SplitMix64;
use flashcrowd_http::Client;
use flashcrowd_metrics::{Builtin, TagSet};
use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Function, Object, Value};
use tokio::time::Instant;

use crate::quickjs::convert::{self, Text};
use crate::state::{self, VuState};
use crate::tags;

/// What the module exports.
pub const EXPORTS: &[&str] = &["check", "fail", "group", "randomSeed", "sleep"];

/// Between the names of nested groups, so no name may have it.
const SEPARATOR: &str = "::";

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    module.set("check", Function::new(ctx.clone(), check)?.with_name("check")?)?;
    module.set("fail", Function::new(ctx.clone(), fail)?.with_name("fail")?)?;
    module.set("group", Function::new(ctx.clone(), group)?.with_name("group")?)?;
    module.set("randomSeed", Function::new(ctx.clone(), random_seed)?.with_name("randomSeed")?)?;
    module.set("sleep", Function::new(ctx.clone(), sleep)?.with_name("sleep")?)?;
    Ok(module)
}

fn check<'js>(
    ctx: Ctx<'js>,
    value: Opt<Value<'js>>,
    sets: Opt<Value<'js>>,
    extra: Opt<Value<'js>>,
) -> rquickjs::Result<bool> {
    let value = value.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    let vu = state::current();
    if vu.in_init() {
        return Err(Exception::throw_message(&ctx, "using check() in the init context is not supported"));
    }
    let Some(sets) = sets.0.as_ref().and_then(Value::as_object) else {
        let text = "check() needs an object of checks as its second argument: { 'status is 200': (res) => res.status === 200 }";
        return Err(Exception::throw_type(&ctx, text));
    };
    let extra = tags::optional(&ctx, extra.0)?;
    let mut all = true;
    for set in sets.props::<Text, Value<'js>>() {
        let (Text(name), outcome) = set?;
        let passed = one_check(&ctx, &vu, &name, outcome, &value).inspect_err(|_| {
            vu.check(&name, false, extra.as_ref());
        })?;
        vu.check(&name, passed, extra.as_ref());
        all &= passed;
    }
    Ok(all)
}

fn one_check<'js>(
    ctx: &Ctx<'js>,
    vu: &VuState,
    name: &str,
    outcome: Value<'js>,
    value: &Value<'js>,
) -> rquickjs::Result<bool> {
    if name.contains(SEPARATOR) {
        return Err(Exception::throw_message(
            ctx,
            &format!("group and check names may not contain '{SEPARATOR}'"),
        ));
    }
    let outcome = match outcome.as_function() {
        Some(function) => function.call::<_, Value<'js>>((value.clone(),))?,
        None => outcome,
    };
    if outcome.is_promise() {
        let text = format!(
            "check '{name}' returned a promise, whose outcome is not known yet: await the value before the check, as in const value = await f(); check(value, {{ ... }})"
        );
        vu.warn(&text);
        return Err(Exception::throw_type(ctx, &text));
    }
    Ok(convert::truthy(&outcome))
}

fn fail<'js>(ctx: Ctx<'js>, message: Opt<Value<'js>>) -> rquickjs::Result<()> {
    Err(Exception::throw_message(&ctx, &convert::text_of(message)?.unwrap_or_default()))
}

fn group<'js>(ctx: Ctx<'js>, name: Opt<Value<'js>>, body: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let name = convert::text_of(name)?.unwrap_or_default();
    let Some(body) = body.0.as_ref().and_then(Value::as_function) else {
        return Err(Exception::throw_type(&ctx, "group() requires a callback as a second argument"));
    };
    if name.contains(SEPARATOR) {
        return Err(Exception::throw_message(
            &ctx,
            &format!("group and check names may not contain '{SEPARATOR}'"),
        ));
    }
    let Some(worker) = &vu.worker else {
        return Err(Exception::throw_message(&ctx, "using group() in the init context is not supported"));
    };
    if vu.in_init() {
        return Err(Exception::throw_message(&ctx, "using group() in the init context is not supported"));
    }
    let outer = vu.group();
    let tree = worker.context.shard.borrow().plan().tree.clone();
    vu.set_group(tree.group(outer, &name));
    let started = Instant::now();
    let result = body.call::<_, Value<'js>>(());
    let millis = started.elapsed().as_secs_f64() * 1e3;
    vu.sample(Builtin::GROUP_DURATION, millis, None::<&TagSet>);
    vu.set_group(outer);
    let value = result?;
    if value.is_promise() {
        let text =
            "group() does not support async functions, as requests after an await would not be in the group";
        return Err(Exception::throw_type(&ctx, text));
    }
    Ok(value)
}

fn sleep<'js>(ctx: Ctx<'js>, seconds: Opt<Value<'js>>) -> rquickjs::Result<()> {
    let seconds = convert::number_of(seconds)?.max(0.0);
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    if time.is_zero() {
        return Ok(());
    }
    let vu = state::current();
    if time >= Client::WORTH_PARKING {
        vu.park();
    }
    vu.wait(&ctx, tokio::time::sleep(time))
}

/// Replaces `Math.random` with a generator that repeats itself for the same seed.
fn random_seed<'js>(ctx: Ctx<'js>, seed: Opt<Value<'js>>) -> rquickjs::Result<()> {
    let seed = convert::number_of(seed)?;
    set_random_seed(&ctx, seed.to_bits() ^ (seed as i64 as u64).rotate_left(32))
}

/// The same for the program's own seeds.
pub fn set_random_seed(ctx: &Ctx<'_>, seed: u64) -> rquickjs::Result<()> {
    let math: Object<'_> = ctx.globals().get("Math")?;
    let mut stream = SplitMix64::new(seed);
    let next = move || stream.next_share();
    math.set(
        "random",
        Function::new(ctx.clone(), rquickjs::function::MutFn::from(next))?.with_name("random")?,
    )
}
