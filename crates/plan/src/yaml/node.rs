//! A node is a value of a YAML document with its place.

use serde_json::{Number, Value};

/// Where something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The position of the file among those that were read.
    pub(crate) file: usize,
    /// The line, from one; zero for the file as a whole.
    pub(crate) line: usize,
    /// The column, from one.
    pub(crate) column: usize,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A field of an object. No name is there twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// A single value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Whether it is without quotes, so that it can be something else than text.
    pub(crate) plain: bool,
    /// How many columns after the node's place its text begins; none where it is not on one line as it is.
    pub(crate) inset: Option<usize>,
}

impl Scalar {
    pub(crate) fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The value by the core schema of YAML: plain scalars can be null, booleans and numbers.
    pub(crate) fn value(&self) -> Value {
        if self.plain { plain_value(&self.text) } else { Value::String(self.text.clone()) }
    }
}

/// What a scalar without quotes stands for.
pub(crate) fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    let radix = |prefix, radix| {
        unsigned.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, radix).ok())
    };
    let whole = || text.parse::<i64>().map(Number::from).ok();
    let large = || text.parse::<u64>().map(Number::from).ok();
    // Letters are left to names such as `inf`, which are text in JSON.
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let fraction = || text.parse::<f64>().ok().filter(|_| is_number).and_then(Number::from_f64);
    let coded = || (unsigned == text).then(|| radix("0x", 16).or_else(|| radix("0o", 8))).flatten();
    match whole().or_else(large).or_else(|| coded().map(Number::from)).or_else(fraction) {
        Some(number) => Value::Number(number),
        None => Value::String(text.to_owned()),
    }
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(scalar) if scalar.is_null())
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) if !scalar.is_null() => Some(scalar),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        self.map()?.iter().find(|entry| entry.name == name).map(|entry| &entry.value)
    }

    /// The place of a character in its text.
    pub(crate) fn inside(&self, character: usize) -> Place {
        match &self.content {
            Content::Scalar(Scalar { inset: Some(inset), .. }) => {
                Place { column: self.place.column + inset + character, ..self.place }
            }
            _ => self.place,
        }
    }

    /// What it is, for messages: `'5x'`, `a list`, `an object`, `nothing`.
    pub(crate) fn told(&self) -> String {
        match &self.content {
            Content::Scalar(scalar) if scalar.is_null() => "nothing".to_owned(),
            Content::Scalar(scalar) => format!("'{}'", scalar.text),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "an object".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_are_what_the_core_schema_says() {
        for (text, value) in [
            ("5", json!(5)),
            ("-5", json!(-5)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("0x1F", json!(31)),
            ("true", json!(true)),
            ("~", json!(null)),
            ("", json!(null)),
            ("yes", json!("yes")),
            ("inf", json!("inf")),
            ("1.2.3", json!("1.2.3")),
            ("010-1234", json!("010-1234")),
            ("5s", json!("5s")),
        ] {
            assert_eq!(plain_value(text), value, "{text}");
        }
    }
}
