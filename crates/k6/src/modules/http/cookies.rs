//! Cookie jars as scripts see them.

use std::cell::RefCell;
use std::rc::Rc;

use flashcrowd_http::{CookieAttributes, Jar, Target};
use rquickjs::class::Trace;
use rquickjs::function::{Constructor, Opt};
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Value};

use super::call::address;
use crate::quickjs::convert::{self, Text};
use crate::state::{self, VuState};
use crate::wall;

/// `http.CookieJar`.
#[derive(Clone, JsLifetime, Trace)]
#[rquickjs::class(rename = "CookieJar")]
pub struct CookieJar {
    #[qjs(skip_trace)]
    jar: Rc<RefCell<Jar>>,
}

impl CookieJar {
    /// The jar itself.
    pub fn jar(&self) -> Rc<RefCell<Jar>> {
        self.jar.clone()
    }
}

#[rquickjs::methods]
impl CookieJar {
    #[qjs(constructor)]
    pub fn new() -> Self {
        Self { jar: Rc::new(RefCell::new(Jar::new(wall::now()))) }
    }

    /// The cookies that a request to the URL would carry.
    #[qjs(rename = "cookiesForURL")]
    pub fn cookies_for_url<'js>(&self, ctx: Ctx<'js>, url: Opt<Value<'js>>) -> rquickjs::Result<Object<'js>> {
        let target = target(&ctx, url.0)?;
        let object = Object::new(ctx)?;
        for (name, value) in self.jar.borrow().cookies_for(&target) {
            let mut values: Vec<String> = object.get::<_, Option<Vec<String>>>(name)?.unwrap_or_default();
            values.push(value.to_owned());
            object.set(name, values)?;
        }
        Ok(object)
    }

    /// Sets a cookie as if the URL had answered with it.
    pub fn set<'js>(
        &self,
        ctx: Ctx<'js>,
        url: Opt<Value<'js>>,
        name: Opt<Value<'js>>,
        value: Opt<Value<'js>>,
        options: Opt<Value<'js>>,
    ) -> rquickjs::Result<bool> {
        let target = target(&ctx, url.0)?;
        let attributes = attributes(&ctx, options.0.as_ref())?;
        let name = convert::text_of(name)?.unwrap_or_default();
        let value = convert::text_of(value)?.unwrap_or_default();
        Ok(self.jar.borrow_mut().set(&target, &name, &value, &attributes))
    }

    /// Removes the cookies for a URL.
    pub fn clear<'js>(&self, ctx: Ctx<'js>, url: Opt<Value<'js>>) -> rquickjs::Result<()> {
        self.jar.borrow_mut().clear(&*target(&ctx, url.0)?);
        Ok(())
    }

    /// Removes one cookie for a URL.
    pub fn delete<'js>(
        &self,
        ctx: Ctx<'js>,
        url: Opt<Value<'js>>,
        name: Opt<Value<'js>>,
    ) -> rquickjs::Result<()> {
        let name = convert::text_of(name)?.unwrap_or_default();
        self.jar.borrow_mut().delete(&*target(&ctx, url.0)?, &name);
        Ok(())
    }
}

/// The class, for `new http.CookieJar()`.
pub fn class<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Option<Constructor<'js>>> {
    Class::<CookieJar>::create_constructor(ctx)
}

/// `http.cookieJar()`: the virtual user's own jar.
pub fn current(ctx: Ctx<'_>) -> rquickjs::Result<CookieJar> {
    let vu = state::current();
    if vu.in_init() {
        return Err(Exception::throw_message(&ctx, "cookieJar() is not available in the init context"));
    }
    Ok(CookieJar { jar: vu.jar.borrow().clone() })
}

fn target<'js>(ctx: &Ctx<'js>, url: Option<Value<'js>>) -> rquickjs::Result<Rc<Target>> {
    let url = address(url)?.map_or_else(String::new, |(url, _)| url);
    let vu = state::current();
    let target = match &vu.worker {
        Some(worker) => worker.http.target(&url),
        None => Target::parse(&url).map(Rc::new),
    };
    target.map_err(|error| Exception::throw_message(ctx, &format!("{error}: '{url}'")))
}

fn attributes(ctx: &Ctx<'_>, options: Option<&Value<'_>>) -> rquickjs::Result<CookieAttributes> {
    let mut attributes = CookieAttributes::default();
    let Some(options) = options.filter(|value| convert::is_some(value)).and_then(|value| value.as_object())
    else {
        return Ok(attributes);
    };
    for option in options.props::<Text, Value<'_>>() {
        let (Text(name), value) = option?;
        if !convert::is_some(&value) {
            continue;
        }
        let text = || convert::text(&value);
        match name.as_str() {
            "domain" => attributes.domain = text()?,
            "path" => attributes.path = text()?,
            "expires" => attributes.expires_ms = Some(expiry(ctx, &text()?)?),
            "max_age" => attributes.max_age = convert::integer(&value)?,
            "secure" => attributes.secure = convert::truthy(&value),
            "http_only" => attributes.http_only = convert::truthy(&value),
            _ => {}
        }
    }
    Ok(attributes)
}

fn expiry(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<i64> {
    let date: Object<'_> = ctx.globals().get("Date")?;
    let parse: rquickjs::Function<'_> = date.get("parse")?;
    let millis: f64 = parse.call((text,))?;
    if millis.is_nan() {
        let message = format!(
            "unable to parse \"expires\" date string '{text}': write it like 'Mon, 02 Jan 2006 15:04:05 GMT'"
        );
        return Err(Exception::throw_message(ctx, &message));
    }
    Ok(millis as i64)
}

/// The jar that a request asked for; the virtual user's own where that is none.
pub fn chosen(vu: &VuState, value: &Value<'_>) -> Rc<RefCell<Jar>> {
    match value.as_object().and_then(|object| object.as_class::<CookieJar>()) {
        Some(jar) => jar.borrow().jar(),
        None => vu.jar.borrow().clone(),
    }
}
