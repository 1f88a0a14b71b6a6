//! A call is one request as a script asked for it, with everything resolved.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_http::{
    Auth, FetchOptions, HttpError, Jar, Request, RequestCookie, ResponseBody, encode, parse_encodings,
};
use flashcrowd_metrics::TagSet;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use rquickjs::{Ctx, Exception, Object, Value};

use super::body::Body;
use super::cookies;
use super::expected::read_expected;
use crate::expected::Expected;
use crate::modules::k6::truthy;
use crate::quickjs::convert;
use crate::quickjs::convert::Text;
use crate::quickjs::fiber::on_thread_stack;
use crate::state::VuState;
use crate::tags;

/// What a script wants of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// A string.
    Text,
    /// An ArrayBuffer.
    Binary,
    /// Nothing.
    None,
}

/// A request that is ready to be sent, or the reason why it cannot be.
pub struct Call {
    /// The request; an invalid URL is an error of the answer.
    pub request: Result<Request, HttpError>,
    /// The URL as the script wrote it.
    pub url: String,
    /// Redirects, credentials, cookies.
    pub options: FetchOptions,
    /// The cookies that go with it.
    pub jar: Rc<RefCell<Jar>>,
    /// The name its samples go under, unless that is the URL.
    pub name: Option<Rc<str>>,
    /// Its own tags.
    pub tags: Option<TagSet>,
    /// Which statuses are expected.
    pub expected: Rc<Expected>,
    /// What the script wants of the body.
    pub response_type: ResponseType,
    /// Whether errors are thrown.
    pub throw: bool,
    /// Whether the script itself said how many redirects to follow.
    pub redirects_said: bool,
}

