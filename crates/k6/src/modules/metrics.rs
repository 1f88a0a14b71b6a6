//! Module `k6/metrics`: Counter, Gauge, Rate and Trend.

use flashcrowd_metrics::{Contains, Kind, MetricId};
use rquickjs::function::{Constructor, Opt, This};
use rquickjs::{Ctx, Exception, Function, Object, Value};

use crate::quickjs::convert;
use crate::state;
use crate::tags;

/// What the module exports.
pub const EXPORTS: &[&str] = &["Counter", "Gauge", "Rate", "Trend"];

/// Makes the module's classes.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    for (name, kind) in EXPORTS.iter().zip([Kind::Counter, Kind::Gauge, Kind::Rate, Kind::Trend]) {
        module.set(*name, class(ctx, name, kind)?)?;
    }
    Ok(module)
}

fn class<'js>(ctx: &Ctx<'js>, name: &str, kind: Kind) -> rquickjs::Result<Constructor<'js>> {
    let construct =
        move |ctx: Ctx<'js>, target: This<Value<'js>>, name: Opt<Value<'js>>, is_time: Opt<Value<'js>>| {
            construct(&ctx, &target.0, kind, name.0, is_time.0)
        };
    let constructor = Constructor::new_prototype(ctx, Object::new(ctx.clone())?, construct)?;
    constructor.set_name(name)?;
    Ok(constructor)
}

fn construct<'js>(
    ctx: &Ctx<'js>,
    target: &Value<'js>,
    kind: Kind,
    name: Option<Value<'js>>,
    is_time: Option<Value<'js>>,
) -> rquickjs::Result<Object<'js>> {
    let Some(target) = target.as_object() else {
        return Err(Exception::throw_type(ctx, "metrics are made with new: new Counter('name')"));
    };
    let vu = state::current();
    if !vu.in_init() {
        return Err(Exception::throw_message(ctx, "metrics must be declared in the init context"));
    }
    let name = convert::text_of(Opt(name))?.unwrap_or_default();
    let contains = match is_time.as_ref().is_some_and(convert::truthy) {
        true => Contains::Time,
        false => Contains::Default,
    };
    let id = vu
        .program
        .registry
        .define(&name, kind, contains)
        .map_err(|error| Exception::throw_message(ctx, &error.to_string()))?;
    let prototype: Object<'js> = target.get("prototype")?;
    let metric = Object::new_proto(ctx.clone(), Some(&prototype))?;
    metric.set("name", name.as_str())?;
    let add = move |ctx: Ctx<'js>, value: Opt<Value<'js>>, extra: Opt<Value<'js>>| {
        add(&ctx, id, &name, value.0, extra.0)
    };
    metric
        .prop("add", rquickjs::object::Property::from(Function::new(ctx.clone(), add)?.with_name("add")?))?;
    Ok(metric)
}

fn add<'js>(
    ctx: &Ctx<'js>,
    metric: MetricId,
    name: &str,
    value: Option<Value<'js>>,
    extra: Option<Value<'js>>,
) -> rquickjs::Result<bool> {
    let vu = state::current();
    if vu.in_init() || vu.worker.is_none() {
        return Err(Exception::throw_message(ctx, "cannot add samples to a metric in the init context"));
    }
    let Some(number) = value.as_ref().map(number).transpose()?.flatten() else {
        let shown = value.as_ref().and_then(convert::to_text).unwrap_or_else(|| "undefined".to_owned());
        let text =
            format!("'{shown}' is an invalid value for metric '{name}', a number or a boolean is expected");
        if vu.settings().throw {
            return Err(Exception::throw_type(ctx, &text));
        }
        vu.warn(&text);
        return Ok(false);
    };
    let extra = tags::optional(ctx, extra)?;
    vu.sample(metric, number, extra.as_ref());
    Ok(true)
}

/// Booleans count as one and zero, numeric strings as their number, and what is true without being a number as one.
fn number(value: &Value<'_>) -> rquickjs::Result<Option<f64>> {
    if !convert::is_some(value) {
        return Ok(None);
    }
    let number = convert::number(value)?;
    let counts = if number == 0.0 && convert::truthy(value) { 1.0 } else { number };
    Ok((!counts.is_nan()).then_some(counts))
}
