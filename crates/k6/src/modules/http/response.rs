//! The response object of a request, whose fields are made when a script looks at them.

use rquickjs::class::{PropertyDescriptor, PropertyName, Trace};
use rquickjs::function::{Opt, This};
use rquickjs::{Atom, Class, Ctx, Exception, FromAtom, Function, JsLifetime, Object, Result, Value};

use super::call::{ResponseType, Said};
use super::fields::{FIELDS, METHODS};
use super::perform::CallOutcome;
use crate::modules::html;
use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::selector;
use crate::state;

/// What a request gave. Its fields are properties of its own, as in k6: see [`super::fields`].
#[derive(JsLifetime, Trace)]
#[rquickjs::class(rename = "Response", exotic)]
pub struct Response<'js> {
    #[qjs(skip_trace)]
    pub(super) answer: Box<CallOutcome>,
    #[qjs(skip_trace)]
    pub(super) error_code: u16,
    parsed: Option<Value<'js>>,
    /// What the script itself has set.
    pub(super) set: Option<Object<'js>>,
}

/// Makes the response of an answer, or throws its error.
pub fn finish<'js>(ctx: &Ctx<'js>, answer: Box<CallOutcome>, throw: bool) -> Result<Value<'js>> {
    if answer.exchange.status == 101 {
        return Err(Exception::throw_message(ctx, "unsupported response status: 101 Switching Protocols"));
    }
    if let Some(error) = &answer.error {
        if throw {
            return Err(Exception::throw_message(ctx, &error.message));
        }
        let text = format!(
            "Request Failed error=\"{} {}: {}\"",
            answer.request.method,
            shown(&answer.request.target.url),
            error.message
        );
        state::with(|vu| vu.warn(&text));
    }
    let own = answer.error.as_ref().map(|error| error.code);
    let error_code = own.unwrap_or_else(|| answer.exchange.error_code());
    let response = Response { answer, error_code, parsed: None, set: None };
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
    /// Whether there is an answer, whatever became of its body.
    pub(super) fn is_answered(&self) -> bool {
        self.answer.exchange.status != 0
    }

    pub(super) fn text(&self) -> Option<&[u8]> {
        let exchange = &self.answer.exchange;
        let bodiless = matches!(exchange.status, 0 | 100..=199 | 204 | 304);
        let none = self.answer.response_type == ResponseType::None || self.answer.error.is_some();
        (!bodiless && !none).then_some(&exchange.body[..])
    }
}

#[rquickjs::exotic]
impl<'js> Response<'js> {
    #[qjs(get)]
    fn get_property(&self, ctx: &Ctx<'js>, name: Atom<'js>) -> Result<Value<'js>> {
        match self.own(ctx, &name)? {
            Some(value) => Ok(value),
            None => inherited(ctx, name),
        }
    }

    #[qjs(set)]
    fn set_property(&mut self, ctx: &Ctx<'js>, name: Atom<'js>, value: Value<'js>) -> Result<bool> {
        let set = match &self.set {
            Some(set) => set.clone(),
            None => self.set.insert(Object::new(ctx.clone())?).clone(),
        };
        set.set(name, value)?;
        Ok(true)
    }

    #[qjs(has)]
    fn has_property(&self, ctx: &Ctx<'js>, name: Atom<'js>) -> Result<bool> {
        Ok(self.own(ctx, &name)?.is_some() || prototype(ctx)?.contains_key(name)?)
    }

    #[qjs(delete)]
    fn delete_property(&mut self, name: Atom<'js>) -> Result<bool> {
        if let Some(set) = &self.set {
            set.remove(name)?;
        }
        Ok(true)
    }

    #[qjs(get_own_property)]
    fn own_property(&self, ctx: &Ctx<'js>, name: Atom<'js>) -> Result<Option<PropertyDescriptor<'js>>> {
        let value = match self.own(ctx, &name)? {
            Some(value) => Some(value),
            None if METHODS.contains(&&*Text::from_atom(name.clone())?.0) => Some(inherited(ctx, name)?),
            None => None,
        };
        Ok(value.map(|value| PropertyDescriptor::new_value(value, true, true, true)))
    }

    #[qjs(get_own_property_names)]
    fn own_names(&self, ctx: &Ctx<'js>) -> Result<Vec<PropertyName<'js>>> {
        let mut names = Vec::with_capacity(FIELDS.len() + METHODS.len());
        for name in FIELDS.into_iter().chain(METHODS) {
            names.push(PropertyName { atom: Atom::from_str(ctx.clone(), name)?, is_enumerable: true });
        }
        for key in self.set.iter().flat_map(Object::keys::<Atom<'js>>) {
            let atom = key?;
            if !names.iter().any(|name| name.atom == atom) {
                names.push(PropertyName { atom, is_enumerable: true });
            }
        }
        Ok(names)
    }
}

