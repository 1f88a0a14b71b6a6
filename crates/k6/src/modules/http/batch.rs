//! A batch sends several requests at once, within limits for all and for each host.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::future::join_all;
use rquickjs::function::Opt;
use rquickjs::{Array, Ctx, Exception, Object, Value};
use tokio::sync::Semaphore;

use super::call::Call;
use super::perform::{CallOutcome, perform};
use super::{refusable, response};
use crate::quickjs::convert::{self, Text};
use crate::state::{self, VuState};

/// How many requests a batch takes: all of them are made ready before the first is sent.
const MOST: usize = 50_000;

/// `http.batch`: an array or object of requests; the answer has the same shape.
pub fn batch<'js>(ctx: Ctx<'js>, requests: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let Some(requests) = requests.0.as_ref().and_then(Value::as_object) else {
        return Err(Exception::throw_type(&ctx, "batch takes an array or an object of requests"));
    };
    let mut keys = Vec::new();
    let mut calls = Vec::new();
    for request in requests.props::<Text, Value<'js>>() {
        let (Text(key), value) = request?;
        if keys.len() == MOST {
            let text = format!("a batch takes {MOST} requests at most: send several batches");
            return Err(Exception::throw_range(&ctx, &text));
        }
        calls.push(refusable(&ctx, &vu, read(&ctx, &vu, value))?);
        keys.push(key);
    }
    let throws: Vec<bool> = calls.iter().map(|call| call.as_ref().is_ok_and(|call| call.throw)).collect();
    let limits = Limits::new(&vu);
    let answers = match calls.iter().any(Result::is_err) {
        false => {
            vu.wait(&ctx, join_all(calls.into_iter().flatten().map(|call| limits.perform(&vu, call))))?
        }
        true => calls.into_iter().map(|call| call.err().unwrap_or_else(unsent)).collect(),
    };
    let is_array = requests.is_array();
    let responses = match is_array {
        true => Array::new(ctx.clone())?.into_object(),
        false => Object::new(ctx.clone())?,
    };
    for ((key, answer), throw) in keys.into_iter().zip(answers).zip(throws) {
        let value = response::finish(&ctx, answer, throw)?;
        match key.parse::<u32>() {
            Ok(index) if is_array => responses.set(index, value)?,
            _ => responses.set(key, value)?,
        }
    }
    Ok(responses.into_value())
}

/// The answer to a request that is right, in a batch that is not.
fn unsent() -> Box<CallOutcome> {
    CallOutcome::refused("not sent, as another request of the batch is wrong".to_owned())
}

/// How many requests may run at once.
struct Limits {
    all: Semaphore,
    per_host: usize,
    hosts: RefCell<HashMap<String, Rc<Semaphore>>>,
}

impl Limits {
    fn new(vu: &VuState) -> Self {
        let settings = vu.settings();
        let limit = |n: usize| if n == 0 { Semaphore::MAX_PERMITS } else { n };
        Self {
            all: Semaphore::new(limit(settings.batch)),
            per_host: limit(settings.batch_per_host),
            hosts: RefCell::default(),
        }
    }

    async fn perform(&self, vu: &Rc<VuState>, call: Box<Call>) -> Box<CallOutcome> {
        let host = call
            .request
            .as_ref()
            .map_or_else(|_| String::new(), |request| request.target.origin.host.clone());
        let of_host = self
            .hosts
            .borrow_mut()
            .entry(host)
            .or_insert_with(|| Rc::new(Semaphore::new(self.per_host)))
            .clone();
        // A semaphore that nobody closes always grants a permit in the end.
        let _host = of_host.acquire().await;
        let _any = self.all.acquire().await;
        perform(vu, call).await
    }
}

fn read<'js>(ctx: &Ctx<'js>, vu: &VuState, value: Value<'js>) -> rquickjs::Result<Box<Call>> {
    if let Some(list) = value.as_array() {
        if list.len() < 2 {
            return Err(Exception::throw_message(
                ctx,
                "a batch request in an array needs a method and a URL: [method, url, body, params]",
            ));
        }
        let item = |i: usize| list.get::<Value<'js>>(i).ok();
        let method = item(0).as_ref().and_then(convert::to_text).unwrap_or_default().to_uppercase();
        return Call::prepare(ctx, vu, &method, item(1), body_of(&method, item(2)), item(3));
    }
    let Some(object) = value.as_object() else {
        return Call::prepare(ctx, vu, "GET", Some(value), None, None);
    };
    let is_template = object.contains_key("name")? && !object.contains_key("method")?;
    if is_template {
        return Call::prepare(ctx, vu, "GET", Some(value.clone()), None, None);
    }
    let method: Option<Value<'js>> = object.get("method")?;
    let method = method
        .filter(convert::is_some)
        .as_ref()
        .and_then(convert::to_text)
        .unwrap_or_else(|| "GET".to_owned());
    let method = method.to_uppercase();
    let body = body_of(&method, object.get("body")?);
    Call::prepare(ctx, vu, &method, object.get("url")?, body, object.get("params")?)
}

/// GET and HEAD send none.
fn body_of<'js>(method: &str, body: Option<Value<'js>>) -> Option<Value<'js>> {
    body.filter(|_| !matches!(method, "GET" | "HEAD"))
}
