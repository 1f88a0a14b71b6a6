//! Opening a stream of events for a script: the request, and what comes of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_http::{Exchange, Request, Tap};
use flashcrowd_metrics::TagSet;
use http::{HeaderMap, HeaderValue, Method, header};
use rquickjs::{Ctx, Exception, Function, Object, Persistent, Value};

use super::link::{Link, Told};
use super::measure::Measure;
use crate::event_loop::Completion;
use crate::modules::http::{headers, timeout};
use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::state::{self, VuState};
use crate::tags;

/// How long a stream may take that has no timeout.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a script asks for.
struct Asked {
    url: String,
    request: Request,
    tags: Option<TagSet>,
}

/// `open(url, params, tell)`: asks for a stream, and answers the function that ends it.
pub fn open<'js>(
    ctx: Ctx<'js>,
    Text(url): Text,
    params: Value<'js>,
    tell: Function<'js>,
) -> rquickjs::Result<Function<'js>> {
    let vu = state::current();
    let Asked { url, mut request, tags } = read(&ctx, &vu, url, &params)?;
    let measure = Measure::begin(&vu, &url, request.method.as_str(), tags);
    let link = Rc::new(Link::new(measure));
    let to = link.clone();
    request.tap = Some(Tap::new(move |part| to.take(part)));
    let (owner, of) = (vu.clone(), link.clone());
    vu.events.spawn(async move {
        let client = owner.client.as_ref()?;
        let given_up: RefCell<Box<Exchange>> = RefCell::default();
        let ended = {
            let note = |exchange: &Exchange| **given_up.borrow_mut() = exchange.clone();
            tokio::select! {
                exchange = client.send_telling(&request, note) => Some(exchange),
                () = of.stopped() => None,
            }
        };
        of.end(ended.unwrap_or_else(|| given_up.take()));
        None
    });
    listen(&vu, url, link.clone(), Persistent::save(&ctx, tell));
    Function::new(ctx, move || link.stop())
}

/// Tells the script everything that has come, and goes on until the end.
fn listen(vu: &Rc<VuState>, url: String, link: Rc<Link>, tell: Persistent<Function<'static>>) {
    let owner = vu.clone();
    vu.events.spawn(async move {
        let news = link.next().await;
        let done: Completion = Box::new(move |ctx| {
            let call = tell.clone().restore(ctx)?;
            for told in news {
                match told {
                    Told::Head(200, headers) => {
                        call.call::<_, ()>(("open", response(ctx, &url, 200, &headers, "")?))?
                    }
                    Told::Event(_) | Told::Head(..) if link.is_stopped() => {}
                    Told::Head(..) => {}
                    Told::Event(event) => {
                        let object = Object::new(ctx.clone())?;
                        object.set("id", event.id)?;
                        object.set("name", event.name)?;
                        object.set("data", event.data)?;
                        object.set("comment", event.comment)?;
                        call.call::<_, ()>(("event", object))?;
                    }
                    Told::End(exchange) => {
                        let error = problem(&link, &exchange);
                        let response = response(ctx, &url, exchange.status, &exchange.headers, &error)?;
                        return call.call(("end", response));
                    }
                }
            }
            listen(&owner, url, link, tell);
            Ok(())
        });
        Some(done)
    });
}

/// What went wrong with a stream; nothing where its script ended it.
fn problem(link: &Link, exchange: &Exchange) -> String {
    match &exchange.error {
        _ if link.was_too_long() => "an event is longer than 8 MiB".to_owned(),
        _ if link.is_stopped() => String::new(),
        Some(error) => error.message.to_string(),
        None if exchange.status != 200 => format!("no stream of events: status {}", exchange.status),
        None => String::new(),
    }
}

fn response<'js>(
    ctx: &Ctx<'js>,
    url: &str,
    status: u16,
    headers: &HeaderMap,
    error: &str,
) -> rquickjs::Result<Object<'js>> {
    let response = Object::new(ctx.clone())?;
    response.set("url", url)?;
    response.set("status", status)?;
    response.set("headers", headers::object(ctx, headers)?)?;
    response.set("error", error)?;
    Ok(response)
}

fn read<'js>(ctx: &Ctx<'js>, vu: &VuState, url: String, params: &Value<'js>) -> rquickjs::Result<Asked> {
    let fail = |text: String| Exception::throw_message(ctx, &text);
    let worker = match &vu.worker {
        Some(worker) if !vu.in_init() => worker,
        _ => return Err(fail("streams of events in the init context are not supported".to_owned())),
    };
    let target = worker.http.target(&url).map_err(|error| fail(format!("invalid URL: {}", error.message)))?;
    let mut request = Request { timeout: FOR_EVER, ..Request::new(Method::GET, target) };
    request.headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
    request.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let mut tags = None;
    if let Some(params) = params.as_object() {
        for entry in params.props::<Text, Value<'js>>() {
            let (Text(name), value) = entry?;
            match name.as_str() {
                _ if !convert::is_some(&value) => {}
                "method" => {
                    let method = convert::text(&value)?.to_ascii_uppercase();
                    request.method = Method::from_bytes(method.as_bytes())
                        .map_err(|_| fail(format!("invalid method '{method}'")))?;
                }
                "headers" => set_headers(ctx, &mut request, &value)?,
                "tags" => tags = tags::optional(ctx, Some(value))?,
                "timeout" => request.timeout = timeout(ctx, &value)?,
                "body" => {
                    request.body = match vm::binary(&value) {
                        Some(bytes) => Bytes::from(bytes),
                        None => Bytes::from(convert::text(&value)?),
                    };
                }
                _ => {
                    let text =
                        format!("unknown param '{name}': there are method, headers, tags, timeout, body");
                    return Err(fail(text));
                }
            }
        }
    }
    headers::add_cookies(vu, &mut request);
    Ok(Asked { url, request, tags })
}

fn set_headers<'js>(ctx: &Ctx<'js>, request: &mut Request, given: &Value<'js>) -> rquickjs::Result<()> {
    let Some(given) = given.as_object() else { return Ok(()) };
    for entry in given.props::<Text, Value<'js>>() {
        let (Text(name), value) = entry?;
        let text = convert::text(&value)?;
        headers::insert(ctx, request, &name, &text)?;
    }
    Ok(())
}
