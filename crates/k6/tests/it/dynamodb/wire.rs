//! A wire is an endpoint of DynamoDB that keeps every request and answers as a test says.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::Value;

use crate::target::{Target, answer};

/// What was asked: the headers as they came, and the body.
#[derive(Clone, Debug)]
pub struct Asked {
    pub headers: String,
    pub body: Value,
}

/// An endpoint on a thread of its own, which ends with the process.
pub struct Wire {
    pub url: String,
    target: Target,
}

impl Wire {
    /// Gives these answers in turn, the last of them for ever.
    pub fn answering(answers: &[(u16, &str)]) -> Self {
        let answers: VecDeque<_> =
            answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let answers = Mutex::new(answers);
        let target = Target::answering(move |request| {
            if is_description(&request.head) {
                return answer(400, &[], r#"{"__type":"AccessDeniedException"}"#);
            }
            let mut answers = answers.lock().unwrap();
            let (status, body) =
                if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
            answer(status, &[], body)
        });
        Self { url: target.url(), target }
    }

    /// Answers everything with 200 and nothing in it.
    pub fn empty() -> Self {
        Self::answering(&[(200, "{}")])
    }

    /// All that was asked, but for descriptions of tables.
    pub fn asked(&self) -> Vec<Asked> {
        let requests = self.target.requests().into_iter();
        requests
            .filter(|request| !is_description(&request.head))
            .map(|request| Asked {
                body: serde_json::from_slice(&request.body).unwrap(),
                headers: request.head,
            })
            .collect()
    }
}

/// Whether a table is to be described, which the client does by itself.
fn is_description(head: &str) -> bool {
    head.to_ascii_lowercase().contains("dynamodb_20120810.describetable")
}
