//! A value is what an attribute of an item holds, in DynamoDB's JSON form.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::decimal::Decimal;

/// The attributes of an item by name.
pub type Item = IndexMap<String, Value>;

/// What an attribute holds; numbers are decimals only.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    S(String),
    /// A number.
    N(Decimal),
    /// Bytes.
    B(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
    /// A list.
    L(Vec<Value>),
    /// A map.
    M(Item),
    /// A set of texts.
    Ss(Vec<String>),
    /// A set of numbers.
    Ns(Vec<Decimal>),
    /// A set of bytes.
    Bs(Vec<Vec<u8>>),
}

/// The types of values, by DynamoDB's names.
const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"];

impl Value {
    /// The text, if it is one.
    pub fn as_s(&self) -> Option<&str> {
        if let Self::S(text) = self { Some(text) } else { None }
    }

    /// The number, if it is one.
    pub fn as_n(&self) -> Option<&Decimal> {
        if let Self::N(number) = self { Some(number) } else { None }
    }

    /// The bytes, if it is some.
    pub fn as_b(&self) -> Option<&[u8]> {
        if let Self::B(bytes) = self { Some(bytes) } else { None }
    }

    /// Whether it is true, if it is either.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(is) = self { Some(*is) } else { None }
    }

    /// The list, if it is one.
    pub fn as_l(&self) -> Option<&[Self]> {
        if let Self::L(list) = self { Some(list) } else { None }
    }

    /// The map, if it is one.
    pub fn as_m(&self) -> Option<&Item> {
        if let Self::M(map) = self { Some(map) } else { None }
    }

    /// DynamoDB's name of its type, such as `BOOL`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::S(text.to_owned())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::N(number)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.type_name();
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::S(text) => map.serialize_entry(name, text)?,
            Self::N(number) => map.serialize_entry(name, number)?,
            Self::B(bytes) => map.serialize_entry(name, &STANDARD.encode(bytes))?,
            Self::Bool(is) => map.serialize_entry(name, is)?,
            Self::Null => map.serialize_entry(name, &true)?,
            Self::L(list) => map.serialize_entry(name, list)?,
            Self::M(item) => map.serialize_entry(name, item)?,
            Self::Ss(texts) => map.serialize_entry(name, texts)?,
            Self::Ns(numbers) => map.serialize_entry(name, numbers)?,
            Self::Bs(all) => {
                let all: Vec<String> = all.iter().map(|bytes| STANDARD.encode(bytes)).collect();
                map.serialize_entry(name, &all)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Typed)
    }
}

/// Reads `{"S": "text"}`.
struct Typed;

impl<'de> Visitor<'de> for Typed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its type, such as {\"S\": \"text\"} or {\"N\": \"19.90\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some(Type(name)) = map.next_key()? else { return Err(de::Error::invalid_length(0, &self)) };
        let value = match name {
            "S" => Value::S(map.next_value()?),
            "N" => Value::N(map.next_value()?),
            "B" => Value::B(map.next_value::<Bytes>()?.0),
            "BOOL" => Value::Bool(map.next_value()?),
            "NULL" => match map.next_value()? {
                true => Value::Null,
                false => return Err(de::Error::custom("NULL is false: write {\"NULL\": true}")),
            },
            "L" => Value::L(map.next_value()?),
            "M" => Value::M(map.next_value()?),
            "SS" => Value::Ss(map.next_value()?),
            "NS" => Value::Ns(map.next_value()?),
            _ => Value::Bs(map.next_value::<Vec<Bytes>>()?.into_iter().map(|bytes| bytes.0).collect()),
        };
        match map.next_key::<Type>()? {
            None => Ok(value),
            Some(Type(other)) => {
                Err(de::Error::custom(format_args!("a value has one type, but this has {name} and {other}")))
            }
        }
    }
}

/// One of [`TYPES`].
struct Type(&'static str);

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(TypeName)
    }
}

struct TypeName;

