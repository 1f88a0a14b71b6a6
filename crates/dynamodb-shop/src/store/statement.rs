//! A statement of PartiQL, as far as the gate has to know it: what it does to which table, and to which key.
//!
//! The engine reads and carries statements out. What it is not told here is which partition a statement is about: a
//! `WHERE` with an `OR`, with ranges or functions on the key is about none that could be told.

use std::collections::HashMap;

use dynoxide::{AttributeValue, Item};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It reads.
    Select,
    /// It puts an item that is not there.
    Insert,
    /// It changes one.
    Update,
    /// It removes one.
    Delete,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it does.
    pub verb: Verb,
    /// The table.
    pub table: String,
    /// The index that it reads.
    pub index: Option<String>,
    /// The attributes of the item that it puts; else those that have to be equal to something.
    pub attributes: Item,
    /// What an update changes, as an update expression would say it.
    pub changes: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A keyword, or a name without quotes.
    Word(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes.
    Text(String),
    Number(String),
    /// The n-th question mark.
    Parameter(usize),
    Sign(char),
}

impl Statement {
    /// Reads a statement; none where it does not say what it does to which table.
    pub fn read(text: &str, parameters: Option<&[AttributeValue]>) -> Option<Self> {
        let tokens = tokens(text);
        let parameters = parameters.unwrap_or_default();
        let verb = match tokens.first()? {
            Token::Word(word) if is(word, "SELECT") => Verb::Select,
            Token::Word(word) if is(word, "INSERT") => Verb::Insert,
            Token::Word(word) if is(word, "UPDATE") => Verb::Update,
            Token::Word(word) if is(word, "DELETE") => Verb::Delete,
            _ => return None,
        };
        let after = |keyword: &str| tokens.iter().position(|token| token.is_word(keyword)).map(|at| at + 1);
        let at = match verb {
            Verb::Select | Verb::Delete => after("FROM")?,
            Verb::Insert => after("INTO")?,
            Verb::Update => 1,
        };
        let table = tokens.get(at)?.name()?.to_owned();
        let rest = &tokens[at + 1..];
        let index = match rest {
            [Token::Sign('.'), index, ..] => index.name().map(str::to_owned),
            _ => None,
        };
        let place = rest.iter().position(|token| token.is_word("WHERE")).unwrap_or(rest.len());
        let (before, condition) = rest.split_at(place);
        let attributes = match verb {
            Verb::Insert => put(rest, parameters),
            _ => equalities(condition, parameters),
        };
        let changes = if verb == Verb::Update { expression(before) } else { String::new() };
        Some(Self { verb, table, index, attributes, changes })
    }

    /// The item's key, where all of it is known.
    pub fn key(&self, keys: &[String]) -> Option<HashMap<String, AttributeValue>> {
        let part = |name: &String| Some((name.clone(), self.attributes.get(name)?.clone()));
        keys.iter().map(part).collect()
    }
}

impl Token {
    fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if is(word, keyword))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name),
            _ => None,
        }
    }

    fn value(&self, parameters: &[AttributeValue]) -> Option<AttributeValue> {
        match self {
            Self::Text(text) => Some(AttributeValue::S(text.clone())),
            Self::Number(number) => Some(AttributeValue::N(number.clone())),
            Self::Parameter(at) => parameters.get(*at).cloned(),
            _ => None,
        }
    }
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// The attributes that a condition compares for equality; none where it has alternatives.
fn equalities(condition: &[Token], parameters: &[AttributeValue]) -> Item {
    if condition.iter().any(|token| token.is_word("OR") || token.is_word("NOT")) {
        return Item::new();
    }
    let equality = |part: &[Token]| match part {
        [name, Token::Sign('='), value] => Some((name.name()?.to_owned(), value.value(parameters)?)),
        _ => None,
    };
    condition.windows(3).filter_map(equality).collect()
}

