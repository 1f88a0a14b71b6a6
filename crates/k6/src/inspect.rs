//! A value's text as `console.log` shows it.

use crate::modules::dynamodb::ScriptDecimal;
use crate::quickjs::convert::{self, Text};
use rquickjs::{Array, Object, Value, function::This};

/// How deep nested values are shown.
const DEPTH: usize = 6;

/// The text of one argument of `console.log`: strings as they are, objects written out.
pub fn display(value: &Value<'_>) -> String {
    match value.as_string() {
        Some(text) => convert::utf8(text).unwrap_or_default(),
        None => {
            let mut out = String::new();
            write(value, &mut out, &mut Vec::new());
            out
        }
    }
}

fn write<'js>(value: &Value<'js>, out: &mut String, path: &mut Vec<Object<'js>>) {
    if let Some(text) = value.as_string() {
        let text = convert::utf8(text).unwrap_or_default();
        out.push('\'');
        out.push_str(&text.replace('\\', "\\\\").replace('\'', "\\'"));
        out.push('\'');
    } else if let Some(function) = value.as_function() {
        let name: String = function.get("name").unwrap_or_default();
        let name = if name.is_empty() { "(anonymous)".to_owned() } else { name };
        out.push_str(&format!("[object Function: {name}]"));
    } else if let Some(object) = value.as_object() {
        write_object(object, out, path);
    } else {
        out.push_str(&scalar(value));
    }
}

fn scalar(value: &Value<'_>) -> String {
    let to_string = value.ctx().globals().get::<_, rquickjs::Function<'_>>("String");
    to_string.and_then(|f| f.call::<_, String>((value.clone(),))).unwrap_or_default()
}

fn write_object<'js>(object: &Object<'js>, out: &mut String, path: &mut Vec<Object<'js>>) {
    if path.iter().any(|seen| seen.as_value() == object.as_value()) {
        return out.push_str("[Circular]");
    }
    if let Some(special) = special(object) {
        return out.push_str(&special);
    }
    if path.len() >= DEPTH {
        return out.push_str("[Object]");
    }
    // Host objects such as responses show what they would be as JSON.
    let plain =
        object.get::<_, rquickjs::Function<'js>>("toJSON").and_then(|f| f.call((This(object.clone()),)));
    let shown: Object<'js> = plain.unwrap_or_else(|_| object.clone());
    path.push(object.clone());
    match shown.as_array() {
        Some(array) => write_array(array, out, path),
        None => write_fields(&shown, out, path),
    }
    path.pop();
}

fn write_array<'js>(array: &Array<'js>, out: &mut String, path: &mut Vec<Object<'js>>) {
    if array.is_empty() {
        return out.push_str("[]");
    }
    out.push_str("[ ");
    for (i, item) in array.iter::<Value<'js>>().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        match item {
            Ok(item) => write(&item, out, path),
            Err(_) => out.push('?'),
        }
    }
    out.push_str(" ]");
}

fn write_fields<'js>(object: &Object<'js>, out: &mut String, path: &mut Vec<Object<'js>>) {
    let mut first = true;
    for field in object.props::<Text, Value<'js>>() {
        let Ok((Text(name), value)) = field else { continue };
        out.push_str(if first { "{ " } else { ", " });
        out.push_str(&name);
        out.push_str(": ");
        write(&value, out, path);
        first = false;
    }
    out.push_str(if first { "{}" } else { " }" });
}

/// Errors, dates, buffers and the like have a text of their own.
fn special(object: &Object<'_>) -> Option<String> {
    if let Some(exception) = object.as_exception() {
        let name: String = exception.as_object().get("name").unwrap_or_default();
        return Some(match convert::message(exception) {
            Some(message) if !message.is_empty() => format!("{name}: {message}"),
            _ => name,
        });
    }
    if let Some(bytes) = crate::quickjs::vm::binary(object.as_value()) {
        let shown: Vec<String> = bytes.iter().take(50).map(|b| format!("{b:02x}")).collect();
        let more = bytes.len().saturating_sub(50);
        let tail = if more > 0 { format!(" ... {more} more bytes") } else { String::new() };
        return Some(format!(
            "ArrayBuffer {{ [Uint8Contents]: <{}{tail}>, byteLength: {} }}",
            shown.join(" "),
            bytes.len()
        ));
    }
    if let Some(decimal) = object.as_class::<ScriptDecimal>() {
        return Some(format!("Decimal({})", decimal.borrow().number()));
    }
    let class: String = object
        .get::<_, Object<'_>>("constructor")
        .and_then(|constructor| constructor.get("name"))
        .unwrap_or_default();
    match class.as_str() {
        "Date" => object
            .get::<_, rquickjs::Function<'_>>("toISOString")
            .and_then(|f| f.call((This(object.clone()),)))
            .ok(),
        "RegExp" => Some(scalar(object.as_value())),
        "Promise" => Some("Promise {}".to_owned()),
        "Map" | "Set" => {
            let from: rquickjs::Function<'_> = object
                .ctx()
                .globals()
                .get::<_, Object<'_>>("Array")
                .and_then(|array| array.get("from"))
                .ok()?;
            let items: Value<'_> = from.call((object.clone(),)).ok()?;
            Some(format!("{class} {}", display(&items)))
        }
        _ => None,
    }
}
