//! Response callbacks: the functions with which a script sets which responses are expected.

use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::{Ctx, Exception, Object, Value};

use crate::expected::Expected;
use crate::state;

/// Marks the objects that `expectedStatuses` makes.
const MARK: &str = "__expectedStatuses";

/// Reads what `expectedStatuses` returned, or null.
pub fn read_expected(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<Expected> {
    if value.is_null() {
        return Ok(Expected::Unsaid);
    }
    let ranges = value.as_object().and_then(|object| object.get::<_, Vec<Vec<u16>>>(MARK).ok());
    let Some(ranges) = ranges else {
        let text = "a response callback is what http.expectedStatuses() returns, or null";
        return Err(Exception::throw_type(ctx, text));
    };
    Ok(Expected::Statuses(ranges.iter().map(|range| (range[0], range[1])).collect()))
}

/// `http.expectedStatuses(200, {min: 300, max: 399})`.
pub fn expected_statuses<'js>(ctx: Ctx<'js>, statuses: Rest<Value<'js>>) -> rquickjs::Result<Object<'js>> {
    if statuses.0.is_empty() {
        return Err(Exception::throw_type(&ctx, "expectedStatuses needs at least one argument"));
    }
    let mut ranges = Vec::new();
    for (i, status) in statuses.0.iter().enumerate() {
        let range = range(status).ok_or_else(|| {
            let text =
                format!("argument {} of expectedStatuses must be a status or an object {{min, max}}", i + 1);
            Exception::throw_type(&ctx, &text)
        })?;
        ranges.push(range);
    }
    let object = Object::new(ctx)?;
    object.set(MARK, ranges)?;
    Ok(object)
}

fn range(value: &Value<'_>) -> Option<Vec<u16>> {
    if let Some(number) = value.as_number() {
        let status = whole(number)?;
        return Some(vec![status, status]);
    }
    let object = value.as_object()?;
    Some(vec![whole(object.get("min").ok()?)?, whole(object.get("max").ok()?)?])
}

fn whole(number: f64) -> Option<u16> {
    (number.fract() == 0.0 && (0.0..=999.0).contains(&number)).then_some(number as u16)
}

/// `http.setResponseCallback`: the default for this virtual user's further requests.
pub fn set_response_callback<'js>(ctx: Ctx<'js>, callback: Value<'js>) -> rquickjs::Result<()> {
    let expected = read_expected(&ctx, &callback)?;
    state::with(|vu| *vu.expected.borrow_mut() = Rc::new(expected));
    Ok(())
}
