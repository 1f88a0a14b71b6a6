//! Messages as JSON, by protobuf's own mapping; fields that are not set are there with their defaults.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _, SerializeOptions,
    Value,
};
use thiserror::Error;

use crate::schema::Schema;
use crate::status::Status;

/// Why JSON and message do not fit together.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct JsonError(String);

/// The message of a JSON text.
pub fn from_json(descriptor: MessageDescriptor, text: &str) -> Result<DynamicMessage, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let message = DynamicMessage::deserialize(descriptor, &mut deserializer);
    message
        .and_then(|message| deserializer.end().map(|()| message))
        .map_err(|error| JsonError(error.to_string()))
}

/// A message as a JSON text; `schema` knows the messages that others carry.
pub fn to_json(message: &DynamicMessage, schema: &Schema) -> Result<String, JsonError> {
    let mut writer = Writer { out: String::new(), schema };
    writer.message(message)?;
    Ok(writer.out)
}

impl Status {
    /// The status as k6 shows it: `code`, `message` and `details`. A detail of an unknown kind has its bytes in base64.
    pub fn to_json(&self, schema: &Schema) -> String {
        let mut writer = Writer { out: String::new(), schema };
        let _ = write!(writer.out, "{{\"code\":{},\"message\":", self.code as i32);
        writer.text(&self.message);
        writer.out.push_str(",\"details\":[");
        for (index, any) in self.details.iter().enumerate() {
            writer.comma(index);
            let start = writer.out.len();
            if writer.any(&any.type_url, &any.value).is_err() {
                writer.out.truncate(start);
                writer.bytes_of(&any.type_url, &any.value);
            }
        }
        writer.out.push_str("]}");
        writer.out
    }
}

struct Writer<'a> {
    out: String,
    schema: &'a Schema,
}

