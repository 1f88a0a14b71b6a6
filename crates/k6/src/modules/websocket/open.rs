//! Opening a WebSocket for a script: the request, what came of it, and the events after it.

use std::rc::Rc;
use std::time::Duration;

use flashcrowd_http::{Exchange, Frame, Request, WebSocket};
use flashcrowd_metrics::TagSet;
use http::{HeaderValue, Method, header};
use rquickjs::function::Opt;
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Persistent, Value};
use tokio::time::Instant;

use super::link::{Event, Link};
use super::measure::Measure;
use crate::event_loop::Completion;
use crate::modules::http::headers;
use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::state::{self, VuState};
use crate::tags;

/// How long the first request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a script asks for.
struct Asked {
    url: String,
    request: Request,
    tags: Option<TagSet>,
}

/// `open(url, params, opened, event)`: asks for a WebSocket. `opened` gets the response and, if it is there, the link;
/// `event` is called with a kind and what belongs to it.
pub fn open<'js>(
    ctx: Ctx<'js>,
    Text(url): Text,
    params: Value<'js>,
    opened: Function<'js>,
    event: Function<'js>,
) -> rquickjs::Result<()> {
    let vu = state::current();
    let asked = read(&ctx, &vu, url, &params)?;
    let (opened, event) = (Persistent::save(&ctx, opened), Persistent::save(&ctx, event));
    let owner = vu.clone();
    vu.events.spawn(async move {
        let started = Instant::now();
        let client = owner.client.as_ref()?;
        let (exchange, socket) = client.open(&asked.request).await;
        let measure = Measure::begin(&owner, &asked.url, asked.tags.as_ref(), &exchange, started);
        let done: Completion = Box::new(move |ctx| {
            let response = response(ctx, &asked.url, &exchange)?;
            let opened = opened.restore(ctx)?;
            let Some(socket) = socket else {
                return opened.call((response,));
            };
            let link = Link::new(measure);
            // The first events may be answered at once, so the script has its link before there are any.
            let result = opened.call::<_, ()>((response, object(ctx, &link)?));
            watch(link, socket, event);
            result
        });
        Some(done)
    });
    Ok(())
}

/// Waits for the next event, tells it to the script, and goes on until the end.
fn watch(link: Rc<Link>, mut socket: WebSocket, event: Persistent<Function<'static>>) {
    let vu = state::current();
    vu.events.spawn(async move {
        let next = link.next(&mut socket).await;
        let done: Completion = Box::new(move |ctx| {
            let tell = event.clone().restore(ctx)?;
            let end = |code: u16, reason: &str| {
                link.end();
                tell.call::<_, ()>(("end", code, reason))
            };
            match next {
                Event::Frame(Frame::Text(text)) => {
                    watch(link, socket, event);
                    tell.call(("text", text))
                }
                Event::Frame(Frame::Binary(bytes)) => {
                    watch(link, socket, event);
                    tell.call(("binary", ArrayBuffer::new(ctx.clone(), bytes)?))
                }
                Event::Frame(Frame::Ping(payload)) => {
                    watch(link, socket, event);
                    tell.call(("ping", String::from_utf8_lossy(&payload).into_owned()))
                }
                Event::Frame(Frame::Pong(payload)) => {
                    watch(link, socket, event);
                    tell.call(("pong", String::from_utf8_lossy(&payload).into_owned()))
                }
                Event::Frame(Frame::Close(code, reason)) => end(code, &reason),
                Event::End(code, reason) => end(code, &reason),
                Event::Error(error) => {
                    tell.call::<_, ()>(("error", &*error.message))?;
                    end(1006, "")
                }
            }
        });
        Some(done)
    });
}

fn read<'js>(ctx: &Ctx<'js>, vu: &VuState, url: String, params: &Value<'js>) -> rquickjs::Result<Asked> {
    let fail = |text: String| Exception::throw_message(ctx, &text);
    let worker = match &vu.worker {
        Some(worker) if !vu.in_init() => worker,
        _ => return Err(fail("using WebSockets in the init context is not supported".to_owned())),
    };
    let address = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => {
            return Err(fail(format!(
                "invalid WebSocket URL '{url}': write ws://host/path or wss://host/path"
            )));
        }
    };
    let target =
        worker.http.target(&address).map_err(|error| fail(format!("invalid URL: {}", error.message)))?;
    let mut request = Request { timeout: TIMEOUT, ..Request::new(Method::GET, target) };
    let mut tags = None;
    if let Some(params) = params.as_object() {
        set_headers(ctx, &mut request, params.get("headers")?)?;
        let protocols: Option<String> = params.get("protocols")?;
        if let Some(value) = protocols.and_then(|list| HeaderValue::from_str(&list).ok()) {
            request.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
        }
        tags = tags::optional(ctx, params.get("tags")?)?;
    }
    headers::add_cookies(vu, &mut request);
    Ok(Asked { url, request, tags })
}

fn set_headers<'js>(ctx: &Ctx<'js>, request: &mut Request, given: Value<'js>) -> rquickjs::Result<()> {
    let Some(given) = given.as_object() else { return Ok(()) };
    for entry in given.props::<Text, Value<'js>>() {
        let (Text(name), value) = entry?;
        let text = convert::to_text(&value).unwrap_or_default();
        headers::insert(ctx, request, &name, &text)?;
    }
    Ok(())
}

/// What came back of the first request, in the words of `k6/ws`.
fn response<'js>(ctx: &Ctx<'js>, url: &str, exchange: &Exchange) -> rquickjs::Result<Object<'js>> {
    let response = Object::new(ctx.clone())?;
    response.set("url", url)?;
    response.set("status", exchange.status)?;
    response.set("headers", headers::object(ctx, &exchange.headers)?)?;
    response.set("body", String::from_utf8_lossy(&exchange.body).into_owned())?;
    response.set("error", exchange.error.as_ref().map_or("", |error| &*error.message))?;
    Ok(response)
}

/// The link as an object of the script.
fn object<'js>(ctx: &Ctx<'js>, link: &Rc<Link>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let to = link.clone();
    let send = move |ctx: Ctx<'js>, data: Value<'js>| -> rquickjs::Result<()> {
        let frame = match (data.as_string(), vm::binary(&data)) {
            (Some(text), _) => Frame::Text(convert::utf8(text)?),
            (None, Some(bytes)) => Frame::Binary(bytes),
            (None, None) => {
                let text = format!("cannot send a {}: give a string or an ArrayBuffer", data.type_name());
                return Err(Exception::throw_type(&ctx, &text));
            }
        };
        to.send(frame);
        Ok(())
    };
    object.set("send", Function::new(ctx.clone(), send)?)?;
    let to = link.clone();
    object.set("ping", Function::new(ctx.clone(), move || to.ping())?)?;
    let to = link.clone();
    let close = move |code: u16, reason: Opt<Text>| {
        if !to.is_closing() {
            to.send(Frame::Close(code, reason.0.map_or_else(String::new, |Text(reason)| reason)));
        }
    };
    object.set("close", Function::new(ctx.clone(), close)?)?;
    let to = link.clone();
    object.set("buffered", Function::new(ctx.clone(), move || to.buffered())?)?;
    Ok(object)
}
