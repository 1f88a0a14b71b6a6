//! Every call is answered on the right stream, with the documented exit code.

use crate::run::Run;
use crate::target::mirror;

#[test]
fn help_and_version_are_data() {
    for line in ["--help", "--version", "version", "run --help", "completions bash"] {
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

#[test]
fn a_new_script_runs_as_it_is_and_replaces_none() {
    let target = mirror();
    let minimal = Run::of("new").go();
    assert_eq!((minimal.code, minimal.stderr.as_str()), (Some(0), ""), "{minimal:?}");
    let again = minimal.then("new").go();
    assert!(again.code == Some(255) && again.stderr.contains("'script.js' exists already"), "{again:?}");
    let protocol = minimal.then("new --template protocol sale.js").go();
    assert_eq!(protocol.code, Some(0), "{protocol:?}");
    assert_eq!(minimal.then("new --force sale.js").go().code, Some(0));
    assert_eq!(minimal.read("sale.js"), minimal.read("script.js"));
    assert_eq!(minimal.then("new --force --template protocol sale.js").go().code, Some(0));
    for script in ["script.js", "sale.js"] {
        let line = format!("run -u 1 -i 1 --compatibility-mode base -e BASE_URL={} {script}", target.url());
        let ran = minimal.then(&line).go();
        assert!(ran.code == Some(0) && !ran.stdout.contains('✗'), "{ran:?}");
    }
    let browser = minimal.then("new --template browser x.js").go();
    assert!(browser.code == Some(255) && browser.stderr.contains("protocol"), "{browser:?}");
}
