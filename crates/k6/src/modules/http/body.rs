//! The body of a request: text, bytes, a form, or parts with files.

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Object, Value};

use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::state::VuState;
use crate::wall;

/// A body and the content type it asks for.
#[derive(Debug, Default)]
pub struct Body {
    /// What is sent.
    pub bytes: Bytes,
    /// Set where the kind of body implies one.
    pub content_type: Option<String>,
}

/// Marks the objects that `http.file` makes.
const MARK: &str = "__httpFile";

impl Body {
    /// The body that a script gave.
    pub fn read<'js>(ctx: &Ctx<'js>, vu: &VuState, value: Option<Value<'js>>) -> rquickjs::Result<Self> {
        let Some(value) = value.filter(convert::is_some) else { return Ok(Self::default()) };
        if let Some(text) = value.as_string() {
            return Ok(Self { bytes: convert::utf8(text)?.into(), content_type: None });
        }
        if let Some(bytes) = vm::binary(&value) {
            return Ok(Self { bytes: bytes.into(), content_type: None });
        }
        match value.as_object() {
            Some(object) if !object.is_array() && !object.is_function() => fields(ctx, vu, object),
            _ => Err(Exception::throw_type(ctx, &format!("unknown request body type {}", value.type_of()))),
        }
    }
}

fn fields<'js>(ctx: &Ctx<'js>, vu: &VuState, object: &Object<'js>) -> rquickjs::Result<Body> {
    let mut fields = Vec::new();
    for field in object.props::<Text, Value<'js>>() {
        let (Text(name), value) = field?;
        fields.push((name, value));
    }
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    if fields.iter().any(|(_, value)| is_file(value)) {
        return multipart(ctx, &fields);
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &fields {
        match value.as_array() {
            Some(list) => {
                for item in list.iter::<Value<'js>>() {
                    form.append_pair(name, &field_text(vu, name, &item?)?);
                }
            }
            None => {
                form.append_pair(name, &field_text(vu, name, value)?);
            }
        }
    }
    Ok(Body {
        bytes: form.finish().into(),
        content_type: Some("application/x-www-form-urlencoded".to_owned()),
    })
}

fn field_text(vu: &VuState, name: &str, value: &Value<'_>) -> rquickjs::Result<String> {
    if !convert::is_some(value) {
        return Ok(String::new());
    }
    if value.is_object() && !value.is_function() {
        vu.warn(&format!("form field '{name}' is an object or array and was sent empty: give a string, or JSON.stringify it"));
        return Ok(String::new());
    }
    convert::text(value)
}

fn is_file(value: &Value<'_>) -> bool {
    value.as_object().is_some_and(|object| object.contains_key(MARK).unwrap_or(false))
}

fn multipart<'js>(ctx: &Ctx<'js>, fields: &[(String, Value<'js>)]) -> rquickjs::Result<Body> {
    let boundary = format!("{:032x}", fastrand::u128(..));
    let mut bytes: Vec<u8> = Vec::new();
    for (name, value) in fields {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        bytes.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{quoted}\"").as_bytes(),
        );
        match value.as_object().filter(|_| is_file(value)) {
            Some(file) => {
                let Text(filename) = file.get("filename")?;
                let filename = filename.replace('\\', "\\\\").replace('"', "\\\"");
                let Text(kind) = file.get("content_type")?;
                let head = format!("; filename=\"{filename}\"\r\nContent-Type: {kind}\r\n\r\n");
                bytes.extend_from_slice(head.as_bytes());
                let data: Value<'js> = file.get("data")?;
                bytes.extend_from_slice(&content(ctx, &data)?);
            }
            None => {
                bytes.extend_from_slice(b"\r\n\r\n");
                bytes.extend_from_slice(convert::text(value)?.as_bytes());
            }
        }
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Body { bytes: bytes.into(), content_type: Some(format!("multipart/form-data; boundary={boundary}")) })
}

fn content<'js>(ctx: &Ctx<'js>, data: &Value<'js>) -> rquickjs::Result<Vec<u8>> {
    if let Some(text) = data.as_string() {
        return Ok(convert::utf8(text)?.into_bytes());
    }
    if let Some(bytes) = vm::binary(data) {
        return Ok(bytes);
    }
    if let Some(list) = data.as_array() {
        return list.iter::<u8>().collect();
    }
    Err(Exception::throw_type(ctx, "http.file takes a string, an ArrayBuffer or an array of bytes"))
}

/// `http.file(data, filename, contentType)`.
pub fn file<'js>(
    ctx: Ctx<'js>,
    data: Opt<Value<'js>>,
    filename: Opt<Value<'js>>,
    content_type: Opt<Value<'js>>,
) -> rquickjs::Result<Object<'js>> {
    let data = data.0.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    content(&ctx, &data)?;
    let object = Object::new(ctx)?;
    object.set("data", data)?;
    object.set("filename", convert::text_of(filename)?.unwrap_or_else(nanoseconds))?;
    let content_type = convert::text_of(content_type)?;
    object.set("content_type", content_type.unwrap_or_else(|| "application/octet-stream".to_owned()))?;
    object.prop(MARK, rquickjs::object::Property::from(true))?;
    Ok(object)
}

/// k6 names a file without a name after the time.
fn nanoseconds() -> String {
    wall::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
