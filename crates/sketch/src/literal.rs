//! Literals are values as JavaScript writes them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::sketch::{Piece, Text};

/// A text in quotes.
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// A text with variables, each by the code that `variable` gives for its name.
pub(crate) fn text(text: &Text, variable: &dyn Fn(&str) -> String) -> String {
    if let Some(plain) = text.as_plain() {
        return string(&plain);
    }
    if let [piece] = &text.0[..] {
        match piece {
            Piece::Variable(name) => return variable(name),
            Piece::Code(code) => return format!("String({code})"),
            Piece::Plain(_) => {}
        }
    }
    let mut template = String::from("`");
    for piece in &text.0 {
        match piece {
            Piece::Plain(plain) => {
                let quoted = string(plain);
                let inner = &quoted[1..quoted.len() - 1];
                template.push_str(&inner.replace("\\'", "'").replace('`', "\\`").replace("${", "\\${"));
            }
            Piece::Variable(name) => {
                let _ = write!(template, "${{{}}}", variable(name));
            }
            Piece::Code(code) => {
                let _ = write!(template, "${{{code}}}");
            }
        }
    }
    template.push('`');
    template
}

/// A name of a property, in quotes where it needs them.
pub(crate) fn key(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    match !name.is_empty() && name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        // This name would set the prototype.
        true if name != "__proto__" => name.to_owned(),
        _ if name == "__proto__" => "['__proto__']".to_owned(),
        _ => string(name),
    }
}

/// JSON as an object of the script, indented so far.
pub(crate) fn json(value: &Value, indent: usize) -> String {
    let inner = "  ".repeat(indent + 1);
    let outer = "  ".repeat(indent);
    match value {
        Value::String(plain) => string(plain),
        Value::Array(list) if list.is_empty() => "[]".to_owned(),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Array(list) => {
            let values: Vec<String> = list.iter().map(|value| json(value, indent + 1)).collect();
            let one_line = format!("[{}]", values.join(", "));
            if one_line.len() <= 80 && !one_line.contains('\n') {
                return one_line;
            }
            let lines: Vec<String> = values.iter().map(|value| format!("{inner}{value},\n")).collect();
            format!("[\n{}{outer}]", lines.concat())
        }
        Value::Object(fields) => {
            let values: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), json(value, indent + 1)))
                .collect();
            let one_line = format!("{{ {} }}", values.join(", "));
            if one_line.len() <= 80 && !one_line.contains('\n') {
                return one_line;
            }
            let lines: Vec<String> = values.iter().map(|value| format!("{inner}{value},\n")).collect();
            format!("{{\n{}{outer}}}", lines.concat())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(string("it's\n\\ \u{7}\u{202e}é"), "'it\\'s\\n\\\\ \\u{7}\\u{202e}é'");
        let variable = |name: &str| format!("__ENV.{name}");
        assert_eq!(text(&Text::with_braces("{{a}}"), &variable), "__ENV.a");
        assert_eq!(
            text(&Text::with_braces("it's `${x}` {{a}}\n"), &variable),
            "`it's \\`\\${x}\\` ${__ENV.a}\\n`"
        );
        assert_eq!(
            json(&serde_json::json!({ "a-b": [1, null, "x"], "c": {} }), 0),
            "{ 'a-b': [1, null, 'x'], c: {} }"
        );
        assert_eq!(key("__proto__"), "['__proto__']");
    }
}
