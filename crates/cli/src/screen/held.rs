//! Held text is what the terminal gets later, since something else has it now.

use std::collections::VecDeque;

use super::harmless::without_colours;
use super::terminal::Stream;

/// So many bytes are held; of more, the oldest are given up.
const MOST: usize = 4 << 20;

/// What was written, in its order.
#[derive(Debug, Default)]
pub(super) struct Held {
    texts: VecDeque<(Stream, Vec<u8>)>,
    bytes: usize,
    given_up: usize,
}

impl Held {
    /// Holds a text.
    pub(super) fn add(&mut self, stream: Stream, bytes: &[u8]) {
        self.bytes += bytes.len();
        self.texts.push_back((stream, bytes.to_vec()));
        while self.bytes > MOST && self.texts.len() > 1 {
            let oldest = self.texts.pop_front().map_or(0, |(_, text)| text.len());
            self.bytes -= oldest;
            self.given_up += 1;
        }
    }

    /// The last lines, without colours.
    pub(super) fn last_lines(&self, most: usize) -> Vec<String> {
        let mut lines = VecDeque::new();
        for (_, text) in self.texts.iter().rev() {
            let text = String::from_utf8_lossy(text);
            for line in text.lines().rev().filter(|line| !line.trim().is_empty()) {
                if lines.len() == most {
                    return lines.into();
                }
                lines.push_front(without_colours(line));
            }
        }
        lines.into()
    }

    /// All of it, and before it how much was given up.
    pub(super) fn into_texts(self) -> impl Iterator<Item = (Stream, Vec<u8>)> {
        let note = (self.given_up > 0).then(|| {
            (Stream::Err, format!("({} earlier lines are not shown)\n", self.given_up).into_bytes())
        });
        note.into_iter().chain(self.texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_much_the_oldest_is_given_up_and_said() {
        let mut held = Held::default();
        for number in 0..5 {
            held.add(Stream::Err, format!("{number}{}\n", " ".repeat(MOST / 4)).as_bytes());
        }
        let texts: Vec<_> = held.into_texts().map(|(_, text)| String::from_utf8(text).unwrap()).collect();
        assert_eq!(texts[0], "(2 earlier lines are not shown)\n");
        assert!(texts[1].starts_with('2') && texts.len() == 4);
    }
}
