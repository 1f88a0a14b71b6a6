//! A sketch is what a script is to do: requests, in groups, and the variables that they need.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a script is to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// What it was made of, in a few words.
    pub title: String,
    /// Variables with their values, if those are known. Scripts take them from the environment.
    pub variables: BTreeMap<String, Option<String>>,
    /// The requests, in their order.
    pub calls: Vec<Call>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// One request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// The groups that it is in, the outer first.
    pub groups: Vec<String>,
    /// What it is called.
    pub name: String,
    /// The method.
    pub method: String,
    /// Where it goes.
    pub url: Text,
    /// Its headers.
    pub headers: Vec<(String, Text)>,
    /// Its body.
    pub body: Body,
    /// The status that is right for it; none where any success is.
    pub status: Option<u16>,
    /// Seconds until it, since the one before.
    pub pause: f64,
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// None.
    #[default]
    Nothing,
    /// A text.
    Text(Text),
    /// JSON, written as an object of the script.
    Json(Value),
    /// A form.
    Form(Vec<(String, Text)>),
    /// A form in parts; a file by its path.
    Parts(Vec<(String, Part)>),
    /// A file by its path.
    File(String),
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A text.
    Text(Text),
    /// A file by its path.
    File(String),
}

/// A text with variables in it: pieces that stand for themselves, and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It stands for itself.
    Plain(String),
    /// The value of a variable.
    Variable(String),
    /// What this code makes.
    Code(&'static str),
}

impl Text {
    /// A text without variables.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Piece::Plain(text.into())])
    }

    /// A text in which names in double braces are variables, as in Postman.
    pub fn with_braces(text: &str) -> Self {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, behind)) = after.split_once("}}") else { break };
            if !before.is_empty() {
                pieces.push(Piece::Plain(before.to_owned()));
            }
            pieces.push(made(name.trim()));
            rest = behind;
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Self(pieces)
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Plain(_) | Piece::Code(_) => None,
        })
    }

    /// The text, where it has no variables.
    pub fn as_plain(&self) -> Option<String> {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Plain(text) => Some(text.as_str()),
            Piece::Variable(_) | Piece::Code(_) => None,
        });
        pieces.collect()
    }
}

/// What a name in braces stands for: a variable, or something that is made anew each time.
fn made(name: &str) -> Piece {
    match name {
        "$guid" | "$randomUUID" => Piece::Code("crypto.randomUUID()"),
        "$timestamp" => Piece::Code("Math.floor(Date.now() / 1000)"),
        "$isoTimestamp" => Piece::Code("new Date().toISOString()"),
        "$randomInt" => Piece::Code("Math.floor(Math.random() * 1000)"),
        name => Piece::Variable(name_of(name)),
    }
}

/// A name that variables of the environment can have.
pub fn name_of(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect::<String>();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name.truncate(64);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_variables() {
        let shown = |text: &str| Text::with_braces(text).0;
        assert_eq!(
            shown("{{base-url}}/a/{{ $guid }}?b={{c}}"),
            [
                Piece::Variable("base_url".to_owned()),
                Piece::Plain("/a/".to_owned()),
                Piece::Code("crypto.randomUUID()"),
                Piece::Plain("?b=".to_owned()),
                Piece::Variable("c".to_owned()),
            ]
        );
        assert_eq!(shown("a {{ b"), [Piece::Plain("a {{ b".to_owned())]);
        assert_eq!(shown(""), [Piece::Plain(String::new())]);
        assert_eq!(name_of("9 lives"), "_9_lives");
    }
}
