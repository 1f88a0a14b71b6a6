//! Hiding is writing a document down with every text in it passed through a filter: values and names that a test chose, not the
//! words of its form. So the form can be read back, whatever a secret is: one that is called `finished` or `metrics` too.

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use serde_json::{Error, Map, Value};

/// What becomes of a text.
pub(crate) type Filter<'a> = &'a dyn Fn(&str) -> String;

/// The document as JSON, with all texts filtered.
pub(crate) fn hidden(document: &impl Serialize, filter: Filter<'_>) -> Result<Value, Error> {
    document.serialize(Hiding(filter))
}

#[derive(Clone, Copy)]
struct Hiding<'a>(Filter<'a>);

/// Values one after another; in a tuple variant with its name.
struct Row<'a> {
    hiding: Hiding<'a>,
    variant: Option<&'static str>,
    values: Vec<Value>,
}

/// Values with names; in a struct variant with its name.
struct Fields<'a> {
    hiding: Hiding<'a>,
    variant: Option<&'static str>,
    name: String,
    fields: Map<String, Value>,
}

impl<'a> Hiding<'a> {
    fn row(self, variant: Option<&'static str>, length: Option<usize>) -> Row<'a> {
        Row { hiding: self, variant, values: Vec::with_capacity(length.unwrap_or(0)) }
    }

    fn fields(self, variant: Option<&'static str>) -> Fields<'a> {
        Fields { hiding: self, variant, name: String::new(), fields: Map::new() }
    }
}

/// A value below the name of its variant, if it has one.
fn of_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        None => value,
        Some(variant) => Value::Object([(variant.to_owned(), value)].into_iter().collect()),
    }
}

/// What has no text in it is written as always.
macro_rules! as_always {
    ($($function:ident($kind:ty)),*) => {
        $(fn $function(self, value: $kind) -> Result<Value, Error> {
            serde_json::to_value(value)
        })*
    };
}

impl<'a> Serializer for Hiding<'a> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Row<'a>;
    type SerializeTuple = Row<'a>;
    type SerializeTupleStruct = Row<'a>;
    type SerializeTupleVariant = Row<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    as_always!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_bytes(&[u8])
    );

    fn serialize_char(self, value: char) -> Result<Value, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Error> {
        Ok(Value::String((self.0)(value)))
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(of_variant(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Row<'a>, Error> {
        Ok(self.row(None, length))
    }

    fn serialize_tuple(self, length: usize) -> Result<Row<'a>, Error> {
        Ok(self.row(None, Some(length)))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Row<'a>, Error> {
        Ok(self.row(None, Some(length)))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Row<'a>, Error> {
        Ok(self.row(Some(variant), Some(length)))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Fields<'a>, Error> {
        Ok(self.fields(None))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Fields<'a>, Error> {
        Ok(self.fields(None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Fields<'a>, Error> {
        Ok(self.fields(Some(variant)))
    }
}

/// All kinds of rows are written alike.
macro_rules! rows {
    ($($kind:ident::$function:ident),*) => {
        $(impl $kind for Row<'_> {
            type Ok = Value;
            type Error = Error;

            fn $function<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.values.push(value.serialize(self.hiding)?);
                Ok(())
            }

            fn end(self) -> Result<Value, Error> {
                Ok(of_variant(self.variant, Value::Array(self.values)))
            }
        })*
    };
}

rows!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// The names of a struct's fields are words of the form.
macro_rules! structs {
    ($($kind:ident),*) => {
        $(impl $kind for Fields<'_> {
            type Ok = Value;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.fields.insert(name.to_owned(), value.serialize(self.hiding)?);
                Ok(())
            }

            fn end(self) -> Result<Value, Error> {
                Ok(of_variant(self.variant, Value::Object(self.fields)))
            }
        })*
    };
}

structs!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Fields<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.name = match key.serialize(self.hiding)? {
            Value::String(name) => name,
            other => other.to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = value.serialize(self.hiding)?;
        self.fields.insert(std::mem::take(&mut self.name), value);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Object(self.fields))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Form {
        Unit,
        Newtype(&'static str),
        Tuple(u8, &'static str),
        Struct { unit: &'static str },
    }

    #[derive(Serialize)]
    struct Document {
        unit: Form,
        forms: Vec<Form>,
        names: BTreeMap<&'static str, Option<f64>>,
        numbers: BTreeMap<u8, (bool, char)>,
        open: Value,
    }

    #[test]
    fn words_of_the_form_stay_and_all_texts_are_filtered() {
        let document = Document {
            unit: Form::Unit,
            forms: vec![
                Form::Newtype("unit"),
                Form::Tuple(1, "unit"),
                Form::Struct { unit: "unit" },
                Form::Unit,
            ],
            names: [("unit", Some(1.5)), ("other", None)].into(),
            numbers: [(7, (true, 'x'))].into(),
            open: serde_json::json!({ "unit": ["unit", 1, null] }),
        };
        let filter = |text: &str| text.replace("unit", "***");
        let shown = hidden(&document, &filter).unwrap().to_string();
        insta::assert_snapshot!(shown, @r#"{"unit":"unit","forms":[{"newtype":"***"},{"tuple":[1,"***"]},{"struct":{"unit":"***"}},"unit"],"names":{"other":null,"***":1.5},"numbers":{"7":[true,"x"]},"open":{"***":["***",1,null]}}"#);
    }
}