impl Writer<'_> {
    fn message(&mut self, message: &DynamicMessage) -> Result<(), JsonError> {
        let descriptor = message.descriptor();
        match descriptor.full_name() {
            "google.protobuf.Any" => {
                let any: prost_types::Any =
                    message.transcode_to().map_err(|error| JsonError(error.to_string()))?;
                self.any(&any.type_url, &any.value)
            }
            name if is_special(name) => self.special(message),
            _ => {
                self.out.push('{');
                self.fields(message, 0)?;
                self.out.push('}');
                Ok(())
            }
        }
    }

    fn fields(&mut self, message: &DynamicMessage, mut count: usize) -> Result<(), JsonError> {
        for field in message.descriptor().fields() {
            let is_set = message.has_field(&field);
            if !is_set && field.containing_oneof().is_some() {
                continue;
            }
            self.comma(count);
            count += 1;
            self.text(field.json_name());
            self.out.push(':');
            let is_message = !field.is_list() && !field.is_map() && matches!(field.kind(), Kind::Message(_));
            match is_set || !(is_message || field.supports_presence()) {
                true => self.field(&message.get_field(&field), &field)?,
                false => self.out.push_str("null"),
            }
        }
        Ok(())
    }

    fn field(&mut self, value: &Value, field: &FieldDescriptor) -> Result<(), JsonError> {
        match value {
            Value::List(list) => {
                self.out.push('[');
                for (index, value) in list.iter().enumerate() {
                    self.comma(index);
                    self.value(value, &field.kind())?;
                }
                self.out.push(']');
            }
            Value::Map(map) => {
                let Kind::Message(entry) = field.kind() else { return Ok(()) };
                let kind = entry.map_entry_value_field().kind();
                self.out.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    self.comma(index);
                    self.text(&name_of(key));
                    self.out.push(':');
                    self.value(value, &kind)?;
                }
                self.out.push('}');
            }
            value => self.value(value, &field.kind())?,
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, kind: &Kind) -> Result<(), JsonError> {
        // Writing into a text cannot fail.
        let _ = match value {
            Value::Bool(value) => write!(self.out, "{value}"),
            Value::I32(value) => write!(self.out, "{value}"),
            Value::U32(value) => write!(self.out, "{value}"),
            Value::I64(value) => write!(self.out, "\"{value}\""),
            Value::U64(value) => write!(self.out, "\"{value}\""),
            Value::F32(value) => {
                write!(self.out, "{}", float(f64::from(*value), serde_json::to_string(value)))
            }
            Value::F64(value) => write!(self.out, "{}", float(*value, serde_json::to_string(value))),
            Value::String(text) => {
                self.text(text);
                Ok(())
            }
            Value::Bytes(bytes) => write!(self.out, "\"{}\"", BASE64_STANDARD.encode(bytes)),
            Value::EnumNumber(number) => {
                match kind {
                    Kind::Enum(names) if names.full_name() == "google.protobuf.NullValue" => {
                        self.out.push_str("null")
                    }
                    Kind::Enum(names) => match names.get_value(*number) {
                        Some(value) => self.text(value.name()),
                        None => self.out.push_str(&number.to_string()),
                    },
                    _ => self.out.push_str(&number.to_string()),
                }
                Ok(())
            }
            Value::Message(message) => return self.message(message),
            Value::List(_) | Value::Map(_) => Ok(()),
        };
        Ok(())
    }

    /// A message that carries another, with its kind in `@type`.
    fn any(&mut self, url: &str, bytes: &[u8]) -> Result<(), JsonError> {
        if url.is_empty() && bytes.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        let name = url.rsplit('/').next().unwrap_or_default();
        let descriptor =
            self.schema.message(name).ok_or_else(|| JsonError(format!("message '{name}' is not known")))?;
        let inner =
            DynamicMessage::decode(descriptor, bytes).map_err(|error| JsonError(error.to_string()))?;
        self.out.push_str("{\"@type\":");
        self.text(url);
        if is_special(name) || name == "google.protobuf.Any" {
            self.out.push_str(",\"value\":");
            self.message(&inner)?;
        } else {
            self.fields(&inner, 1)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn bytes_of(&mut self, url: &str, bytes: &[u8]) {
        self.out.push_str("{\"@type\":");
        self.text(url);
        let _ = write!(self.out, ",\"value\":\"{}\"}}", BASE64_STANDARD.encode(bytes));
    }

    /// A message that the mapping has a form of its own for.
    fn special(&mut self, message: &DynamicMessage) -> Result<(), JsonError> {
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::new(&mut bytes);
        let options = SerializeOptions::new();
        message
            .serialize_with_options(&mut serializer, &options)
            .map_err(|error| JsonError(error.to_string()))?;
        self.out.push_str(&String::from_utf8_lossy(&bytes));
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&serde_json::Value::from(text).to_string());
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push(',');
        }
    }
}