impl Call {
    /// Reads a request from the arguments of a call.
    pub fn prepare<'js>(
        ctx: &Ctx<'js>,
        vu: &VuState,
        method: &str,
        target: Option<Value<'js>>,
        body: Option<Value<'js>>,
        params: Option<Value<'js>>,
    ) -> rquickjs::Result<Box<Self>> {
        let worker = match &vu.worker {
            Some(worker) if !vu.in_init() => worker,
            _ => {
                return Err(Exception::throw_message(
                    ctx,
                    "making http requests in the init context is not supported",
                ));
            }
        };
        let (url, name) = address(ctx, target)?;
        let body = Body::read(ctx, vu, body)?;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Exception::throw_message(ctx, &format!("invalid method '{method}'")))?;
        let settings = vu.settings();
        let mut request = worker.http.target(&url).map(|target| Request::new(method, target));
        if let Ok(request) = &mut request {
            request.body = body.bytes;
            if let Some(kind) = &body.content_type {
                request.headers.insert(CONTENT_TYPE, header_value(ctx, kind)?);
            }
        }
        let mut call = Box::new(Self {
            request,
            url,
            options: FetchOptions { redirects: settings.max_redirects, ..FetchOptions::default() },
            jar: vu.jar.borrow().clone(),
            name: name.map(Rc::from),
            tags: None,
            expected: vu.expected.borrow().clone(),
            response_type: if settings.discard_response_bodies {
                ResponseType::None
            } else {
                ResponseType::Text
            },
            throw: settings.throw,
            redirects_said: false,
        });
        if let Some(params) = params.filter(convert::is_some) {
            let Some(params) = params.as_object() else {
                return Err(Exception::throw_type(
                    ctx,
                    "params must be an object such as { headers: {}, tags: {} }",
                ));
            };
            for param in params.props::<Text, Value<'js>>() {
                let (Text(key), value) = param?;
                call.param(ctx, vu, &key, &value)?;
            }
        }
        if let Ok(request) = &mut call.request {
            let keep = call.response_type != ResponseType::None;
            request.response_body = if keep { ResponseBody::Keep } else { ResponseBody::Discard };
        }
        Ok(call)
    }

    fn param<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        vu: &VuState,
        key: &str,
        value: &Value<'js>,
    ) -> rquickjs::Result<()> {
        if !convert::is_some(value) && key != "responseCallback" {
            return Ok(());
        }
        match key {
            "headers" => self.headers(ctx, vu, value)?,
            "cookies" => self.cookies(ctx, value)?,
            "jar" => self.jar = cookies::chosen(ctx, vu, Some(value))?,
            "tags" => self.set_tags(ctx, value)?,
            "timeout" => {
                let timeout = timeout(ctx, value)?;
                if let Ok(request) = &mut self.request {
                    request.timeout = timeout;
                }
            }
            "redirects" => {
                let number = convert::to_number(value).filter(|n| *n >= 0.0 && n.fract() == 0.0);
                let number = number.ok_or_else(|| {
                    Exception::throw_type(ctx, "params.redirects must be a whole number from 0")
                })?;
                self.options.redirects = number as u32;
                self.redirects_said = true;
            }
            "auth" => self.auth(ctx, value)?,
            "compression" => self.compress(ctx, value)?,
            "responseType" => self.response_type = response_type(ctx, value)?,
            "responseCallback" => self.expected = Rc::new(read_expected(ctx, value)?),
            "throw" => self.throw = truthy(value),
            _ => {}
        }
        Ok(())
    }

    fn headers<'js>(&mut self, ctx: &Ctx<'js>, vu: &VuState, value: &Value<'js>) -> rquickjs::Result<()> {
        let Ok(request) = &mut self.request else { return Ok(()) };
        for header in object(ctx, value, "headers")?.props::<Text, Value<'js>>() {
            let (Text(name), value) = header?;
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Exception::throw_message(ctx, &format!("invalid header name '{name}'")))?;
            let text = convert::to_text(&value).unwrap_or_default();
            if header == CONTENT_LENGTH {
                if text.parse() != Ok(request.body.len()) {
                    vu.warn(&format!(
                        "the header Content-Length: {text} was dropped: the body has {} bytes",
                        request.body.len()
                    ));
                }
                continue;
            }
            request.headers.insert(header, header_value(ctx, &text)?);
        }
        Ok(())
    }

    fn cookies<'js>(&mut self, ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<()> {
        for cookie in object(ctx, value, "cookies")?.props::<Text, Value<'js>>() {
            let (Text(name), value) = cookie?;
            let (value, replace) = match value.as_object() {
                Some(object) => {
                    let replace: Value<'js> = object.get("replace")?;
                    (object.get::<_, Value<'js>>("value")?, truthy(&replace))
                }
                None => (value, false),
            };
            let value = convert::to_text(&value).unwrap_or_default();
            self.options.cookies.push(RequestCookie { name, value, replace });
        }
        Ok(())
    }

    fn set_tags<'js>(&mut self, ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<()> {
        self.tags = tags::optional(ctx, Some(value.clone()))?;
        if let Some(name) = self.tags.as_ref().and_then(|tags| tags.get("name")) {
            self.name = Some(name.into());
        }
        Ok(())
    }

    fn auth(&mut self, ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<()> {
        match convert::to_text(value).unwrap_or_default().as_str() {
            "basic" | "" => {}
            "digest" => self.options.auth = Auth::Digest,
            other => {
                let text = format!("auth '{other}' is not in this version: use 'basic' or 'digest'");
                return Err(Exception::throw_message(ctx, &text));
            }
        }
        Ok(())
    }

    fn compress(&mut self, ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<()> {
        let list = convert::to_text(value).unwrap_or_default();
        let encodings = parse_encodings(&list).map_err(|name| {
            let text = format!("unknown compression algorithm '{name}': use gzip, deflate, zstd or br");
            Exception::throw_message(ctx, &text)
        })?;
        let Ok(request) = &mut self.request else { return Ok(()) };
        if encodings.is_empty() || request.body.is_empty() {
            return Ok(());
        }
        let body = request.body.clone();
        request.body = on_thread_stack(|| encode(&encodings, body)).map_err(|error| {
            Exception::throw_message(ctx, &format!("the body could not be compressed: {error}"))
        })?;
        let names: Vec<&str> = encodings.iter().map(|encoding| encoding.name()).collect();
        request.headers.insert(CONTENT_ENCODING, header_value(ctx, &names.join(", "))?);
        Ok(())
    }
}

/// The URL, and the name that `http.url` gave it.
fn address<'js>(ctx: &Ctx<'js>, target: Option<Value<'js>>) -> rquickjs::Result<(String, Option<String>)> {
    let Some(target) = target.filter(convert::is_some) else {
        return Err(Exception::throw_type(ctx, "no URL: give one as the first argument of the request"));
    };
    if let Some(text) = target.as_string() {
        return Ok((convert::utf8(text)?, None));
    }
    if let Some(object) = target.as_object()
        && let (Ok(url), Ok(name)) = (object.get::<_, String>("url"), object.get::<_, String>("name"))
    {
        return Ok((url, Some(name)));
    }
    Ok((convert::to_text(&target).unwrap_or_default(), None))
}

fn object<'a, 'js>(ctx: &Ctx<'js>, value: &'a Value<'js>, name: &str) -> rquickjs::Result<&'a Object<'js>> {
    value.as_object().ok_or_else(|| Exception::throw_type(ctx, &format!("params.{name} must be an object")))
}

fn header_value(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<HeaderValue> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Exception::throw_message(ctx, "a header's value has a character that headers cannot carry")
    })
}

fn timeout(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<Duration> {
    let wrong = |text: &str| {
        Exception::throw_message(
            ctx,
            &format!("invalid timeout '{text}': give milliseconds, or text such as '30s'"),
        )
    };
    if let Some(number) = value.as_number() {
        return Duration::try_from_secs_f64(number / 1000.0).map_err(|_| wrong(&number.to_string()));
    }
    let text = convert::to_text(value).unwrap_or_default();
    duration::parse(&text).map_err(|_| wrong(&text))
}

fn response_type(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<ResponseType> {
    match convert::to_text(value).unwrap_or_default().as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => {
            let text = format!("invalid responseType '{other}': use text, binary or none");
            Err(Exception::throw_message(ctx, &text))
        }
    }
}
