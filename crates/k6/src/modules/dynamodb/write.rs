//! A request in DynamoDB's JSON, written straight from the values of a script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rquickjs::{Array, Ctx, Exception, Function, Object, String as JsString, Value};

use super::decimal;
use crate::quickjs::convert::Text;
use crate::quickjs::vm;

/// How deep values can be nested in DynamoDB.
const DEEPEST: usize = 32;

/// Parameters that DynamoDB itself calls legacy; their values have no place in the document style.
const LEGACY: [(&str, &str); 6] = [
    ("AttributeUpdates", "UpdateExpression"),
    ("ConditionalOperator", "ConditionExpression"),
    ("Expected", "ConditionExpression"),
    ("KeyConditions", "KeyConditionExpression"),
    ("QueryFilter", "FilterExpression"),
    ("ScanFilter", "FilterExpression"),
];

/// A request that is ready to be sent.
pub struct Written {
    /// DynamoDB's JSON.
    pub body: Bytes,
    /// The table; of several the first.
    pub table: String,
    /// The index, if it is asked.
    pub index: Option<String>,
}

/// Writes a request, and asks to be told what it consumes. A transaction gets a token if it may have one and has none, so
/// that a second attempt is not a second order.
pub fn request<'js>(
    ctx: &Ctx<'js>,
    method: &str,
    request: &Object<'js>,
    has_token: bool,
) -> rquickjs::Result<Written> {
    let mut writer = Writer::new(ctx)?;
    let written = writer.fields(request, 0).and_then(|()| writer.finish(has_token));
    written.map_err(|wrong| match wrong {
        Wrong::Thrown(error) => error,
        Wrong::Refused { at, why } => {
            let at = if at.is_empty() { String::new() } else { format!("{at}: ") };
            Exception::throw_type(ctx, &format!("{method}: {at}{why}"))
        }
    })
}

/// What can be wrong with a request.
enum Wrong {
    /// The script threw while its values were read.
    Thrown(rquickjs::Error),
    /// A value is none of DynamoDB's.
    Refused { at: String, why: String },
}

type Outcome<T = ()> = Result<T, Wrong>;

impl From<rquickjs::Error> for Wrong {
    fn from(error: rquickjs::Error) -> Self {
        Self::Thrown(error)
    }
}

impl Wrong {
    fn because(why: impl Into<String>) -> Self {
        Self::Refused { at: String::new(), why: why.into() }
    }

    /// The same, one step further out.
    fn below(self, step: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused { at, why } if at.is_empty() => Self::Refused { at: step(), why },
            Self::Refused { at, why } if at.starts_with('[') => Self::Refused { at: step() + &at, why },
            Self::Refused { at, why } => Self::Refused { at: format!("{}.{at}", step()), why },
            thrown => thrown,
        }
    }
}

struct Writer<'js> {
    out: Vec<u8>,
    /// What objects without a class of their own descend from.
    plain: Option<Object<'js>>,
    table: Option<String>,
    index: Option<String>,
    has_token: bool,
    says_capacity: bool,
}

impl<'js> Writer<'js> {
    fn new(ctx: &Ctx<'js>) -> rquickjs::Result<Self> {
        Ok(Self {
            out: Vec::with_capacity(512),
            plain: Object::new(ctx.clone())?.get_prototype(),
            table: None,
            index: None,
            has_token: false,
            says_capacity: false,
        })
    }

    /// Adds what the script left out, and closes the request.
    fn finish(&mut self, needs_token: bool) -> Outcome<Written> {
        let table = self.table.take().ok_or_else(|| {
            Wrong::because("no table: give a TableName, or RequestItems by table in a batch")
        })?;
        self.out.pop();
        if !self.says_capacity {
            self.out.extend_from_slice(b",\"ReturnConsumedCapacity\":\"INDEXES\"");
        }
        if needs_token && !self.has_token {
            self.out.extend_from_slice(
                format!(",\"ClientRequestToken\":\"{:032x}\"", fastrand::u128(..)).as_bytes(),
            );
        }
        self.out.push(b'}');
        Ok(Written { body: std::mem::take(&mut self.out).into(), table, index: self.index.take() })
    }

