//! A call is one request as a script asked for it, with everything resolved.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_http::{
    Auth, FetchOptions, Jar, Request, RequestCookie, ResponseBody, encode, parse_encodings,
};
use flashcrowd_metrics::TagSet;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use rquickjs::{Ctx, Exception, Value};

use super::body::Body;
use super::cookies;
use super::expected::read_expected;
use crate::expected::Expected;
use crate::quickjs::convert::{self, Text, truthy};
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
    /// The request; one with an invalid URL fails when it is sent.
    pub request: Request,
    /// Why it is not sent: what the script gave cannot be understood.
    pub refusal: Option<String>,
    /// Redirects, credentials, cookies.
    pub options: FetchOptions,
    /// The cookies that go with it.
    pub jar: Rc<RefCell<Jar>>,
    /// How its samples are labelled.
    pub labels: Labels,
    /// What the script wants of the body.
    pub response_type: ResponseType,
    /// Whether errors are thrown.
    pub throw: bool,
    /// Whether the script itself said how many redirects to follow.
    pub redirects_said: bool,
}

/// How the samples of a call are labelled.
pub struct Labels {
    /// The name its samples go under, unless that is the URL.
    pub name: Option<Rc<str>>,
    /// Its own tags.
    pub tags: Option<TagSet>,
    /// Which statuses are expected.
    pub expected: Rc<Expected>,
}

/// The arguments of a call as a script gave them.
pub struct Said<'js> {
    /// The method.
    pub method: String,
    /// The URL.
    pub target: Option<Value<'js>>,
    /// The body.
    pub body: Option<Value<'js>>,
    /// Everything else.
    pub params: Option<Value<'js>>,
    /// What is wrong with the way it was said.
    pub wrong: Option<&'static str>,
}

