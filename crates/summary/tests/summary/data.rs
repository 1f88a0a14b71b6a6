//! The data of the summary, as programs read them.

use flashcrowd_record::Results;
use flashcrowd_summary::{Terminal, handle_summary, machine_summary, summary_export};

use crate::fixture;

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn handle_summary_gets_k6s_shape() {
    let terminal = Terminal { no_color: true, stdout_tty: false, stderr_tty: true };
    insta::assert_snapshot!(pretty(&handle_summary(&fixture::shop().0, terminal)));
}

#[test]
fn the_export_is_flat_and_its_thresholds_are_inverted() {
    insta::assert_snapshot!(summary_export(&fixture::shop().0));
}

#[test]
fn the_machine_readable_summary_is_made_of_lists() {
    insta::assert_snapshot!(pretty(&machine_summary(&fixture::shop().0, "export default () => {}")));
}

#[test]
fn results_survive_a_round_trip() {
    let results = fixture::shop().0;
    let text = serde_json::to_string(&results).unwrap();
    assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results);
}

#[test]
fn results_hold_thresholds_rows_and_every_stat_of_a_trend() {
    let results = fixture::shop().0;
    assert!(!results.thresholds_ok());
    let never = results.metric("never_used").unwrap();
    assert_eq!((never.samples, never.thresholds[0].value), (0, None));
    let order = results.metric("http_req_duration{name:주문}").unwrap();
    assert_eq!((order.samples, order.thresholds[0].value), (8, Some(135.0)));
    let row = results.rows.iter().find(|row| row.view == "requests" && row.metric == "http_req_duration");
    insta::assert_snapshot!(serde_json::to_string(row.unwrap()).unwrap(), @r#"{"view":"requests","tags":{"method":"GET","name":"product"},"metric":"http_req_duration","kind":"trend","contains":"time","stats":{"avg":13.5,"min":10,"med":13.5,"max":17,"p(90)":16.3,"p(95)":16.65,"count":8,"sum":108,"p(99)":16.93,"p(99.9)":16.993000000000002},"samples":8}"#);
}
