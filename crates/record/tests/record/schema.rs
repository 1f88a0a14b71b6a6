//! The schema of results, tried on results.

use flashcrowd_record::{
    BreakingPoint, ExpectationResult, Finding, Judgement, Mark, ResponseTimes, Severity, StepResult, UslFit,
    Verdict, result_schema,
};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::fixture;

fn validator() -> Validator {
    jsonschema::validator_for(&result_schema()).unwrap()
}

fn judged() -> Value {
    let expectation = ExpectationResult {
        name: "response_time_p99".into(),
        target: "< 500ms".into(),
        value: Some(550.0),
        unit: "ms".into(),
        result: Mark::NotMeasured,
        evidence: "no requests".into(),
        note: "no-requests".into(),
        figures: [("requests".to_owned(), 0.0)].into_iter().collect(),
        labels: Default::default(),
    };
    let finding = Finding {
        id: "lock-contention".into(),
        severity: Severity::Critical,
        evidence: "throughput is flat".into(),
        remedy: "count down atomically".into(),
        figures: Default::default(),
        labels: [("step".to_owned(), "rush".to_owned())].into_iter().collect(),
    };
    let judgement = Judgement {
        response_times: Some(ResponseTimes::default()),
        definitions: 1,
        verdict: Verdict::Warn,
        reason: None,
        expectations: vec![expectation],
        findings: vec![finding],
        steps: vec![StepResult { users: Some(5), ..StepResult::default() }],
        breaking_point: Some(BreakingPoint { usl: Some(UslFit::default()), ..BreakingPoint::default() }),
    };
    serde_json::to_value(fixture::shop().0.judged(judgement)).unwrap()
}

#[test]
fn results_are_valid_judged_or_not() {
    let validator = validator();
    for results in [judged(), serde_json::to_value(fixture::product()).unwrap()] {
        let errors: Vec<String> = validator.iter_errors(&results).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
    }
}

#[test]
fn results_of_versions_that_did_not_judge_are_valid() {
    let mut results = judged();
    for name in ["audits", "verdict", "expectations", "findings", "steps", "breaking_point"] {
        results.as_object_mut().unwrap().remove(name).unwrap();
    }
    assert!(validator().is_valid(&results));
}

#[test]
fn wrong_values_are_found_where_they_are() {
    let cases = [
        ("/verdict", json!("maybe")),
        ("/outcome/state", json!("ended")),
        ("/metrics/0/kind", json!("histogram")),
        ("/metrics/0/contains", json!("bytes")),
        ("/metrics/0/stats/value", json!("fast")),
        ("/expectations/0/result", json!("not-measured")),
        ("/findings/0/severity", json!("fatal")),
        ("/steps/0/users", json!(-1)),
        ("/summary/time_unit", json!("h")),
    ];
    for (place, wrong) in cases {
        let mut results = judged();
        *results.pointer_mut(place).unwrap() = wrong;
        let errors: Vec<String> =
            validator().iter_errors(&results).map(|error| error.instance_path().to_string()).collect();
        assert_eq!(errors, [place]);
    }
}
