//! Module `k6/http`: requests, batches, cookies and responses.

mod batch;
mod body;
mod call;
mod cookies;
mod debug;
mod expected;
mod fields;
pub(crate) mod headers;
mod perform;
mod response;

use std::pin::pin;

use rquickjs::function::{Opt, Rest, This};
use rquickjs::{Ctx, Exception, Function, Object, Persistent, Value};

use crate::quickjs::convert::{self, Text};
use crate::state;
pub use call::timeout;
use call::{Call, Said};

/// What the module exports.
pub const EXPORTS: &[&str] = &[
    "CookieJar",
    "OCSP_REASON_AA_COMPROMISE",
    "OCSP_REASON_AFFILIATION_CHANGED",
    "OCSP_REASON_CA_COMPROMISE",
    "OCSP_REASON_CERTIFICATE_HOLD",
    "OCSP_REASON_CESSATION_OF_OPERATION",
    "OCSP_REASON_KEY_COMPROMISE",
    "OCSP_REASON_PRIVILEGE_WITHDRAWN",
    "OCSP_REASON_REMOVE_FROM_CRL",
    "OCSP_REASON_SUPERSEDED",
    "OCSP_REASON_UNSPECIFIED",
    "OCSP_STATUS_GOOD",
    "OCSP_STATUS_REVOKED",
    "OCSP_STATUS_SERVER_FAILED",
    "OCSP_STATUS_UNKNOWN",
    "TLS_1_0",
    "TLS_1_1",
    "TLS_1_2",
    "TLS_1_3",
    "asyncRequest",
    "batch",
    "cookieJar",
    "del",
    "expectedStatuses",
    "file",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "request",
    "setResponseCallback",
    "url",
];

/// Methods that have a function of their own, and whether that takes a body.
const METHODS: [(&str, &str, bool); 7] = [
    ("get", "GET", false),
    ("head", "HEAD", false),
    ("post", "POST", true),
    ("put", "PUT", true),
    ("patch", "PATCH", true),
    ("del", "DELETE", true),
    ("options", "OPTIONS", true),
];

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    for (name, method, has_body) in METHODS {
        module.set(name, method_function(ctx, name, method, has_body)?)?;
    }
    module.set("request", Function::new(ctx.clone(), request)?.with_name("request")?)?;
    module.set("asyncRequest", Function::new(ctx.clone(), async_request)?.with_name("asyncRequest")?)?;
    module.set("batch", Function::new(ctx.clone(), batch::batch)?.with_name("batch")?)?;
    module.set("file", Function::new(ctx.clone(), body::file)?.with_name("file")?)?;
    module.set("url", Function::new(ctx.clone(), url)?.with_name("url")?)?;
    module.set("cookieJar", Function::new(ctx.clone(), cookies::current)?.with_name("cookieJar")?)?;
    module.set("CookieJar", cookies::class(ctx)?)?;
    let expected = Function::new(ctx.clone(), expected::expected_statuses)?;
    module.set("expectedStatuses", expected.with_name("expectedStatuses")?)?;
    let callback = Function::new(ctx.clone(), expected::set_response_callback)?;
    module.set("setResponseCallback", callback.with_name("setResponseCallback")?)?;
    constants(&module)?;
    Ok(module)
}

/// Constants whose value is their own name in another form.
fn constants(module: &Object<'_>) -> rquickjs::Result<()> {
    for name in EXPORTS {
        let lower = name.to_lowercase();
        if let Some(version) = lower.strip_prefix("tls_") {
            module.set(*name, format!("tls{}", version.replace('_', ".")))?;
        } else if let Some(word) = lower.strip_prefix("ocsp_status_").or(lower.strip_prefix("ocsp_reason_")) {
            module.set(*name, word)?;
        }
    }
    Ok(())
}

