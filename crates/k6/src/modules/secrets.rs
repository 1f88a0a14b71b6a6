//! Module `k6/secrets`: secrets of a test's sources, which are shown nowhere.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flashcrowd_http::{Request, ResponseBody};
use flashcrowd_test::{SecretError, SecretKind, SecretUrl};
use http::{HeaderName, HeaderValue, Method};
use rquickjs::{Ctx, Exception, Function, Object, Persistent, Value};

use crate::event_loop::Completion;
use crate::quickjs::convert::{self, Text};
use crate::selector;
use crate::state::{self, VuState};

/// What the module exports.
pub const EXPORTS: &[&str] = &["get", "source"];

/// Makes the functions from the host's.
const FUNCTIONS: &str = "(ask, known) => {
  const from = (name) => (key) => new Promise((resolve, reject) => ask(name, key, resolve, reject));
  return { get: from(undefined), source: (name) => (known(name), { get: from(String(name)) }) };
}";

/// How long the first wait before another try is.
const BACK_OFF: Duration = Duration::from_millis(500);

/// Secrets that were fetched, by the name of their source and their own.
pub type Fetched = Mutex<HashMap<(String, String), String>>;

/// Makes the module.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let ask = Function::new(ctx.clone(), ask)?;
    let known = Function::new(ctx.clone(), |ctx: Ctx<'js>, Text(name): Text| -> rquickjs::Result<()> {
        let vu = state::current();
        let found = vu.program.secrets.source(Some(&name));
        found.map(|_| ()).map_err(|error| Exception::throw_message(&ctx, &error.to_string()))
    })?;
    ctx.eval::<Function<'js>, _>(FUNCTIONS)?.call((ask, known))
}

/// `ask(source, key, resolve, reject)`
fn ask<'js>(
    ctx: Ctx<'js>,
    source: Value<'js>,
    key: Value<'js>,
    resolve: Function<'js>,
    reject: Function<'js>,
) -> rquickjs::Result<()> {
    let source = if convert::is_some(&source) { Some(convert::text(&source)?) } else { None };
    let key = if convert::is_some(&key) { convert::text(&key)? } else { String::new() };
    let (resolve, reject) = (Persistent::save(&ctx, resolve), Persistent::save(&ctx, reject));
    let vu = state::current();
    let owner = vu.clone();
    vu.events.spawn(async move {
        let found = find(&owner, source.as_deref(), &key).await;
        let done: Completion = Box::new(move |ctx| match found {
            Ok(secret) => resolve.restore(ctx)?.call((secret,)),
            Err(text) => {
                let error = Exception::from_message(ctx.clone(), &text)?;
                reject.restore(ctx)?.call((error,))
            }
        });
        Some(done)
    });
    Ok(())
}

async fn find(vu: &Rc<VuState>, source: Option<&str>, key: &str) -> Result<String, String> {
    let program = &vu.program;
    let source = program.secrets.source(source).map_err(|error| error.to_string())?;
    match source.kind() {
        SecretKind::Known(secrets) => {
            let found = secrets.get(key).cloned();
            found.ok_or_else(|| SecretError::UnknownKey(key.to_owned()).to_string())
        }
        SecretKind::Url(url) => {
            let place = (source.name().to_owned(), key.to_owned());
            let kept = program.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
            if let Some(kept) = kept {
                return Ok(kept);
            }
            let secret = fetch(vu, url, key).await?;
            program.log.secrets().note(std::iter::once(secret.as_str()));
            program.fetched.lock().unwrap_or_else(PoisonError::into_inner).insert(place, secret.clone());
            Ok(secret)
        }
    }
}

/// Asks for a secret. It is no part of the test's requests.
async fn fetch(vu: &VuState, url: &SecretUrl, key: &str) -> Result<String, String> {
    let (Some(worker), Some(client)) = (&vu.worker, &vu.client) else {
        return Err(
            "secrets of an address can be had in setup() and iterations, not in the init context".to_owned()
        );
    };
    let target =
        worker.http.target(&url.template.replace("{key}", key)).map_err(|error| error.to_string())?;
    let method =
        Method::from_bytes(url.method.as_bytes()).map_err(|_| format!("no method '{}'", url.method))?;
    let mut request = Request { timeout: url.timeout, ..Request::new(method, target) };
    request.response_body = ResponseBody::Keep;
    for (name, value) in &url.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let (name, value) = header.ok_or_else(|| format!("invalid header '{name}'"))?;
        request.headers.insert(name, value);
    }
    let mut wait = BACK_OFF;
    for left in (0..=url.retries).rev() {
        let exchange = client.send(&request).await;
        let problem = match (&exchange.error, exchange.status) {
            (None, 200..=299) => return taken(&exchange.body, &url.response_path),
            (Some(error), _) => error.to_string(),
            (None, status) if status == 429 || status >= 500 => format!("status {status}"),
            (None, 404) => return Err(SecretError::UnknownKey(key.to_owned()).to_string()),
            (None, status) => return Err(format!("cannot get the secret \"{key}\": status {status}")),
        };
        if left == 0 {
            return Err(format!("cannot get the secret \"{key}\": {problem}"));
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    Err(format!("cannot get the secret \"{key}\""))
}

fn taken(body: &[u8], path: &str) -> Result<String, String> {
    let text = String::from_utf8_lossy(body);
    if path.is_empty() {
        return Ok(text.into_owned());
    }
    selector::text(&text, path).ok_or_else(|| format!("the answer has nothing at '{path}'"))
}
