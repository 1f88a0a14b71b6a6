//! An answer in DynamoDB's JSON, read straight into the values of a script.

use std::cell::RefCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flashcrowd_dynamodb::Fault;
use rquickjs::function::Constructor;
use rquickjs::object::Property;
use rquickjs::{Array, Ctx, IntoJs, Object, String as JsString, TypedArray, Value};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::decimal;
use super::failure::Failure;

/// How deep an answer can be nested: DynamoDB's 32 levels of values, two of JSON each, and what is around them.
const DEEPEST: u8 = 80;

/// The values of an answer.
pub fn answer<'js>(ctx: &Ctx<'js>, body: &[u8]) -> Result<Value<'js>, Failure> {
    let thrown = RefCell::new(None);
    let reader = Reader { ctx, thrown: &thrown, shape: Shape::Answer, depth: 0 };
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = reader.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| match thrown.take() {
        Some(thrown) => Failure::Thrown(thrown),
        None => Failure::Fault(Fault::unreadable(&error.to_string())),
    })
}

/// What a part of an answer holds.
#[derive(Clone, Copy)]
enum Shape {
    /// Anything, as it is.
    Plain,
    /// An object whose members are told by their names.
    Answer,
    /// What is said of item collections, by table where several are written.
    Collections,
    /// Items that were read: by table in a batch, a list in a transaction.
    Responses,
    /// Answers by table.
    Tables,
    /// A list of objects of attributes.
    Items,
    /// An object of attributes.
    Item,
    /// The value of an attribute with its type.
    Attribute,
    /// Text.
    Text,
    /// A number as text.
    Number,
    /// Bytes as base64.
    Bytes,
    /// What NULL holds.
    Null,
    /// True or false.
    Bool,
    /// A list of values.
    List,
    /// Sets.
    Texts,
    Numbers,
    AllBytes,
}

impl Shape {
    /// What a member of an answer holds.
    fn of(key: &str) -> Self {
        match key {
            "Item" | "Key" | "Attributes" | "LastEvaluatedKey" => Self::Item,
            "Items" | "Keys" => Self::Items,
            "Responses" => Self::Responses,
            "UnprocessedKeys" | "UnprocessedItems" => Self::Tables,
            "ItemCollectionMetrics" => Self::Collections,
            "ConsumedCapacity" => Self::Plain,
            _ => Self::Answer,
        }
    }

    /// What a member of an object of this shape holds.
    fn member(self, key: &str) -> Self {
        match self {
            Self::Answer => Self::of(key),
            Self::Collections if key == "ItemCollectionKey" => Self::Item,
            Self::Tables => Self::Answer,
            Self::Responses => Self::Items,
            Self::Item => Self::Attribute,
            _ => self,
        }
    }

    /// What an element of a list of this shape holds.
    fn element(self) -> Self {
        match self {
            Self::Responses => Self::Answer,
            Self::Items => Self::Item,
            Self::List => Self::Attribute,
            Self::Texts => Self::Text,
            Self::Numbers => Self::Number,
            Self::AllBytes => Self::Bytes,
            other => other,
        }
    }

    /// What a value holds, by DynamoDB's name of its type.
    fn typed(name: &str) -> Option<Self> {
        Some(match name {
            "S" => Self::Text,
            "N" => Self::Number,
            "B" => Self::Bytes,
            "BOOL" => Self::Bool,
            "NULL" => Self::Null,
            "L" => Self::List,
            "M" => Self::Item,
            "SS" => Self::Texts,
            "NS" => Self::Numbers,
            "BS" => Self::AllBytes,
            _ => return None,
        })
    }

    fn is_set(self) -> bool {
        matches!(self, Self::Texts | Self::Numbers | Self::AllBytes)
    }

    fn holds_text(self) -> bool {
        matches!(self, Self::Plain | Self::Answer | Self::Collections | Self::Text)
    }

    fn holds_list(self) -> bool {
        use Shape::{Answer, Collections, Items, List, Plain, Responses};
        self.is_set() || matches!(self, Plain | Answer | Collections | Responses | Items | List)
    }

    fn holds_object(self) -> bool {
        use Shape::{Answer, Collections, Item, Plain, Responses, Tables};
        matches!(self, Plain | Answer | Collections | Responses | Tables | Item)
    }

    fn holds_anything(self) -> bool {
        matches!(self, Self::Plain | Self::Answer | Self::Collections)
    }
}

/// Reads one part of an answer.
#[derive(Clone, Copy)]
struct Reader<'a, 'js> {
    ctx: &'a Ctx<'js>,
    thrown: &'a RefCell<Option<rquickjs::Error>>,
    shape: Shape,
    depth: u8,
}