impl Visitor<'_> for TypeName {
    type Value = Type;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type of a value, such as S or N")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Type, E> {
        let known = TYPES.into_iter().find(|known| *known == name);
        known.map(Type).ok_or_else(|| E::unknown_variant(name, &TYPES))
    }
}

/// Bytes as base64.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64)
    }
}

struct Base64;

impl Visitor<'_> for Base64 {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes as base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        STANDARD.decode(text).map(Bytes).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(json: &str) -> String {
        serde_json::from_str::<Value>(json).unwrap_err().to_string()
    }

    #[test]
    fn every_type_is_read_and_written() {
        let json = r#"{"s":{"S":"x\"é"},"n":{"N":"1.5"},"b":{"B":"AAEC"},"t":{"BOOL":true},"f":{"BOOL":false},"0":{"NULL":true},"l":{"L":[{"S":"a"},{"L":[]}]},"m":{"M":{"k":{"N":"-3"}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2.5"]},"bs":{"BS":["AA==",""]}}"#;
        let item: Item = serde_json::from_str(json).unwrap();
        assert_eq!(item["s"].as_s(), Some("x\"é"));
        assert_eq!(item["n"].as_n(), Some(&"1.50".parse().unwrap()));
        assert_eq!(item["b"].as_b(), Some(&[0, 1, 2][..]));
        assert_eq!((item["t"].as_bool(), item["f"].as_bool()), (Some(true), Some(false)));
        assert_eq!(item["l"].as_l().unwrap().len(), 2);
        assert_eq!(item["m"].as_m().unwrap()["k"].type_name(), "N");
        assert_eq!(item["bs"], Value::Bs(vec![vec![0], vec![]]));
        assert_eq!((item["0"].as_s(), item["s"].as_n()), (None, None));
        assert_eq!(serde_json::to_string(&item).unwrap(), json);
    }

    #[test]
    fn errors_say_what_was_expected() {
        let errors = [
            r#""x""#,
            "{}",
            r#"{"X":"x"}"#,
            r#"{"S":1}"#,
            r#"{"N":1.5}"#,
            r#"{"N":"one"}"#,
            r#"{"B":"?"}"#,
            r#"{"BOOL":"true"}"#,
            r#"{"NULL":false}"#,
            r#"{"S":"x","N":"1"}"#,
        ];
        insta::assert_snapshot!(errors.map(error).join("\n"), @r#"
        invalid type: string "x", expected a value with its type, such as {"S": "text"} or {"N": "19.90"} at line 1 column 3
        invalid length 0, expected a value with its type, such as {"S": "text"} or {"N": "19.90"} at line 1 column 2
        unknown variant `X`, expected one of `S`, `N`, `B`, `BOOL`, `NULL`, `L`, `M`, `SS`, `NS`, `BS` at line 1 column 4
        invalid type: integer `1`, expected a string at line 1 column 6
        invalid type: floating point `1.5`, expected a decimal number as a text, such as "19.90" at line 1 column 8
        'one' is not a decimal number: write one such as 19.90 at line 1 column 10
        invalid value: string "?", expected bytes as base64 at line 1 column 8
        invalid type: string "true", expected a boolean at line 1 column 14
        NULL is false: write {"NULL": true} at line 1 column 14
        a value has one type, but this has S and N at line 1 column 12
        "#);
    }

    fn value() -> impl Strategy<Value = Value> {
        let number = || {
            (any::<i64>(), 0..30_u32)
                .prop_map(|(digits, scale)| format!("{digits}e-{scale}").parse().unwrap())
        };
        let leaf = prop_oneof![
            ".{0,9}".prop_map(Value::S),
            number().prop_map(Value::N),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::B),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
            proptest::collection::vec(".{0,3}", 0..3).prop_map(Value::Ss),
            proptest::collection::vec(number(), 0..3).prop_map(Value::Ns),
            proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3), 0..3).prop_map(Value::Bs),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::L),
                proptest::collection::vec((".{0,5}", inner), 0..4)
                    .prop_map(|all| Value::M(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(value in value()) {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        }
    }
}
