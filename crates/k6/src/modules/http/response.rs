//! The response object of a request, whose fields are made when a script looks at them.

use std::collections::BTreeMap;

use flashcrowd_http::{Cookie, Exchange, HttpError, Request, Timings, millis};
use rquickjs::class::Trace;
use rquickjs::function::{Opt, This};
use rquickjs::{ArrayBuffer, Class, Ctx, Exception, Function, JsLifetime, Object, String as JsString, Value};

use super::call::ResponseType;
use super::canonical;
use super::perform::CallOutcome;
use crate::modules::html;
use crate::quickjs::convert;
use crate::selector;
use crate::state;

/// How k6 shows a cookie that never expires: Go's zero time in milliseconds.
const NEVER: f64 = -62_135_596_800_000.0;

/// What a request gave.
#[derive(JsLifetime, Trace)]
#[rquickjs::class(rename = "Response")]
pub struct Response<'js> {
    #[qjs(skip_trace)]
    answer: Box<CallOutcome>,
    #[qjs(skip_trace)]
    error_code: u16,
    parsed: Option<Value<'js>>,
}

/// Makes the response of an answer, or throws its error.
pub fn finish<'js>(ctx: &Ctx<'js>, answer: Box<CallOutcome>, throw: bool) -> rquickjs::Result<Value<'js>> {
    if answer.exchange.as_ref().is_some_and(|(exchange, _)| exchange.status == 101) {
        return Err(Exception::throw_message(ctx, "unsupported response status: 101 Switching Protocols"));
    }
    if let Some(error) = &answer.error {
        if throw {
            return Err(Exception::throw_message(ctx, &error.message));
        }
        let text = match &answer.exchange {
            Some((_, request)) => {
                format!(
                    "Request Failed error=\"{} {}: {}\"",
                    request.method,
                    shown(&answer.url),
                    error.message
                )
            }
            None if answer.url.is_empty() => format!("Request Failed error=\"{}\"", error.message),
            None => format!("Request Failed error=\"{}: {}\"", shown(&answer.url), error.message),
        };
        state::with(|vu| vu.warn(&text));
    }
    let own = answer.error.as_ref().map(|error| error.code);
    let error_code = own.or(answer.exchange.as_ref().map(|(exchange, _)| exchange.error_code())).unwrap_or(0);
    let response = Response { answer, error_code, parsed: None };
    Class::instance(ctx.clone(), response).map(Class::into_value)
}

/// A URL without its query and credentials, which may hold secrets.
fn shown(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(parsed) => {
            format!("{}://{}", parsed.scheme(), &parsed[url::Position::BeforeHost..url::Position::AfterPath])
        }
        Err(_) => flashcrowd_record::without_secrets(url).into_owned(),
    }
}

impl Response<'_> {
    fn exchange(&self) -> Option<&Exchange> {
        self.answer.exchange.as_ref().map(|(exchange, _)| &**exchange)
    }

    fn sent(&self) -> Option<&Request> {
        self.answer.exchange.as_ref().map(|(_, request)| request)
    }

    fn failure(&self) -> Option<&HttpError> {
        self.answer.error.as_ref()
    }

    fn text(&self) -> Option<&[u8]> {
        let exchange = self.exchange()?;
        let bodiless = matches!(exchange.status, 0 | 100..=199 | 204 | 304);
        let none = self.answer.response_type == ResponseType::None || self.failure().is_some();
        (!bodiless && !none).then_some(&exchange.body[..])
    }
}

/// The names of a response's fields, in the order they are shown.
const FIELDS: [&str; 16] = [
    "remote_ip",
    "remote_port",
    "url",
    "status",
    "status_text",
    "proto",
    "headers",
    "cookies",
    "body",
    "timings",
    "tls_version",
    "tls_cipher_suite",
    "ocsp",
    "error",
    "error_code",
    "request",
];

#[rquickjs::methods]
impl<'js> Response<'js> {
    #[qjs(get, enumerable, rename = "remote_ip")]
    fn remote_ip(&self) -> String {
        self.exchange()
            .and_then(|exchange| exchange.remote)
            .map_or_else(String::new, |remote| remote.ip().to_string())
    }

    #[qjs(get, enumerable, rename = "remote_port")]
    fn remote_port(&self) -> u16 {
        self.exchange().and_then(|exchange| exchange.remote).map_or(0, |remote| remote.port())
    }