    /// An object of parameters, of the request or inside of it.
    fn fields(&mut self, object: &Object<'js>, depth: usize) -> Outcome {
        self.members(object, |this, key, value| {
            if depth == 0 {
                this.says_capacity |= key == "ReturnConsumedCapacity";
                this.has_token |= key == "ClientRequestToken";
            }
            match key {
                "Item" | "Key" | "ExpressionAttributeValues" | "ExclusiveStartKey" => {
                    this.attributes(value, 0)
                }
                "Keys" => this.list(value, |this, one| this.attributes(one, 0)),
                "RequestItems" => this.tables(value, depth + 1),
                "TableName" => {
                    this.note_table(value)?;
                    this.parameter(value, depth + 1)
                }
                "IndexName" => {
                    this.index = value.as_string().map(text_of).transpose()?;
                    this.parameter(value, depth + 1)
                }
                _ => match LEGACY.iter().find(|(legacy, _)| *legacy == key) {
                    Some((_, instead)) => Err(Wrong::because(format!("a legacy parameter: write {instead}"))),
                    None => this.parameter(value, depth + 1),
                },
            }
        })
    }

    /// Parameters by table, in batches.
    fn tables(&mut self, value: &Value<'js>, depth: usize) -> Outcome {
        let Some(object) = value.as_object() else {
            return Err(Wrong::because("must be an object with what is asked of each table"));
        };
        self.members(object, |this, table, value| {
            if this.table.is_none() {
                this.table = Some(table.to_owned());
            }
            this.parameter(value, depth + 1)
        })
    }

    fn note_table(&mut self, value: &Value<'js>) -> Outcome {
        if self.table.is_none() {
            self.table = value.as_string().map(text_of).transpose()?;
        }
        Ok(())
    }

    /// A parameter that holds no attributes itself.
    fn parameter(&mut self, value: &Value<'js>, depth: usize) -> Outcome {
        if depth > DEEPEST {
            return Err(Wrong::because("nested too deep"));
        }
        if value.is_null() {
            self.out.extend_from_slice(b"null");
        } else if let Some(is) = value.as_bool() {
            self.out.extend_from_slice(if is { b"true" } else { b"false" });
        } else if let Some(text) = value.as_string() {
            self.quoted(&text_of(text)?);
        } else if value.is_number() || decimal::of(value).is_some() {
            let number = decimal::exact(value).map_err(Wrong::because)?;
            self.out.extend_from_slice(number.to_string().as_bytes());
        } else if value.is_array() {
            self.list(value, |this, one| this.parameter(one, depth + 1))?;
        } else if let Some(object) = value.as_object().filter(|_| !value.is_function()) {
            self.fields(object, depth)?;
        } else {
            return Err(Wrong::because(format!("a {} is not a parameter", value.type_name())));
        }
        Ok(())
    }

    /// An object whose members are attributes.
    fn attributes(&mut self, value: &Value<'js>, depth: usize) -> Outcome {
        match value.as_object() {
            Some(object) if self.is_plain(object) => {
                self.members(object, |this, _, value| this.attribute(value, depth))
            }
            _ => Err(Wrong::because("must be an object with the values of attributes")),
        }
    }

    /// The value of an attribute with its type.
    fn attribute(&mut self, value: &Value<'js>, depth: usize) -> Outcome {
        if depth > DEEPEST {
            return Err(Wrong::because(format!(
                "nested deeper than the {DEEPEST} levels that DynamoDB keeps"
            )));
        }
        if let Some(text) = value.as_string() {
            self.out.extend_from_slice(b"{\"S\":");
            self.quoted(&text_of(text)?);
        } else if let Some(number) = value.as_number() {
            let number = decimal::whole(number).map_err(Wrong::because)?;
            self.out.extend_from_slice(format!("{{\"N\":\"{number}\"").as_bytes());
        } else if let Some(is) = value.as_bool() {
            self.out.extend_from_slice(if is { b"{\"BOOL\":true" } else { b"{\"BOOL\":false" });
        } else if value.is_null() {
            self.out.extend_from_slice(b"{\"NULL\":true");
        } else if value.is_big_int() {
            self.out.extend_from_slice(b"{\"N\":");
            self.number(value)?;
        } else if let Some(object) = value.as_object().filter(|_| !value.is_function()) {
            self.compound(value, object, depth)?;
        } else {
            return Err(Wrong::because(format!(
                "a value that is {} cannot be stored: leave it out or write null",
                value.type_name()
            )));
        }
        self.out.push(b'}');
        Ok(())
    }

