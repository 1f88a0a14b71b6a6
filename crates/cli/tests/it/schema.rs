//! The JSON Schemas that are kept in `docs/schema` are those that `schema` prints.

use std::path::Path;

use serde_json::Value;

use crate::run::Run;

fn printed(form: &str) -> String {
    let outcome = Run::of("schema").arg(form).go();
    assert!(outcome.code == Some(0) && outcome.stderr.is_empty(), "{outcome:?}");
    outcome.stdout
}

#[test]
fn the_kept_files_are_what_is_printed() {
    for form in ["plan", "result"] {
        let file = format!("docs/schema/{form}.schema.json");
        let kept = std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(&file),
        );
        let hint = format!("{file} is out of date: cargo run -- schema {form} > {file}");
        assert!(kept.is_ok_and(|kept| kept == printed(form)), "{hint}");
    }
}

#[test]
fn they_are_schemas() {
    for form in ["plan", "result"] {
        let schema: Value = serde_json::from_str(&printed(form)).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{form}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{form}");
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(!validator.is_valid(&serde_json::json!({ "nmae": 1 })), "{form}");
    }
}
