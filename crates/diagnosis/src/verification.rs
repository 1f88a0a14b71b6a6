//! Verification is to judge a record again and to compare that with the judgement it holds.

use flashcrowd_record::{Judgement, Record};
use serde_json::Value;

use crate::evidence::Evidence;
use crate::judge::{DEFINITIONS, judge_by};

/// The fields that hold sentences: the same figures may be put in other words by another version.
const SENTENCES: [&str; 3] = ["evidence", "remedy", "text"];

/// What came of judging a record again.
#[derive(Clone, Debug, PartialEq)]
pub enum Verification {
    /// The same judgement, to the byte, or but for the wording of sentences.
    Same {
        /// Whether sentences are worded differently.
        reworded: bool,
    },
    /// Another judgement: each place where they part.
    Different(Vec<Difference>),
    /// It was judged by definitions that this version does not know: by those of version `record`, and not `here`.
    OtherDefinitions {
        /// The version of the record's definitions; zero where definitions had none.
        record: u32,
        /// The version of this program's.
        here: u32,
    },
    /// The record holds no judgement, because the run was cut short or its version did not judge.
    NotJudged,
}

/// A place where two judgements part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place: `expectations[2].value`.
    pub place: String,
    /// What the record says there, as JSON.
    pub recorded: String,
    /// What comes out now, as JSON.
    pub computed: String,
}

/// Judges a record again.
pub fn verify(record: &Record) -> Verification {
    let Some(results) = &record.results else { return Verification::NotJudged };
    let Some(recorded) = results.judgement() else { return Verification::NotJudged };
    if !(1..=DEFINITIONS).contains(&recorded.definitions) {
        return Verification::OtherDefinitions { record: recorded.definitions, here: DEFINITIONS };
    }
    let unjudged = results.clone().unjudged();
    let evidence = Evidence { results: Some(&unjudged), ..Evidence::from(record) };
    let computed = judge_by(&evidence, recorded.definitions);
    let (recorded, computed) = (json(&recorded), json(&computed));
    let mut differences = Vec::new();
    compare("", &recorded, &computed, &mut differences);
    let is_sentence =
        |one: &Difference| SENTENCES.iter().any(|field| one.place.ends_with(&format!(".{field}")));
    match differences.iter().all(is_sentence) {
        true => Verification::Same { reworded: !differences.is_empty() },
        false => Verification::Different(differences),
    }
}

fn json(judgement: &Judgement) -> Value {
    serde_json::to_value(judgement).unwrap_or_default()
}

fn compare(place: &str, recorded: &Value, computed: &Value, found: &mut Vec<Difference>) {
    match (recorded, computed) {
        (Value::Object(one), Value::Object(other)) => {
            let added = other.keys().filter(|key| !one.contains_key(*key));
            for key in one.keys().chain(added) {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                compare(&place, or_null(one.get(key)), or_null(other.get(key)), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let (left, right) = (one.get(at), other.get(at));
                compare(&format!("{place}[{at}]"), or_null(left), or_null(right), found);
            }
        }
        _ if recorded == computed => {}
        _ => found.push(Difference {
            place: place.to_owned(),
            recorded: recorded.to_string(),
            computed: computed.to_string(),
        }),
    }
}

fn or_null(value: Option<&Value>) -> &Value {
    value.unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_found_where_they_are() {
        let one = json!({ "verdict": "pass", "steps": [{ "tps": 1.0 }], "gone": 1 });
        let other = json!({ "verdict": "fail", "steps": [{ "tps": 1.0 }, { "tps": 2.0 }], "new": [] });
        let mut found = Vec::new();
        compare("", &one, &other, &mut found);
        let found: Vec<_> =
            found.iter().map(|it| (it.place.as_str(), it.recorded.as_str(), it.computed.as_str())).collect();
        assert_eq!(
            found,
            [
                ("verdict", "\"pass\"", "\"fail\""),
                ("steps[1]", "null", "{\"tps\":2.0}"),
                ("gone", "1", "null"),
                ("new", "null", "[]"),
            ]
        );
    }
}
