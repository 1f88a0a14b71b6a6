//! A batch sends several requests at once, within limits for all and for each host.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use flashcrowd_http::ErrorCode;
use futures_util::future::join_all;
use rquickjs::function::Opt;
use rquickjs::{Array, Ctx, Exception, Object, Value};
use tokio::sync::Semaphore;

use super::call::{Call, Said};
use super::perform::{CallOutcome, perform, refused};
use super::response;
use crate::quickjs::convert::{self, Text};
use crate::state::{self, VuState};

/// What is wrong with a list that is no request.
const TOO_SHORT: &str = "a batch request in an array needs a method and a URL: [method, url, body, params]";
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
        calls.push(Call::prepare(&ctx, &vu, read(value)?)?);
        keys.push(key);
    }
    let throws: Vec<bool> = calls.iter().map(|call| call.throw).collect();
    let limits = Limits::new(&vu);
    let answers = match calls.iter().any(|call| is_wrong(call)) {
        false => vu.wait(&ctx, join_all(calls.into_iter().map(|call| limits.perform(&vu, call))))?,
        true => calls.into_iter().map(|call| refused(&vu, call)).collect(),
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

/// Whether a request cannot even be understood, so that nothing of its batch is sent.
fn is_wrong(call: &Call) -> bool {
    let url = call.request.target.refusal();
    call.refusal.is_some() || url.is_some_and(|error| error.code == ErrorCode::INVALID_URL)
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
        let host = call.request.target.origin.host.clone();
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

fn read(value: Value<'_>) -> rquickjs::Result<Said<'_>> {
    let plain = |target, wrong| Said { method: "GET".to_owned(), target, body: None, params: None, wrong };
    if let Some(list) = value.as_array() {
        if list.len() < 2 {
            return Ok(plain(None, Some(TOO_SHORT)));
        }
        let item = |i: usize| list.get::<Value<'_>>(i).ok();
        let method = convert::text_of(Opt(item(0)))?.unwrap_or_default().to_uppercase();
        let body = body_of(&method, item(2));
        return Ok(Said { method, target: item(1), body, params: item(3), wrong: None });
    }
    let Some(object) = value.as_object() else { return Ok(plain(Some(value), None)) };
    let is_template = object.contains_key("name")? && !object.contains_key("method")?;
    if is_template || !object.contains_key("url")? {
        return Ok(plain(Some(value), None));
    }
    let method =
        convert::text_of(Opt(object.get("method")?))?.map_or("GET".to_owned(), |said| said.to_uppercase());
    let body = body_of(&method, object.get("body")?);
    Ok(Said { method, target: object.get("url")?, body, params: object.get("params")?, wrong: None })
}

/// GET and HEAD send none.
fn body_of<'js>(method: &str, body: Option<Value<'js>>) -> Option<Value<'js>> {
    body.filter(|_| !matches!(method, "GET" | "HEAD"))
}