impl<'js> Reader<'_, 'js> {
    fn inner(self, shape: Shape) -> Self {
        Self { shape, depth: self.depth + 1, ..self }
    }

    fn made<T, E: de::Error>(self, result: rquickjs::Result<T>) -> Result<T, E> {
        result.map_err(|error| {
            let text = E::custom(&error);
            *self.thrown.borrow_mut() = Some(error);
            text
        })
    }

    fn plain<E: de::Error>(self, value: impl IntoJs<'js>, what: de::Unexpected<'_>) -> Result<Value<'js>, E> {
        if !self.shape.holds_anything() {
            return Err(E::invalid_type(what, &self));
        }
        self.made(value.into_js(self.ctx))
    }

    fn set<E: de::Error>(self, members: Array<'js>) -> Result<Value<'js>, E> {
        let set = self.ctx.globals().get::<_, Constructor<'js>>("Set");
        self.made(set.and_then(|set| set.construct((members,))))
    }

    fn put<E: de::Error>(self, object: &Object<'js>, key: &str, value: Value<'js>) -> Result<(), E> {
        // A member of this name would be set as the object's prototype.
        self.made(match key {
            "__proto__" => object.prop(key, Property::from(value).writable().enumerable().configurable()),
            _ => object.set(key, value),
        })
    }
}

impl<'de, 'js> DeserializeSeed<'de> for Reader<'_, 'js> {
    type Value = Value<'js>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'js>, D::Error> {
        if self.depth > DEEPEST {
            return Err(de::Error::custom("nested deeper than DynamoDB keeps values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'js> Visitor<'de> for Reader<'_, 'js> {
    type Value = Value<'js>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.shape {
            Shape::Plain | Shape::Answer | Shape::Collections => "anything",
            Shape::Responses => "items by table, or a list of them",
            Shape::Tables => "an object with a member for each table",
            Shape::Items => "a list of items",
            Shape::Item => "an object of attributes",
            Shape::Attribute => "a value with its type, such as {\"S\": \"text\"}",
            Shape::Text => "a text",
            Shape::Number => "a number as text",
            Shape::Bytes => "bytes as base64",
            Shape::Null => "true",
            Shape::Bool => "true or false",
            Shape::List | Shape::Texts | Shape::Numbers | Shape::AllBytes => "a list of values",
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value<'js>, E> {
        match self.shape {
            Shape::Number => {
                let number = text.parse().map_err(E::custom)?;
                self.made(decimal::value(self.ctx, number))
            }
            Shape::Bytes => {
                let bytes =
                    STANDARD.decode(text).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
                self.made(TypedArray::new(self.ctx.clone(), bytes).map(TypedArray::into_value))
            }
            shape if shape.holds_text() => {
                self.made(JsString::from_str(self.ctx.clone(), text).map(JsString::into_value))
            }
            _ => Err(E::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_bool<E: de::Error>(self, is: bool) -> Result<Value<'js>, E> {
        match (self.shape, is) {
            (Shape::Null, true) => Ok(Value::new_null(self.ctx.clone())),
            (Shape::Bool, _) => Ok(Value::new_bool(self.ctx.clone(), is)),
            _ => self.plain(is, de::Unexpected::Bool(is)),
        }
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value<'js>, E> {
        self.plain(number as f64, de::Unexpected::Unsigned(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value<'js>, E> {
        self.plain(number as f64, de::Unexpected::Signed(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value<'js>, E> {
        self.plain(number, de::Unexpected::Float(number))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value<'js>, E> {
        match self.shape.holds_anything() {
            true => Ok(Value::new_null(self.ctx.clone())),
            false => Err(E::invalid_type(de::Unexpected::Unit, &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'js>, A::Error> {
        if !self.shape.holds_list() {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
        }
        let list = self.made(Array::new(self.ctx.clone()))?;
        let mut length = 0;
        while let Some(value) = seq.next_element_seed(self.inner(self.shape.element()))? {
            self.made(list.set(length, value))?;
            length += 1;
        }
        if self.shape.is_set() { self.set(list) } else { Ok(list.into_value()) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'js>, A::Error> {
        if matches!(self.shape, Shape::Attribute) {
            let Some(Type(shape)) = map.next_key()? else {
                return Err(de::Error::invalid_length(0, &self));
            };
            let value = map.next_value_seed(self.inner(shape))?;
            return match map.next_key::<Type>()? {
                None => Ok(value),
                Some(_) => Err(de::Error::invalid_length(2, &self)),
            };
        }
        if !self.shape.holds_object() {
            return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
        }
        let object = self.made(Object::new(self.ctx.clone()))?;
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(self.inner(self.shape.member(&key)))?;
            self.put(&object, &key, value)?;
        }
        Ok(object.into_value())
    }
}

/// The shape that the name of a type stands for.
struct Type(Shape);

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TypeName)
    }
}

struct TypeName;

impl Visitor<'_> for TypeName {
    type Value = Type;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type of a value, such as S or N")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Type, E> {
        Shape::typed(name).map(Type).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
    }
}