    fn compound(&mut self, value: &Value<'js>, object: &Object<'js>, depth: usize) -> Outcome {
        if self.is_plain(object) {
            self.out.extend_from_slice(b"{\"M\":");
            self.members(object, |this, _, value| this.attribute(value, depth + 1))
        } else if decimal::of(value).is_some() {
            self.out.extend_from_slice(b"{\"N\":");
            self.number(value)
        } else if value.is_array() || is_a(object, "Array") {
            self.out.extend_from_slice(b"{\"L\":");
            self.list(value, |this, one| this.attribute(one, depth + 1))
        } else if let Some(bytes) = vm::binary(value) {
            self.out.extend_from_slice(b"{\"B\":");
            self.base64(&bytes);
            Ok(())
        } else if is_a(object, "Set") {
            self.set(object)
        } else {
            let class: Result<Object<'js>, _> = object.get("constructor");
            let class: String = class.and_then(|class| class.get("name")).unwrap_or_default();
            Err(Wrong::because(format!(
                "an object of class {class} cannot be stored: give a plain object or text"
            )))
        }
    }

    /// A set of texts, of numbers or of bytes; the first one says which.
    fn set(&mut self, set: &Object<'js>) -> Outcome {
        let from: Function<'js> = set.ctx().globals().get::<_, Object<'js>>("Array")?.get("from")?;
        let members: Array<'js> = from.call((set.clone(),))?;
        if members.is_empty() {
            return Err(Wrong::because("DynamoDB has no empty sets: leave it out"));
        }
        let Some(kind_of_all) = kind(&members.get(0)?) else { return Err(Wrong::because(ONE_TYPE)) };
        self.out.extend_from_slice(format!("{{\"{kind_of_all}S\":").as_bytes());
        self.list(members.as_value(), |this, one| match kind(one) {
            Some(kind) if kind == kind_of_all => match kind {
                'S' => {
                    this.quoted(&one.as_string().map(text_of).transpose()?.unwrap_or_default());
                    Ok(())
                }
                'N' => this.number(one),
                _ => {
                    this.base64(&vm::binary(one).unwrap_or_default());
                    Ok(())
                }
            },
            _ => Err(Wrong::because(ONE_TYPE)),
        })
    }

    fn number(&mut self, value: &Value<'js>) -> Outcome {
        let number = decimal::exact(value).map_err(Wrong::because)?;
        self.out.extend_from_slice(format!("\"{number}\"").as_bytes());
        Ok(())
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(format!("\"{}\"", STANDARD.encode(bytes)).as_bytes());
    }

    /// The members of an object, of which those that are undefined are left out.
    fn members(
        &mut self,
        object: &Object<'js>,
        mut write: impl FnMut(&mut Self, &str, &Value<'js>) -> Outcome,
    ) -> Outcome {
        self.out.push(b'{');
        let start = self.out.len();
        for member in object.props::<Text, Value<'js>>() {
            let (Text(key), value) = member?;
            if value.is_undefined() {
                continue;
            }
            if self.out.len() > start {
                self.out.push(b',');
            }
            self.quoted(&key);
            self.out.push(b':');
            write(self, &key, &value).map_err(|wrong| wrong.below(|| key))?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list(
        &mut self,
        value: &Value<'js>,
        mut write: impl FnMut(&mut Self, &Value<'js>) -> Outcome,
    ) -> Outcome {
        let Some(list) = value.as_object().filter(|list| value.is_array() || is_a(list, "Array")) else {
            return Err(Wrong::because("must be a list"));
        };
        self.out.push(b'[');
        for at in 0..list.get::<_, u32>("length")? {
            if at > 0 {
                self.out.push(b',');
            }
            write(self, &list.get(at)?).map_err(|wrong| wrong.below(|| format!("[{at}]")))?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn quoted(&mut self, text: &str) {
        serde_json::to_writer(&mut self.out, text).expect("a text is always written to memory");
    }

    fn is_plain(&self, object: &Object<'js>) -> bool {
        match (object.get_prototype(), &self.plain) {
            (Some(prototype), Some(plain)) => prototype.as_value() == plain.as_value(),
            (prototype, _) => prototype.is_none(),
        }
    }
}

const ONE_TYPE: &str = "a set holds texts, numbers or bytes, all of one type";

/// The text of a script's text, which may hold half of a pair.
fn text_of(text: &JsString<'_>) -> Outcome<String> {
    text.to_string().map_err(|_| Wrong::because("a text with half of a surrogate pair, which is no Unicode"))
}

/// Which type of set a value can be in.
fn kind(value: &Value<'_>) -> Option<char> {
    if value.is_string() {
        Some('S')
    } else if value.is_number() || value.is_big_int() || decimal::of(value).is_some() {
        Some('N')
    } else {
        vm::binary(value).map(|_| 'B')
    }
}

/// Whether an object is of a class of the language's library.
fn is_a(object: &Object<'_>, class: &str) -> bool {
    object
        .ctx()
        .globals()
        .get::<_, Value<'_>>(class)
        .is_ok_and(|class| class.is_function() && object.is_instance_of(class))
}
