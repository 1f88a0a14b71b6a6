//! Headers: as scripts see those of answers, and those of requests that other modules send.

use flashcrowd_http::Request;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use rquickjs::{Ctx, Exception, Object};

use super::canonical;
use crate::state::VuState;

/// The headers of an answer as an object: names as Go writes them, the values of one name in one text.
pub(crate) fn object<'js>(ctx: &Ctx<'js>, headers: &HeaderMap) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for name in headers.keys() {
        object.set(canonical(name.as_str()), values(headers, name).join(", "))?;
    }
    Ok(object)
}

/// All values of a header as texts.
pub(crate) fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// Sets a header of a request that is no HTTP request of the script.
pub(crate) fn insert(ctx: &Ctx<'_>, request: &mut Request, name: &str, text: &str) -> rquickjs::Result<()> {
    let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(text).ok());
    let Some((name, value)) = header else {
        return Err(Exception::throw_message(ctx, &format!("invalid header '{name}'")));
    };
    request.headers.insert(name, value);
    Ok(())
}

/// Gives such a request the cookies of the virtual user, unless it has some.
pub(crate) fn add_cookies(vu: &VuState, request: &mut Request) {
    let jar = vu.jar.borrow().clone();
    let jar = jar.borrow();
    let cookies: Vec<String> =
        jar.cookies_for(&request.target).iter().map(|(name, value)| format!("{name}={value}")).collect();
    if let (false, Ok(value)) = (cookies.is_empty(), HeaderValue::from_str(&cookies.join("; ")))
        && !request.headers.contains_key(header::COOKIE)
    {
        request.headers.insert(header::COOKIE, value);
    }
}
