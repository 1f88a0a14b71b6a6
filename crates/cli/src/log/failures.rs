//! Failures are logged by kind: the first of a kind in full, the others with their number.
//!
//! A kind is what happened in one scenario, whatever numbers are in it: the user, the product, the order. Further lines
//! of a kind come a second after the first at the earliest, then after two seconds, four, and so on, each with how often
//! it has happened; the last one comes at the end of the run.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use flashcrowd_test::{Level, Message, Source};

/// How many kinds are told apart; what is beyond is one more.
const MOST_KINDS: usize = 100;

/// The text of the kind that stands for all beyond.
const FURTHER: &str = "failures of further kinds";

/// How long after the first line of a kind the second one comes at the earliest.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The failures of a run, by kind.
#[derive(Debug, Default)]
pub struct Failures {
    places: HashMap<(String, String), usize>,
    kinds: Vec<Kind>,
}

/// What happened before.
#[derive(Debug)]
struct Kind {
    failure: Failure,
    /// How often the last line said that it happened.
    told: u64,
    due: SystemTime,
    wait: Duration,
}

/// A failure that is to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How important it is.
    pub level: Level,
    /// Where it comes from.
    pub source: Source,
    /// What happened the first time.
    pub text: String,
    /// The scenario that was running, if any.
    pub scenario: Option<String>,
    /// How often it has happened.
    pub count: u64,
}

impl Failures {
    /// Whether a message tells of a failure: an exception, or what the program says of a request or call of a script.
    pub fn concern(message: &Message<'_>) -> bool {
        let is_of_script = message.scenario.is_some() && message.level >= Level::Warn;
        message.source == Source::StackTrace || (message.source == Source::Engine && is_of_script)
    }

    /// Counts a failure; what is to be logged of it, if anything is.
    pub fn add(&mut self, message: &Message<'_>, now: SystemTime) -> Option<Failure> {
        let scenario = message.scenario.unwrap_or_default().to_owned();
        let mut key = (scenario, kind_of(message.text));
        let is_new = !self.places.contains_key(&key);
        let is_beyond = is_new && self.kinds.len() >= MOST_KINDS;
        if is_beyond {
            key = (String::new(), FURTHER.to_owned());
        }
        match self.places.get(&key) {
            Some(at) => self.kinds[*at].again(now),
            None => {
                let failure = Failure {
                    level: message.level,
                    source: message.source,
                    text: if is_beyond { FURTHER.to_owned() } else { message.text.to_owned() },
                    scenario: message.scenario.filter(|_| !is_beyond).map(str::to_owned),
                    count: 1,
                };
                self.places.insert(key, self.kinds.len());
                let (due, wait) = (now + FIRST_WAIT, FIRST_WAIT * 2);
                self.kinds.push(Kind { failure: failure.clone(), told: 1, due, wait });
                Some(failure)
            }
        }
    }

    /// What has happened since it was logged last, in the order in which kinds happened first; then all are forgotten.
    pub fn rest(&mut self) -> Vec<Failure> {
        self.places.clear();
        let kinds = std::mem::take(&mut self.kinds).into_iter();
        kinds.filter(|kind| kind.failure.count > kind.told).map(|kind| kind.failure).collect()
    }
}

impl Kind {
    fn again(&mut self, now: SystemTime) -> Option<Failure> {
        self.failure.count += 1;
        if now < self.due {
            return None;
        }
        self.told = self.failure.count;
        self.due = now + self.wait;
        self.wait *= 2;
        Some(self.failure.clone())
    }
}

/// A text without what differs from one failure to the next: words with digits in the first line, the place of a URL
/// aside.
fn kind_of(text: &str) -> String {
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    let mut kind = String::with_capacity(text.len());
    let mut left = first;
    while let Some(start) = left.find("://") {
        let (before, url) = left.split_at(start + 3);
        let (place, after) = url.split_at(url.find(['/', ' ', '"']).unwrap_or(url.len()));
        add_words(&mut kind, before);
        kind.push_str(place);
        left = after;
    }
    add_words(&mut kind, left);
    kind + rest
}

/// Adds a text whose words with digits are all alike.
fn add_words(kind: &mut String, text: &str) {
    let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut left = text;
    while !left.is_empty() {
        let end = left.find(|c| !is_word(c)).unwrap_or(left.len());
        let (word, after) = left.split_at(end);
        kind.push_str(if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
        let end = after.find(is_word).unwrap_or(after.len());
        let (between, after) = after.split_at(end);
        kind.push_str(between);
        left = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message<'_> {
        Message { level: Level::Warn, source: Source::Engine, text, scenario: Some("peak") }
    }

    fn at(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    #[test]
    fn kinds_are_told_apart_by_words_and_not_by_numbers() {
        for (one, other, same) in [
            ("GET http://shop/products/1: EOF", "GET http://shop/products/22: EOF", true),
            ("GET http://shop/products/1: EOF", "POST http://shop/products/1: EOF", false),
            ("GET http://shop/a: EOF", "GET http://shop/b: EOF", false),
            ("GET http://10.0.0.1:80/: EOF", "GET http://10.0.0.1:81/: EOF", false),
            ("user 7f3a-1 is unknown\n\tat a.js:1", "user 812 is unknown\n\tat a.js:1", true),
            ("user 7 is unknown\n\tat a.js:1", "user 7 is unknown\n\tat a.js:2", false),
        ] {
            assert_eq!(kind_of(one) == kind_of(other), same, "{one} / {other}: {}", kind_of(one));
        }
    }

    #[test]
    fn a_hundred_thousand_failures_are_a_few_lines() {
        let mut failures = Failures::default();
        let mut lines = Vec::new();
        // 320,165 failures in six seconds.
        for number in 0..320_165_u64 {
            let told = failures
                .add(&message("GET http://shop/: dial: connection refused"), at(number * 6000 / 320_165));
            lines.extend(told.map(|failure| failure.count));
        }
        let rest: Vec<u64> = failures.rest().into_iter().map(|failure| failure.count).collect();
        assert_eq!((lines.len(), lines[0], rest), (3, 1, vec![320_165]), "{lines:?}");
        assert!(lines.is_sorted() && failures.rest().is_empty(), "{lines:?}");
    }

    #[test]
    fn kinds_are_in_order_and_few() {
        let mut failures = Failures::default();
        let mut texts: Vec<String> =
            ('a'..='z').flat_map(|c| ('a'..='z').map(move |d| format!("{c}{d}"))).collect();
        texts.truncate(MOST_KINDS + 20);
        let told: Vec<Failure> =
            texts.iter().filter_map(|text| failures.add(&message(text), at(0))).collect();
        assert_eq!(told.len(), MOST_KINDS + 1);
        assert_eq!((told[0].text.as_str(), told[MOST_KINDS].text.as_str()), ("aa", FURTHER));
        failures.add(&message("ab"), at(0));
        let rest = failures.rest();
        let rest: Vec<_> = rest.iter().map(|failure| (failure.text.as_str(), failure.count)).collect();
        assert_eq!(rest, [("ab", 2), (FURTHER, 20)]);
    }

    #[test]
    fn scenarios_are_told_apart() {
        let mut failures = Failures::default();
        let other = |scenario| Message { scenario, ..message("EOF") };
        assert!(failures.add(&other(Some("a")), at(0)).is_some());
        assert!(failures.add(&other(Some("b")), at(0)).is_some());
        assert!(failures.add(&other(Some("a")), at(0)).is_none());
    }
}