    #[qjs(get, enumerable)]
    fn url(&self) -> String {
        self.sent().map_or_else(|| self.answer.url.clone(), |request| request.target.url.to_string())
    }

    #[qjs(get, enumerable)]
    fn status(&self) -> u16 {
        match self.failure() {
            Some(_) => 0,
            None => self.exchange().map_or(0, |exchange| exchange.status),
        }
    }

    #[qjs(get, enumerable, rename = "status_text")]
    fn status_text(&self) -> String {
        self.exchange()
            .filter(|exchange| exchange.status != 0)
            .map_or_else(String::new, Exchange::status_text)
    }

    #[qjs(get, enumerable)]
    fn proto(&self) -> &'static str {
        self.exchange().filter(|exchange| exchange.status != 0).map_or("", Exchange::proto)
    }

    #[qjs(get, enumerable)]
    fn headers(&self, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx)?;
        let Some(exchange) = self.exchange() else { return Ok(object) };
        for name in exchange.headers.keys() {
            let values: Vec<String> = exchange
                .headers
                .get_all(name)
                .iter()
                .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
                .collect();
            object.set(canonical(name.as_str()), values.join(", "))?;
        }
        Ok(object)
    }

    #[qjs(get, enumerable)]
    fn cookies(&self, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let Some(exchange) = self.exchange() else { return Ok(object) };
        let mut by_name: BTreeMap<String, Vec<Object<'js>>> = BTreeMap::new();
        for cookie in Cookie::all_of(&exchange.headers) {
            by_name.entry(cookie.name.clone()).or_default().push(cookie_object(&ctx, &cookie)?);
        }
        for (name, cookies) in by_name {
            object.set(name, cookies)?;
        }
        Ok(object)
    }

    #[qjs(get, enumerable)]
    fn body(&self, ctx: Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let Some(bytes) = self.text() else { return Ok(Value::new_null(ctx)) };
        match self.answer.response_type {
            ResponseType::Binary => Ok(ArrayBuffer::new_copy(ctx, bytes)?.into_value()),
            _ => Ok(JsString::from_str(ctx, &String::from_utf8_lossy(bytes))?.into_value()),
        }
    }

    #[qjs(get, enumerable)]
    fn timings(&self, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let timings = self.exchange().map_or_else(Timings::default, |exchange| exchange.timings);
        let object = Object::new(ctx)?;
        object.set("duration", millis(timings.duration()))?;
        object.set("blocked", millis(timings.blocked))?;
        object.set("looking_up", 0)?;
        object.set("connecting", millis(timings.connecting))?;
        object.set("tls_handshaking", millis(timings.tls_handshaking))?;
        object.set("sending", millis(timings.sending))?;
        object.set("waiting", millis(timings.waiting))?;
        object.set("receiving", millis(timings.receiving))?;
        Ok(object)
    }

    #[qjs(get, enumerable, rename = "tls_version")]
    fn tls_version(&self) -> &'static str {
        self.exchange().and_then(|exchange| exchange.tls).map_or("", |tls| tls.version)
    }

    #[qjs(get, enumerable, rename = "tls_cipher_suite")]
    fn tls_cipher_suite(&self) -> &'static str {
        self.exchange().and_then(|exchange| exchange.tls).map_or("", |tls| tls.cipher)
    }

    #[qjs(get, enumerable)]
    fn ocsp(&self, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx)?;
        for name in ["produced_at", "this_update", "next_update", "revoked_at"] {
            object.set(name, 0)?;
        }
        object.set("revocation_reason", "")?;
        object.set("status", "")?;
        Ok(object)
    }

    #[qjs(get, enumerable)]
    fn error(&self) -> String {
        self.failure().map_or_else(String::new, |error| error.message.to_string())
    }

    #[qjs(get, enumerable, rename = "error_code")]
    fn error_code(&self) -> u16 {
        self.error_code
    }

    #[qjs(get, enumerable)]
    fn request(&self, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let Some(request) = self.sent() else { return Ok(object) };
        object.set("method", request.method.as_str())?;
        object.set("url", &*request.target.url)?;
        let headers = Object::new(ctx.clone())?;
        let agent = state::with(|vu| vu.settings().http.config().user_agent.clone());
        headers.set("User-Agent", vec![agent])?;
        for name in request.headers.keys() {
            let values = request.headers.get_all(name).iter();
            let values: Vec<String> =
                values.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
            headers.set(canonical(name.as_str()), values)?;
        }
        object.set("headers", headers)?;
        object.set("body", String::from_utf8_lossy(&request.body).into_owned())?;
        object.set("cookies", Object::new(ctx)?)?;
        Ok(object)
    }

    /// The body as JSON, or what a GJSON path finds in it.
    fn json(&mut self, ctx: Ctx<'js>, path: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
        let text = String::from_utf8_lossy(self.text().unwrap_or_default()).into_owned();
        if let Some(path) = convert::text_of(path) {
            return selector::select(&ctx, &text, &path);
        }
        if let Some(parsed) = &self.parsed {
            return Ok(parsed.clone());
        }
        let parsed = parse(&ctx, text)?;
        self.parsed = Some(parsed.clone());
        Ok(parsed)
    }

    /// The page, or what a selector finds in it.
    fn html(&self, ctx: Ctx<'js>, selector: Opt<Value<'js>>) -> rquickjs::Result<Value<'js>> {
        let Some(bytes) = self.text() else {
            let text = "the response has no body that could be read as HTML";
            return Err(Exception::throw_message(&ctx, text));
        };
        let page = html::parse_page(&ctx, &String::from_utf8_lossy(bytes), &self.url())?;
        let Some(selector) = convert::text_of(selector) else { return Ok(page) };
        let Some(page) = page.as_object() else { return Ok(page) };
        page.get::<_, Function<'js>>("find")?.call((This(page.clone()), selector))
    }

    #[qjs(rename = "submitForm")]
    fn submit_form(
        this: This<Object<'js>>,
        ctx: Ctx<'js>,
        options: Opt<Value<'js>>,
    ) -> rquickjs::Result<Value<'js>> {
        go_on(&ctx, "submitForm", this.0, options.0)
    }

    #[qjs(rename = "clickLink")]
    fn click_link(
        this: This<Object<'js>>,
        ctx: Ctx<'js>,
        options: Opt<Value<'js>>,
    ) -> rquickjs::Result<Value<'js>> {
        go_on(&ctx, "clickLink", this.0, options.0)
    }

    /// A plain object of all fields, for `JSON.stringify` and `console.log`.
    #[qjs(rename = "toJSON")]
    fn to_json(this: This<Object<'js>>, ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx)?;
        for name in FIELDS {
            object.set(name, this.0.get::<_, Value<'js>>(name)?)?;
        }
        Ok(object)
    }
}

