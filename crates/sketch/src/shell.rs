//! Words of commands, as a shell splits them.

/// The commands of a text, each as its words. Lines that begin with `#` are comments.
pub(crate) fn commands(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut commands, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('\r') if rest.peek() == Some(&'\n') => {
                    rest.next();
                }
                Some('\n') | None => {}
                Some(other) => word.get_or_insert_default().push(other),
            },
            // What Windows' shell writes for the same.
            '^' if matches!(rest.peek(), Some('\n' | '\r')) => {
                while matches!(rest.peek(), Some('\n' | '\r')) {
                    rest.next();
                }
            }
            '\'' => quoted(&mut rest, '\'', false, word.get_or_insert_default())?,
            '"' => quoted(&mut rest, '"', true, word.get_or_insert_default())?,
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                escaped(&mut rest, word.get_or_insert_default())?;
            }
            '#' if word.is_none() => {
                while rest.peek().is_some_and(|c| *c != '\n') {
                    rest.next();
                }
            }
            '\n' | ';' | '|' | '&' if word.is_none() || matches!(c, '\n' | ';' | '|') => {
                words.extend(word.take());
                if !words.is_empty() {
                    commands.push(std::mem::take(&mut words));
                }
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if !words.is_empty() {
        commands.push(words);
    }
    Ok(commands)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn unclosed(quote: char) -> String {
    format!("a quote ({quote}) is opened and never closed")
}

fn quoted(rest: &mut Rest<'_>, quote: char, escapes: bool, word: &mut String) -> Result<(), String> {
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if escapes => match rest.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some('\n') | None => {}
                Some(other) => word.extend(['\\', other]),
            },
            c => word.push(c),
        }
    }
    Err(unclosed(quote))
}

/// A text in `$'...'`.
fn escaped(rest: &mut Rest<'_>, word: &mut String) -> Result<(), String> {
    while let Some(c) = rest.next() {
        match c {
            '\'' => return Ok(()),
            '\\' => match rest.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('u') => word.push(code(rest, 4)),
                Some('x') => word.push(code(rest, 2)),
                Some(other) => word.push(other),
                None => {}
            },
            c => word.push(c),
        }
    }
    Err(unclosed('\''))
}

/// A character by its number, of at most so many digits.
fn code(rest: &mut Rest<'_>, digits: usize) -> char {
    let mut number = 0;
    for _ in 0..digits {
        let Some(digit) = rest.peek().and_then(|c| c.to_digit(16)) else { break };
        number = number * 16 + digit;
        rest.next();
    }
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_a_shell() {
        let split = |text: &str| commands(text).unwrap();
        assert_eq!(split("a 'b c' \"d\\\"e\" f\\ g"), [["a", "b c", "d\"e", "f g"]]);
        assert_eq!(split("a \\\n  -b\n# c\n\na d; a e"), [vec!["a", "-b"], vec!["a", "d"], vec!["a", "e"]]);
        assert_eq!(split("a $'it\\'s\\u00e9\\n' ''"), [["a", "it'sé\n", ""]]);
        assert_eq!(split("a x?b=1&c=2"), [["a", "x?b=1&c=2"]]);
        assert_eq!(split(""), Vec::<Vec<String>>::new());
        assert!(commands("a 'b").is_err() && commands("a \"b").is_err() && commands("$'b").is_err());
    }
}