impl Call {
    /// Reads a request from the arguments of a call. What cannot be understood refuses it, or is thrown where errors are
    /// to be thrown.
    pub fn prepare<'js>(ctx: &Ctx<'js>, vu: &VuState, said: Said<'js>) -> rquickjs::Result<Box<Self>> {
        let worker = match &vu.worker {
            Some(worker) if !vu.in_init() => worker,
            _ => {
                return Err(Exception::throw_message(
                    ctx,
                    "making http requests in the init context is not supported",
                ));
            }
        };
        let Said { method, target, body, params, wrong } = said;
        let mut refusal = None;
        let (url, name) = address(target)?.unwrap_or_else(|| {
            refusal = Some("no URL: give one as the first argument of the request".to_owned());
            ("undefined".to_owned(), None)
        });
        let known = Method::from_bytes(method.as_bytes()).unwrap_or_else(|_| {
            refusal = Some(format!("invalid method '{method}'"));
            Method::GET
        });
        let refusal = wrong.map(str::to_owned).or(refusal);
        let settings = vu.settings();
        let mut call = Box::new(Self {
            request: Request::new(known, worker.http.target_or_refusal(&url)),
            refusal,
            options: FetchOptions { redirects: settings.max_redirects, ..FetchOptions::default() },
            jar: vu.jar.borrow().clone(),
            labels: Labels { name: name.map(Rc::from), tags: None, expected: vu.expected.borrow().clone() },
            response_type: if settings.discard_response_bodies {
                ResponseType::None
            } else {
                ResponseType::Text
            },
            throw: settings.throw,
            redirects_said: false,
        });
        match call.fill(ctx, vu, body, params) {
            Ok(()) => {}
            Err(rquickjs::Error::Exception) => call.refuse(ctx)?,
            Err(error) => return Err(error),
        }
        Ok(call)
    }

    /// Notes why it cannot be sent; throws that where errors are to be thrown.
    fn refuse(&mut self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        let thrown = ctx.catch();
        if thrown.is_uncatchable_error() || self.throw {
            return Err(ctx.throw(thrown));
        }
        self.refusal = Some(match thrown.as_exception() {
            Some(exception) => convert::message(exception).unwrap_or_default(),
            None => convert::to_text(&thrown).unwrap_or_default(),
        });
        Ok(())
    }

    fn fill<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        vu: &VuState,
        body: Option<Value<'js>>,
        params: Option<Value<'js>>,
    ) -> rquickjs::Result<()> {
        if let Some(refusal) = &self.refusal
            && self.throw
        {
            return Err(Exception::throw_message(ctx, refusal));
        }
        let body = Body::read(ctx, vu, body)?;
        self.request.body = body.bytes;
        if let Some(kind) = &body.content_type {
            self.request.headers.insert(CONTENT_TYPE, header_value(ctx, kind)?);
        }
        // As in k6, params that are no object have no fields that mean anything.
        if let Some(params) = params.as_ref().and_then(Value::as_object) {
            for param in params.props::<Text, Value<'js>>() {
                let (Text(key), value) = param?;
                self.param(ctx, vu, &key, &value)?;
            }
        }
        let keep = self.response_type != ResponseType::None;
        self.request.response_body = if keep { ResponseBody::Keep } else { ResponseBody::Discard };
        Ok(())
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
            "cookies" => self.cookies(value)?,
            "jar" => self.jar = cookies::chosen(vu, value),
            "tags" => self.set_tags(ctx, value)?,
            "timeout" => {
                self.request.timeout = timeout(ctx, value)?;
            }
            "redirects" => {
                self.options.redirects = convert::integer(value)?.clamp(0, i64::from(u32::MAX)) as u32;
                self.redirects_said = true;
            }
            "auth" => self.auth(value)?,
            "compression" => self.compress(ctx, value)?,
            "responseType" => self.response_type = response_type(ctx, value)?,
            "responseCallback" => self.labels.expected = Rc::new(read_expected(ctx, value)?),
            "throw" => self.throw = truthy(value),
            _ => {}
        }
        Ok(())
    }

    fn headers<'js>(&mut self, ctx: &Ctx<'js>, vu: &VuState, value: &Value<'js>) -> rquickjs::Result<()> {
        let Some(headers) = value.as_object() else { return Ok(()) };
        let request = &mut self.request;
        for header in headers.props::<Text, Value<'js>>() {
            let (Text(name), value) = header?;
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Exception::throw_message(ctx, &format!("invalid header name '{name}'")))?;
            let text = convert::text(&value)?;
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

    fn cookies<'js>(&mut self, value: &Value<'js>) -> rquickjs::Result<()> {
        let Some(cookies) = value.as_object() else { return Ok(()) };
        for cookie in cookies.props::<Text, Value<'js>>() {
            let (Text(name), value) = cookie?;
            if !convert::is_some(&value) {
                continue;
            }
            let mut cookie = RequestCookie { name, value: String::new(), replace: false };
            match value.as_object().filter(|object| convert::is_record(object)) {
                Some(object) => {
                    for field in object.props::<Text, Value<'js>>() {
                        let (Text(field), value) = field?;
                        match field.to_ascii_lowercase().as_str() {
                            "replace" => cookie.replace = truthy(&value),
                            "value" => cookie.value = convert::text(&value)?,
                            _ => {}
                        }
                    }
                }
                None => cookie.value = convert::text(&value)?,
            }
            self.options.cookies.push(cookie);
        }
        Ok(())
    }

    fn set_tags<'js>(&mut self, ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<()> {
        self.labels.tags = tags::optional(ctx, Some(value.clone()))?;
        if let Some(name) = self.labels.tags.as_ref().and_then(|tags| tags.get("name")) {
            self.labels.name = Some(name.into());
        }
        Ok(())
    }

    fn auth(&mut self, value: &Value<'_>) -> rquickjs::Result<()> {
        match convert::text(value)?.as_str() {
            "digest" => self.options.auth = Auth::Digest,
            "ntlm" => self.options.auth = Auth::Ntlm,
            // Basic authentication needs no word, and k6 takes any other for none.
            _ => {}
        }
        Ok(())
    }

    fn compress(&mut self, ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<()> {
        let list = convert::text(value)?;
        let encodings = parse_encodings(&list).map_err(|name| {
            let text = format!("unknown compression algorithm '{name}': use gzip, deflate, zstd or br");
            Exception::throw_message(ctx, &text)
        })?;
        let request = &mut self.request;
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

/// A URL that a script gave, and the name that `http.url` gave it; none where there is no value.
pub fn address(target: Option<Value<'_>>) -> rquickjs::Result<Option<(String, Option<String>)>> {
    let Some(target) = target.filter(convert::is_some) else { return Ok(None) };
    if let Some(object) = target.as_object()
        && object.contains_key("url")?
        && object.contains_key("name")?
    {
        let (Text(url), Text(name)) = (object.get("url")?, object.get("name")?);
        return Ok(Some((url, Some(name))));
    }
    Ok(Some((convert::text(&target)?, None)))
}

fn header_value(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<HeaderValue> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Exception::throw_message(ctx, "a header's value has a character that headers cannot carry")
    })
}

/// A time that a script gives: milliseconds, or a text with units.
pub fn timeout(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<Duration> {
    let wrong = |text: &str| {
        Exception::throw_message(
            ctx,
            &format!("invalid timeout '{text}': give milliseconds, or text such as '30s'"),
        )
    };
    if let Some(number) = value.as_number() {
        return Duration::try_from_secs_f64(number / 1000.0).map_err(|_| wrong(&number.to_string()));
    }
    let text = convert::text(value)?;
    duration::parse(&text).map_err(|_| wrong(&text))
}

fn response_type(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<ResponseType> {
    match convert::text(value)?.as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => {
            let text = format!("invalid responseType '{other}': use text, binary or none");
            Err(Exception::throw_message(ctx, &text))
        }
    }
}