/// The response of the next request, which something in this one's page leads to.
fn go_on<'js>(
    ctx: &Ctx<'js>,
    how: &str,
    response: Object<'js>,
    options: Option<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let send = |ctx: Ctx<'js>, method: String, url: Value<'js>, body: Value<'js>, params: Opt<Value<'js>>| {
        super::send(&ctx, &method, Some(url), Some(body), params.0)
    };
    let send = Function::new(ctx.clone(), send)?;
    let options = options.filter(convert::is_some).unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    html::forms(ctx)?.get::<_, Function<'js>>(how)?.call((response, send, options))
}

fn parse<'js>(ctx: &Ctx<'js>, text: String) -> rquickjs::Result<Value<'js>> {
    ctx.json_parse(text.clone()).map_err(|error| match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => error,
        Err(wrong) => {
            ctx.catch();
            let text = format!(
                "cannot parse json due to an error at line {}, character {}, error: {wrong}",
                wrong.line(),
                wrong.column()
            );
            Exception::throw_syntax(ctx, &text)
        }
    })
}

fn cookie_object<'js>(ctx: &Ctx<'js>, cookie: &Cookie) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let attributes = &cookie.attributes;
    object.set("name", cookie.name.as_str())?;
    object.set("value", cookie.value.as_str())?;
    object.set("domain", attributes.domain.as_str())?;
    object.set("path", attributes.path.as_str())?;
    object.set("http_only", attributes.http_only)?;
    object.set("secure", attributes.secure)?;
    object.set("max_age", attributes.max_age as f64)?;
    object.set("expires", attributes.expires_ms.map_or(NEVER, |ms| ms as f64))?;
    Ok(object)
}