fn name_of(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

fn float(value: f64, text: serde_json::Result<String>) -> String {
    match value {
        f64::INFINITY => "\"Infinity\"".to_owned(),
        f64::NEG_INFINITY => "\"-Infinity\"".to_owned(),
        value if value.is_nan() => "\"NaN\"".to_owned(),
        _ => text.unwrap_or_else(|_| "0".to_owned()),
    }
}

fn is_special(name: &str) -> bool {
    let Some(name) = name.strip_prefix("google.protobuf.") else { return false };
    matches!(
        name,
        "Timestamp"
            | "Duration"
            | "Struct"
            | "Value"
            | "ListValue"
            | "FieldMask"
            | "Empty"
            | "FloatValue"
            | "DoubleValue"
            | "Int32Value"
            | "Int64Value"
            | "UInt32Value"
            | "UInt64Value"
            | "BoolValue"
            | "StringValue"
            | "BytesValue"
    )
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::schema::ReadFile;

    const PROTO: &str = r#"syntax = "proto3"; package t; import "google/protobuf/any.proto";
        import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
        enum Size { SMALL = 0; LARGE = 1; }
        message Inner { string text_of = 1; }
        message All {
          bool flag = 1; int32 small = 2; int64 big = 3; uint64 unsigned = 4; float half = 5; double full = 6;
          string name = 7; bytes raw = 8; Size size = 9; Inner inner = 10; repeated int64 many = 11;
          map<string, Inner> by_name = 12; oneof either { string left = 13; int32 right = 14; }
          optional int32 maybe = 15; google.protobuf.Any any = 16; google.protobuf.Timestamp at = 17;
          google.protobuf.Int64Value wrapped = 18; repeated Inner inners = 19; map<int32, Size> sizes = 20;
        }"#;

    fn schema() -> Schema {
        let read: ReadFile =
            Box::new(|path| (path == std::path::Path::new("t.proto")).then(|| Ok(PROTO.as_bytes().into())));
        Schema::parse(&["t.proto".to_owned()], read).unwrap()
    }

    fn there_and_back(text: &str) -> Result<String, String> {
        let schema = schema();
        let message = from_json(schema.message("t.All").unwrap(), text).map_err(|error| error.to_string())?;
        let message =
            DynamicMessage::decode(message.descriptor(), message.encode_to_vec().as_slice()).unwrap();
        to_json(&message, &schema).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_is_there_with_its_default() {
        let empty = r#"{"flag":false,"small":0,"big":"0","unsigned":"0","half":0.0,"full":0.0,"name":"","raw":"","size":"SMALL","inner":null,"many":[],"byName":{},"any":null,"at":null,"wrapped":null,"inners":[],"sizes":{}}"#;
        assert_eq!(there_and_back("{}").unwrap(), empty);
        assert_eq!(there_and_back(r#"{"inner":null,"many":null,"left":null}"#).unwrap(), empty);
    }

    #[test]
    fn values_go_there_and_back() {
        for (given, shown) in [
            (r#"{"flag":true}"#, r#""flag":true"#),
            (r#"{"big":"9007199254740993"}"#, r#""big":"9007199254740993""#),
            (r#"{"big":5}"#, r#""big":"5""#),
            (r#"{"full":"NaN","half":"-Infinity"}"#, r#""half":"-Infinity","full":"NaN""#),
            (r#"{"half":0.1}"#, r#""half":0.1"#),
            (r#"{"name":"a\"b\u2028é"}"#, "\"name\":\"a\\\"b\u{2028}é\""),
            (r#"{"raw":"AP8="}"#, r#""raw":"AP8=""#),
            (r#"{"size":"LARGE"}"#, r#""size":"LARGE""#),
            (r#"{"size":1}"#, r#""size":"LARGE""#),
            (r#"{"size":7}"#, r#""size":7"#),
            (r#"{"inner":{"textOf":"x"}}"#, r#""inner":{"textOf":"x"}"#),
            (r#"{"inner":{"text_of":"x"}}"#, r#""inner":{"textOf":"x"}"#),
            (r#"{"byName":{"k":{}}}"#, r#""byName":{"k":{"textOf":""}}"#),
            (r#"{"right":0}"#, r#""right":0"#),
            (r#"{"maybe":0}"#, r#""maybe":0"#),
            (r#"{"wrapped":"7"}"#, r#""wrapped":"7""#),
            (r#"{"at":"2020-01-02T03:04:05.5Z"}"#, r#""at":"2020-01-02T03:04:05.5"#),
            (r#"{"sizes":{"3":"LARGE"}}"#, r#""sizes":{"3":"LARGE"}"#),
            (
                r#"{"any":{"@type":"type.googleapis.com/t.Inner","textOf":"x"}}"#,
                r#""any":{"@type":"type.googleapis.com/t.Inner","textOf":"x"}"#,
            ),
        ] {
            let found = there_and_back(given).unwrap();
            assert!(found.contains(shown), "{given}: {found}");
            assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok(), "{found}");
        }
        for wrong in [r#"{"nobody":1}"#, r#"{"small":"x"}"#, r#"{"size":"HUGE"}"#, "[]", "1", "{} x"] {
            assert!(there_and_back(wrong).is_err(), "{wrong}");
        }
    }
}
