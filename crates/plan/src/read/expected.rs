//! What is expected of a run, as plans list it: `response_time_p99: < 500ms`.

use flashcrowd_diagnosis::{Expectation, ExpectationError};

use super::reader::Reader;
use crate::yaml::{Content, Entry, Node};

impl Reader<'_> {
    /// Expectations as a list or as an object.
    pub(crate) fn expected(&mut self, node: &Node) -> Vec<Expectation> {
        let mut all = Vec::new();
        match &node.content {
            Content::Map(entries) => self.expect_all(entries, &mut all),
            Content::List(items) => {
                for item in items {
                    match item.map() {
                        Some(entries) => self.expect_all(entries, &mut all),
                        None => {
                            let message = format!(
                                "{} is no expectation: write one such as 'error_rate: < 1%'",
                                item.told()
                            );
                            self.wrong(item.place, message);
                        }
                    }
                }
            }
            Content::Scalar(_) => {
                let message = format!(
                    "{} is no list of expectations: write '- error_rate: < 1%' on the next line",
                    node.told()
                );
                self.wrong(node.place, message);
            }
        }
        all
    }

    fn expect_all(&mut self, entries: &[Entry], all: &mut Vec<Expectation>) {
        for entry in entries {
            // A name that is unknown is told even where its target is missing.
            let target = if entry.value.is_null() { None } else { self.text(&entry.value, "target") };
            match Expectation::parse(&entry.name, target.as_deref().unwrap_or_default()) {
                Ok(expectation) if target.is_some() => all.push(expectation),
                Err(ExpectationError::Name(message)) => self.wrong(entry.place, message),
                Err(ExpectationError::Target(message)) if target.is_some() => {
                    self.wrong(entry.value.place, message)
                }
                Ok(_) | Err(_) if entry.value.is_null() => {
                    self.wrong(
                        entry.place,
                        format!("'{}' is empty: write what it has to be, such as '< 1%' or true", entry.name),
                    );
                }
                Ok(_) | Err(_) => {}
            }
        }
    }
}