/// The attributes at the top of the item that an insert puts. What lists and maps hold is left out: none is part of a key.
fn put(tokens: &[Token], parameters: &[AttributeValue]) -> Item {
    let (mut item, mut depth) = (Item::new(), 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{' | '[') => depth += 1,
            Token::Sign('}' | ']') => depth = depth.saturating_sub(1),
            Token::Text(name) if depth == 1 && tokens.get(at + 1) == Some(&Token::Sign(':')) => {
                let value = tokens.get(at + 2).and_then(|value| value.value(parameters));
                item.insert(name.clone(), value.unwrap_or(AttributeValue::NULL(true)));
            }
            _ => {}
        }
    }
    item
}

/// `SET "a" = 1 REMOVE b` as an update expression.
fn expression(tokens: &[Token]) -> String {
    let word = |token: &Token| match token {
        Token::Word(word) | Token::Name(word) => word.clone(),
        Token::Sign(sign) => sign.to_string(),
        Token::Text(_) | Token::Number(_) | Token::Parameter(_) => ":value".to_owned(),
    };
    tokens.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut parameters) = (Vec::new(), 0);
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '"' => {
                let (inside, length) = quoted(rest, first);
                (if first == '"' { Token::Name(inside) } else { Token::Text(inside) }, length)
            }
            '?' => {
                parameters += 1;
                (Token::Parameter(parameters - 1), 1)
            }
            _ if first.is_ascii_digit() => {
                let in_number = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '+');
                let length = rest.find(|sign| !in_number(sign)).unwrap_or(rest.len());
                (Token::Number(rest[..length].to_owned()), length)
            }
            _ if first.is_alphabetic() || first == '_' => {
                let in_word = |sign: char| sign.is_alphanumeric() || sign == '_';
                let length = rest.find(|sign| !in_word(sign)).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => (Token::Sign(first), first.len_utf8()),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// What is between quotes, a doubled one standing for itself, and how long it is with them.
fn quoted(text: &str, quote: char) -> (String, usize) {
    let mut inside = String::new();
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if sign != quote {
            inside.push(sign);
        } else if signs.next_if(|(_, next)| *next == quote).is_some() {
            inside.push(quote);
        } else {
            return (inside, at + 1);
        }
    }
    (inside, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    #[test]
    fn statements_say_what_they_do_to_which_item() {
        let read =
            |statement: &str| Statement::read(statement, Some(&[text("first"), text("second")])).unwrap();
        let one = read("SELECT * FROM \"Orders\".\"by-customer\" WHERE customer='c''1' AND total > 5");
        assert_eq!(
            (one.verb, one.table.as_str(), one.index.as_deref()),
            (Verb::Select, "Orders", Some("by-customer"))
        );
        assert_eq!(one.attributes, [("customer".to_owned(), text("c'1"))].into());
        let one = read("insert into Orders value {'id': ?, 'lines': [{'id': 'x'}], 'n': 7, 'note': ?}");
        assert_eq!((one.verb, one.table.as_str()), (Verb::Insert, "Orders"));
        assert_eq!(one.key(&["id".to_owned()]).unwrap()["id"], text("first"));
        assert_eq!((&one.attributes["note"], one.attributes.len()), (&text("second"), 4));
        let one = read("UPDATE \"Orders\" SET \"state\" = ? SET n = n + 1 REMOVE old WHERE id = ?");
        assert_eq!(
            (one.verb, one.changes.as_str()),
            (Verb::Update, "SET state = :value SET n = n + :value REMOVE old")
        );
        assert_eq!(one.attributes, [("id".to_owned(), text("second"))].into());
        let one = read("DELETE FROM Orders WHERE id = 'a' AND line = 3");
        assert_eq!(one.attributes["line"], AttributeValue::N("3".to_owned()));
        assert_eq!(one.key(&["id".to_owned(), "sort".to_owned()]), None);
    }

    #[test]
    fn alternatives_are_about_no_key_and_nonsense_about_nothing() {
        let read = |statement| Statement::read(statement, None);
        assert!(read("SELECT a FROM T WHERE id = 'a' OR id = 'b'").unwrap().attributes.is_empty());
        for nonsense in ["", "SELECT", "DROP TABLE T", "INSERT INTO", "UPDATE 'T'", "'", "?", "SELECT * FROM"]
        {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
