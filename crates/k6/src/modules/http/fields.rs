//! The fields of a response, made when a script looks at them, are its own properties: they are listed, copied and spread.

use std::collections::BTreeMap;

use flashcrowd_http::{Cookie, millis};
use rquickjs::{ArrayBuffer, Atom, Ctx, FromAtom, IntoJs, Object, Result, String as JsString, Value};

use super::call::ResponseType;
use super::response::Response;
use super::{canonical, headers};
use crate::quickjs::convert::Text;
use crate::state;

/// How k6 shows a cookie that never expires: Go's zero time in milliseconds.
const NEVER: f64 = -62_135_596_800_000.0;

/// The names of a response's fields, in the order they are shown.
pub(super) const FIELDS: [&str; 16] = [
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

/// The names of its methods, which k6 lists among the fields.
pub(super) const METHODS: [&str; 4] = ["clickLink", "html", "json", "submitForm"];

impl<'js> Response<'js> {
    /// The field of that name: what the script has set there, or what the answer has.
    pub(super) fn own(&self, ctx: &Ctx<'js>, name: &Atom<'js>) -> Result<Option<Value<'js>>> {
        if let Some(set) = &self.set
            && set.contains_key(name.clone())?
        {
            return set.get(name.clone()).map(Some);
        }
        self.field(ctx, &Text::from_atom(name.clone())?.0)
    }

    fn field(&self, ctx: &Ctx<'js>, name: &str) -> Result<Option<Value<'js>>> {
        let value = match name {
            "status" => self.status().into_js(ctx),
            "body" => self.body(ctx.clone()),
            "headers" => self.headers(ctx.clone()).map(Object::into_value),
            "timings" => self.timings(ctx.clone()).map(Object::into_value),
            "cookies" => self.cookies(ctx.clone()).map(Object::into_value),
            "request" => self.request(ctx.clone()).map(Object::into_value),
            "ocsp" => self.ocsp(ctx.clone()).map(Object::into_value),
            "error" => self.error().into_js(ctx),
            "error_code" => self.error_code.into_js(ctx),
            "url" => self.url().into_js(ctx),
            "remote_ip" => self.remote_ip().into_js(ctx),
            "remote_port" => self.remote_port().into_js(ctx),
            "status_text" => self.status_text().into_js(ctx),
            "proto" => self.proto().into_js(ctx),
            "tls_version" => self.tls_version().into_js(ctx),
            "tls_cipher_suite" => self.tls_cipher_suite().into_js(ctx),
            _ => return Ok(None),
        };
        value.map(Some)
    }

    fn remote_ip(&self) -> String {
        self.answer.exchange.remote.map_or_else(String::new, |remote| remote.ip().to_string())
    }

    fn remote_port(&self) -> u16 {
        self.answer.exchange.remote.map_or(0, |remote| remote.port())
    }

    pub(super) fn url(&self) -> String {
        self.answer.request.target.url.to_string()
    }

    fn status(&self) -> u16 {
        if self.answer.error.is_some() { 0 } else { self.answer.exchange.status }
    }

    fn status_text(&self) -> String {
        self.answer.exchange.status_text()
    }

    fn proto(&self) -> &'static str {
        if self.is_answered() { self.answer.exchange.proto() } else { "" }
    }

    fn headers(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        headers::object(&ctx, &self.answer.exchange.headers)
    }

    fn cookies(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let exchange = &self.answer.exchange;
        let mut by_name: BTreeMap<String, Vec<Object<'js>>> = BTreeMap::new();
        for cookie in Cookie::all_of(&exchange.headers) {
            by_name.entry(cookie.name.clone()).or_default().push(cookie_object(&ctx, &cookie)?);
        }
        for (name, cookies) in by_name {
            object.set(name, cookies)?;
        }
        Ok(object)
    }

    fn body(&self, ctx: Ctx<'js>) -> Result<Value<'js>> {
        let Some(bytes) = self.text() else { return Ok(Value::new_null(ctx)) };
        match self.answer.response_type {
            ResponseType::Binary => Ok(ArrayBuffer::new_copy(ctx, bytes)?.into_value()),
            _ => Ok(JsString::from_str(ctx, &String::from_utf8_lossy(bytes))?.into_value()),
        }
    }

    fn timings(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let timings = self.answer.exchange.timings;
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

    fn tls_version(&self) -> &'static str {
        self.answer.exchange.tls.map_or("", |tls| tls.version)
    }

    fn tls_cipher_suite(&self) -> &'static str {
        self.answer.exchange.tls.map_or("", |tls| tls.cipher)
    }

    fn ocsp(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx)?;
        for name in ["produced_at", "this_update", "next_update", "revoked_at"] {
            object.set(name, 0)?;
        }
        object.set("revocation_reason", "")?;
        object.set("status", "")?;
        Ok(object)
    }

    fn error(&self) -> String {
        self.answer.error.as_ref().map_or_else(String::new, |error| error.message.to_string())
    }

    fn request(&self, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let request = &self.answer.request;
        object.set("method", request.method.as_str())?;
        object.set("url", &*request.target.url)?;
        let sent = Object::new(ctx.clone())?;
        let agent = state::with(|vu| vu.settings().http.config().user_agent.clone());
        sent.set("User-Agent", vec![agent])?;
        for name in request.headers.keys() {
            sent.set(canonical(name.as_str()), headers::values(&request.headers, name))?;
        }
        object.set("headers", sent)?;
        object.set("body", String::from_utf8_lossy(&request.body).into_owned())?;
        object.set("cookies", Object::new(ctx)?)?;
        Ok(object)
    }
}

fn cookie_object<'js>(ctx: &Ctx<'js>, cookie: &Cookie) -> Result<Object<'js>> {
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
