//! A replay is a transaction that is asked for again with the token of one that was done.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

/// How long a token is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The transactions that were done with a token, oldest first. The engine remembers them too, but goes through all of
/// them for each new one.
#[derive(Debug, Default)]
pub struct Replays {
    done: HashMap<String, u64>,
    order: VecDeque<(Instant, String)>,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    New,
    /// The same was done.
    Done,
    /// Something else was done.
    Other,
}

impl Replays {
    /// What is known of a token.
    pub fn look_up(&mut self, token: &str, request: u64, now: Instant) -> Known {
        while self.order.front().is_some_and(|(done, _)| *done + REMEMBERED <= now) {
            if let Some((_, token)) = self.order.pop_front() {
                self.done.remove(&token);
            }
        }
        match self.done.get(token) {
            None => Known::New,
            Some(done) if *done == request => Known::Done,
            Some(_) => Known::Other,
        }
    }

    /// Remembers what was done.
    pub fn remember(&mut self, token: String, request: u64, now: Instant) {
        self.order.push_back((now, token.clone()));
        self.done.insert(token, request);
    }
}

/// A number for the content of a request, whatever the order of its objects' members.
pub fn fingerprint<T: Serialize>(request: &T) -> u64 {
    serde_json::to_value(request).map_or(0, |value| hash(&value))
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let mut hasher = DefaultHasher::new();
                (name, hash(value)).hash(&mut hasher);
                hasher.finish()
            };
            members.iter().map(member).fold(0, u64::wrapping_add).hash(&mut hasher);
        }
        Value::Array(items) => items.iter().for_each(|item| hash(item).hash(&mut hasher)),
        Value::String(text) => text.hash(&mut hasher),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_does_not_matter_that_of_items_does() {
        let one = json!({ "a": [1, 2], "b": { "c": "x", "d": null } });
        let same = json!({ "b": { "d": null, "c": "x" }, "a": [1, 2] });
        assert_eq!(fingerprint(&one), fingerprint(&same));
        for other in
            [json!({ "a": [2, 1], "b": { "c": "x", "d": null } }), json!({ "a": [1, 2] }), json!("a")]
        {
            assert_ne!(fingerprint(&one), fingerprint(&other));
        }
    }

    #[test]
    fn a_token_is_remembered_for_ten_minutes() {
        let start = Instant::now();
        let mut replays = Replays::default();
        assert_eq!(replays.look_up("t", 1, start), Known::New);
        replays.remember("t".to_owned(), 1, start);
        let late = start + Duration::from_secs(599);
        assert_eq!(
            (replays.look_up("t", 1, late), replays.look_up("t", 2, late)),
            (Known::Done, Known::Other)
        );
        assert_eq!(replays.look_up("t", 1, start + REMEMBERED), Known::New);
        assert!(replays.done.is_empty() && replays.order.is_empty());
    }
}
