//! A script is what a service will answer, call by call.

use std::cell::RefCell;
use std::collections::VecDeque;

use flashcrowd_dynamodb::{Call, Fault, FaultKind, Operation, Reply};
use serde_json::Value;

use crate::control::ask::Ask;

/// Answers calls in the order that is written; any other call is a failure of the test.
#[derive(Default)]
pub(super) struct Script {
    answers: RefCell<VecDeque<(Operation, Result<Value, Fault>)>>,
    asked: RefCell<Vec<(Operation, Value)>>,
}

impl Script {
    pub(super) fn ok(self, operation: Operation, answer: Value) -> Self {
        self.answers.borrow_mut().push_back((operation, Ok(answer)));
        self
    }

    pub(super) fn refuse(self, operation: Operation, code: &str) -> Self {
        let fault = Fault::new(FaultKind::of(code, 400, &[]), code, "no");
        self.answers.borrow_mut().push_back((operation, Err(fault)));
        self
    }

    /// All that was asked for of an operation.
    pub(super) fn asked(&self, operation: Operation) -> Vec<Value> {
        let asked = self.asked.borrow();
        asked.iter().filter(|(of, _)| *of == operation).map(|(_, body)| body.clone()).collect()
    }

    /// Whether everything that is written was asked for.
    pub(super) fn is_over(&self) -> bool {
        self.answers.borrow().is_empty()
    }
}

impl Ask for Script {
    async fn ask(&self, call: &Call) -> Result<Reply, Fault> {
        self.asked.borrow_mut().push((call.operation, serde_json::from_slice(&call.body).unwrap()));
        let (operation, answer) =
            self.answers.borrow_mut().pop_front().expect("nothing more was to be asked");
        assert_eq!(operation, call.operation);
        answer.map(|body| Reply { body: body.to_string().into(), consumed: Vec::new() })
    }
}