/// What all responses have.
fn prototype<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    Class::<Response<'js>>::prototype(ctx)?.ok_or(rquickjs::Error::Unknown)
}

fn inherited<'js>(ctx: &Ctx<'js>, name: Atom<'js>) -> Result<Value<'js>> {
    prototype(ctx)?.get(name)
}

#[rquickjs::methods]
impl<'js> Response<'js> {
    /// The body as JSON, or what a GJSON path finds in it.
    fn json(this: This<Object<'js>>, ctx: Ctx<'js>, path: Opt<Value<'js>>) -> Result<Value<'js>> {
        let text = body_of(&this.0)?.unwrap_or_default();
        // As in k6, a path that is undefined is the path "undefined".
        if let Some(path) = path.0.as_ref().map(convert::text).transpose()? {
            return selector::select(&ctx, &text, &path);
        }
        let response = Class::<Response<'js>>::from_object(&this.0);
        let parsed = response.as_ref().and_then(|response| response.borrow().parsed.clone());
        if let Some(parsed) = parsed {
            return Ok(parsed);
        }
        let parsed = parse(&ctx, text)?;
        if let Some(response) = response {
            response.borrow_mut().parsed = Some(parsed.clone());
        }
        Ok(parsed)
    }

    /// The page, or what a selector finds in it.
    fn html(this: This<Object<'js>>, ctx: Ctx<'js>, selector: Opt<Value<'js>>) -> Result<Value<'js>> {
        let Some(text) = body_of(&this.0)? else {
            let text = "the response has no body that could be read as HTML";
            return Err(Exception::throw_message(&ctx, text));
        };
        let url: Value<'js> = this.0.get("url")?;
        let page = html::parse_page(&ctx, &text, &convert::text(&url)?)?;
        let Some(selector) = convert::text_of(selector)? else { return Ok(page) };
        let Some(page) = page.as_object() else { return Ok(page) };
        page.get::<_, Function<'js>>("find")?.call((This(page.clone()), selector))
    }

    #[qjs(rename = "submitForm")]
    fn submit_form(this: This<Object<'js>>, ctx: Ctx<'js>, options: Opt<Value<'js>>) -> Result<Value<'js>> {
        go_on(&ctx, "submitForm", this.0, options.0)
    }

    #[qjs(rename = "clickLink")]
    fn click_link(this: This<Object<'js>>, ctx: Ctx<'js>, options: Opt<Value<'js>>) -> Result<Value<'js>> {
        go_on(&ctx, "clickLink", this.0, options.0)
    }

    /// A plain object of all fields, for `JSON.stringify` and `console.log`.
    #[qjs(rename = "toJSON")]
    fn to_json(this: This<Object<'js>>, ctx: Ctx<'js>) -> Result<Object<'js>> {
        let object = Object::new(ctx)?;
        for property in this.0.props::<Text, Value<'js>>() {
            let (Text(name), value) = property?;
            if !value.is_function() {
                object.set(name, value)?;
            }
        }
        Ok(object)
    }
}

/// The body of a response as a text, also of a copy of one: `{ ...response }` has its methods, as in k6.
fn body_of(response: &Object<'_>) -> Result<Option<String>> {
    if let Some(response) = Class::<Response<'_>>::from_object(response) {
        return Ok(response.borrow().text().map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
    }
    let body: Value<'_> = response.get("body")?;
    match vm::binary(&body) {
        Some(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        None if convert::is_some(&body) => convert::text(&body).map(Some),
        None => Ok(None),
    }
}

/// The response of the next request, which something in this one's page leads to.
fn go_on<'js>(
    ctx: &Ctx<'js>,
    how: &str,
    response: Object<'js>,
    options: Option<Value<'js>>,
) -> Result<Value<'js>> {
    let send = |ctx: Ctx<'js>, method: String, url: Value<'js>, body: Value<'js>, params: Opt<Value<'js>>| {
        let said = Said { method, target: Some(url), body: Some(body), params: params.0, wrong: None };
        super::send(&ctx, said)
    };
    let send = Function::new(ctx.clone(), send)?;
    let options = options.filter(convert::is_some).unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    html::forms(ctx)?.get::<_, Function<'js>>(how)?.call((response, send, options))
}

fn parse<'js>(ctx: &Ctx<'js>, text: String) -> Result<Value<'js>> {
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
