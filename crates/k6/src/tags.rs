//! Tags as scripts give them: an object whose values are strings, numbers or booleans.

use flashcrowd_metrics::TagSet;
use rquickjs::{Ctx, Exception, Value};

use crate::quickjs::convert::{self, Text};

/// How many bytes a tag takes: it is kept with the samples of its series.
const LONGEST: usize = 64 * 1024;

/// Reads tags; nothing is an empty set's `None`.
pub fn optional<'js>(ctx: &Ctx<'js>, value: Option<Value<'js>>) -> rquickjs::Result<Option<TagSet>> {
    let Some(value) = value.filter(|value| !value.is_undefined() && !value.is_null()) else {
        return Ok(None);
    };
    // As in k6, what is no object has no tags.
    let Some(object) = value.as_object() else { return Ok(None) };
    let mut pairs = Vec::new();
    for entry in object.props::<Text, Value<'js>>() {
        let (Text(name), value) = entry?;
        let text = text(&value).ok_or_else(|| {
            Exception::throw_type(ctx, &format!("tag '{name}' must be a string, a number or a boolean"))
        })?;
        if name.len() + text.len() > LONGEST {
            let text =
                format!("a tag has {} bytes with its name: {LONGEST} at most", name.len() + text.len());
            return Err(Exception::throw_range(ctx, &text));
        }
        pairs.push((name, text));
    }
    Ok((!pairs.is_empty()).then(|| TagSet::from_pairs(pairs)))
}

/// The text of a tag's value; none for values that tags cannot have.
pub fn text(value: &Value<'_>) -> Option<String> {
    if value.is_string() || value.is_number() || value.is_bool() {
        return convert::to_text(value);
    }
    None
}
