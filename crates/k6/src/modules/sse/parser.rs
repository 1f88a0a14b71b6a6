//! The parser takes events out of the bytes of a stream, as browsers do.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id that was given.
    pub id: String,
    /// Its kind; empty where it has none.
    pub name: String,
    /// Its data, lines joined.
    pub data: String,
    /// Its comments, lines joined.
    pub comment: String,
    /// Whether anything was said at all.
    is_any: bool,
}

impl Event {
    /// Whether it is a comment and nothing else, as servers send to keep a connection alive.
    pub fn is_comment(&self) -> bool {
        self.data.is_empty() && self.name.is_empty() && !self.comment.is_empty()
    }
}

/// How many bytes an event may have.
const LONGEST: usize = 8 << 20;

/// Bytes that have come, and the event that they are part of.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    event: Event,
    size: usize,
    last_id: String,
    /// Whether the last byte was a carriage return, so that a line feed ends no further line.
    after_return: bool,
    has_begun: bool,
}

/// An event is longer than any that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Parser {
    /// Takes bytes, and answers the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let is_second_half = std::mem::take(&mut self.after_return) && byte == b'\n';
            if is_second_half {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_of_line(&line));
                }
                _ => {
                    self.line.push(byte);
                    self.size += 1;
                    if self.size > LONGEST {
                        return Err(TooLong);
                    }
                }
            }
        }
        Ok(events)
    }

    fn end_of_line(&mut self, line: &[u8]) -> Option<Event> {
        let text = String::from_utf8_lossy(line);
        // A mark of the byte order may stand before the first line.
        let text = if self.has_begun { &*text } else { text.trim_start_matches('\u{feff}') };
        self.has_begun = true;
        if text.is_empty() {
            self.size = 0;
            let event = std::mem::take(&mut self.event);
            let is_any = event.is_any;
            return is_any.then(|| Event { id: self.last_id.clone(), ..event });
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let part = match field {
            "" => &mut self.event.comment,
            "data" => &mut self.event.data,
            "event" => {
                self.event.name = value.to_owned();
                self.event.is_any = true;
                return None;
            }
            "id" if !value.contains('\0') => {
                self.last_id = value.to_owned();
                self.event.is_any = true;
                return None;
            }
            _ => return None,
        };
        if !part.is_empty() {
            part.push('\n');
        }
        part.push_str(value);
        self.event.is_any = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parts: &[&str]) -> Vec<(String, String, String, String)> {
        let mut parser = Parser::default();
        let found = parts.iter().flat_map(|part| parser.push(part.as_bytes()).unwrap());
        found.map(|event| (event.id, event.name, event.data, event.comment)).collect()
    }

    fn event(id: &str, name: &str, data: &str, comment: &str) -> (String, String, String, String) {
        (id.to_owned(), name.to_owned(), data.to_owned(), comment.to_owned())
    }

    #[test]
    fn lines_become_events_as_in_browsers() {
        for (parts, expected) in [
            (&["data: a\n\n"][..], vec![event("", "", "a", "")]),
            (&["data: a\ndata:  b\ndata\n\n"], vec![event("", "", "a\n b\n", "")]),
            (
                &["id: 1\nevent: add\ndata: x\n\ndata: y\n\n"],
                vec![event("1", "add", "x", ""), event("1", "", "y", "")],
            ),
            (&[": hello\n\n"], vec![event("", "", "", "hello")]),
            (&["\u{feff}data: a\r\rdata: b\r\n\r\n"], vec![event("", "", "a", ""), event("", "", "b", "")]),
            (&["da", "ta: a\r", "\n\r", "\n"], vec![event("", "", "a", "")]),
            (&["data: é", "\n\n"], vec![event("", "", "é", "")]),
            (&["\n\n\nretry: 10\nother: x\n\n"], vec![]),
            (&["data: unfinished\n"], vec![]),
        ] {
            assert_eq!(events(parts), expected, "{parts:?}");
        }
    }

    #[test]
    fn an_event_has_a_longest_size() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1 << 20];
        let ended = (0..20).map(|_| parser.push(&piece)).find(Result::is_err);
        assert_eq!(ended, Some(Err(TooLong)));
    }
}
