//! Every call is answered on the right stream, with the documented exit code.

use crate::run::Run;

#[test]
fn help_and_version_are_data() {
    for line in ["--help", "--version", "run --help", "completions bash"] {
        let outcome = Run::of(line).go();
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        assert!(outcome.stdout.contains("flashcrowd") && outcome.stderr.is_empty(), "{line}: {outcome:?}");
    }
}

#[test]
fn a_slip_in_a_flag_is_answered_with_the_right_one() {
    let outcome = Run::of("run --duraton 5s script.js").go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""));
    assert!(outcome.stderr.contains("--duration"), "{}", outcome.stderr);
}

#[test]
fn every_wrong_option_is_one_line_and_the_code_is_104() {
    let command = Run::of("run -c c.json -d soon --workers none script.js --log-format raw");
    let outcome = command.env("K6_VUS", "many").file("c.json", r#"{"rps": -1}"#).go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(104), ""));
    insta::assert_snapshot!(outcome.stderr, @r#"
    c.json: rps: -1 can't be negative: write 0 or more
    K6_VUS: "many" is not a whole number: write one such as 10
    --duration: 'soon' is not a duration: write milliseconds as a number, or text such as '1m30s', '500ms' or '1d'
    --workers is 'none': use 1 to 1024, or leave it out for one a core
    "#);
}

#[test]
fn the_log_goes_where_it_was_sent() {
    let outcome = Run::of("--lang fr demo --log-output stdout --log-format json").go();
    assert_eq!(outcome.code, Some(104));
    assert!(outcome.stderr.contains("level=error msg=\"--lang is 'fr': use en or ko\""), "{outcome:?}");
}