fn method_function<'js>(
    ctx: &Ctx<'js>,
    name: &'static str,
    method: &'static str,
    has_body: bool,
) -> rquickjs::Result<Function<'js>> {
    let send = move |ctx: Ctx<'js>, target: Opt<Value<'js>>, rest: Rest<Value<'js>>| {
        if !has_body && rest.0.len() > 1 {
            state::with(|vu| {
                vu.warn(&format!(
                "http.{name}() takes a URL and params, and no body: what follows them has no effect (http.request('{method}', url, body, params) sends one)"
            ))
            });
        }
        let mut rest = rest.0.into_iter();
        let body = if has_body { rest.next() } else { None };
        let params = rest.next();
        send(&ctx, Said { method: method.to_owned(), target: target.0, body, params, wrong: None })
    };
    Function::new(ctx.clone(), send)?.with_name(name)
}

fn request<'js>(
    ctx: Ctx<'js>,
    method: Opt<Value<'js>>,
    target: Opt<Value<'js>>,
    body: Opt<Value<'js>>,
    params: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let method = convert::text_of(method)?.unwrap_or_default();
    send(&ctx, Said { method, target: target.0, body: body.0, params: params.0, wrong: None })
}

fn send<'js>(ctx: &Ctx<'js>, said: Said<'js>) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let call = Call::prepare(ctx, &vu, said)?;
    let throw = call.throw;
    // Pinned here, since a future this large should not be moved into each call that waits for it.
    let answer = vu.wait(ctx, pin!(perform::perform(&vu, call)))?;
    response::finish(ctx, answer, throw)
}

fn async_request<'js>(
    ctx: Ctx<'js>,
    method: Opt<Value<'js>>,
    target: Opt<Value<'js>>,
    body: Opt<Value<'js>>,
    params: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let (promise, resolve, reject) = ctx.promise()?;
    let said = convert::text_of(method).map(|method| Said {
        method: method.unwrap_or_default(),
        target: target.0,
        body: body.0,
        params: params.0,
        wrong: None,
    });
    let call = match said.and_then(|said| Call::prepare(&ctx, &vu, said)) {
        Ok(call) => call,
        Err(rquickjs::Error::Exception) => {
            reject.call::<_, ()>((ctx.catch(),))?;
            return Ok(promise.into_value());
        }
        Err(error) => return Err(error),
    };
    let (resolve, reject) = (Persistent::save(&ctx, resolve), Persistent::save(&ctx, reject));
    let owner = vu.clone();
    vu.events.spawn(async move {
        let throw = call.throw;
        let answer = perform::perform(&owner, call).await;
        let done: crate::event_loop::Completion = Box::new(move |ctx| {
            let (resolve, reject) = (resolve.restore(ctx)?, reject.restore(ctx)?);
            match response::finish(ctx, answer, throw) {
                Ok(value) => resolve.call((value,)),
                Err(rquickjs::Error::Exception) => reject.call((ctx.catch(),)),
                Err(error) => Err(error),
            }
        });
        Some(done)
    });
    Ok(promise.into_value())
}

/// The template tag `http.url`: the URL, and under which name its samples go.
fn url<'js>(
    ctx: Ctx<'js>,
    _this: This<Value<'js>>,
    parts: Value<'js>,
    values: Rest<Value<'js>>,
) -> rquickjs::Result<Object<'js>> {
    let Some(parts) = parts.as_array() else {
        return Err(Exception::throw_type(
            &ctx,
            "http.url is a template tag: write http.url`https://.../${id}`",
        ));
    };
    let (mut target, mut name) = (String::new(), String::new());
    for (i, part) in parts.iter::<Text>().enumerate() {
        let Text(part) = part?;
        target.push_str(&part);
        name.push_str(&part);
        if let Some(value) = values.0.get(i) {
            target.push_str(&convert::text(value)?);
            name.push_str("${}");
        }
    }
    let object = Object::new(ctx)?;
    object.set("name", name)?;
    object.set("url", target)?;
    Ok(object)
}

/// A header's name as Go writes it: each word with a capital.
pub(crate) fn canonical(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|c| {
            let shown = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            upper = c == '-';
            shown
        })
        .collect()
}
