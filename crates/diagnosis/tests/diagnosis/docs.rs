//! The page about expectations tells of every kind there is.

use flashcrowd_diagnosis::Expectation;

#[test]
fn every_expectation_is_written_down() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/expectations.md")).unwrap();
    for kind in Expectation::table() {
        let name = if kind.name == "response_time_p99" { "response_time_pNN" } else { kind.name };
        for name in [name].into_iter().chain(kind.aliases.iter().copied()) {
            assert!(page.contains(&format!("`{name}")), "{name}");
        }
    }
}
