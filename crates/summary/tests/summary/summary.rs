//! The summary in text, as people see it.

use flashcrowd_record::SummaryOptions;
use flashcrowd_summary::{Style, SummaryMode, render};
use flashcrowd_text::TimeUnit;

use crate::fixture;

const PLAIN: Style = Style { color: false };

#[test]
fn the_product_run_in_legacy_form_is_the_teams_report() {
    insta::assert_snapshot!(render(&fixture::product(), SummaryMode::Legacy, PLAIN));
}

#[test]
fn the_product_run_in_compact_form() {
    insta::assert_snapshot!(render(&fixture::product(), SummaryMode::Compact, PLAIN));
}

#[test]
fn the_shop_run_in_compact_form() {
    insta::assert_snapshot!(render(&fixture::shop().0, SummaryMode::Compact, PLAIN));
}

#[test]
fn the_shop_run_in_full_form() {
    insta::assert_snapshot!(render(&fixture::shop().0, SummaryMode::Full, PLAIN));
}

#[test]
fn the_shop_run_in_legacy_form() {
    insta::assert_snapshot!(render(&fixture::shop().0, SummaryMode::Legacy, PLAIN));
}

#[test]
fn disabled_prints_nothing() {
    assert_eq!(render(&fixture::product(), SummaryMode::Disabled, PLAIN), "");
}

#[test]
fn colours_change_no_letter_of_it() {
    let results = fixture::shop().0;
    for mode in [SummaryMode::Compact, SummaryMode::Full, SummaryMode::Legacy] {
        let mut text = render(&results, mode, Style { color: true });
        assert!(text.contains('\u{1b}'));
        while let Some(start) = text.find('\u{1b}') {
            let end = start + text[start..].find('m').unwrap();
            text.replace_range(start..=end, "");
        }
        assert_eq!(text, render(&results, mode, PLAIN));
    }
}

#[test]
fn chosen_trend_stats_and_a_unit_make_the_columns() {
    let mut results = fixture::product();
    results.summary = SummaryOptions {
        trend_stats: ["med", "p(99)", "count"].map(str::to_owned).to_vec(),
        time_unit: Some(TimeUnit::Ms),
    };
    let text = render(&results, SummaryMode::Compact, PLAIN);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("_duration")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
http_req_duration..............: med=87.77ms   p(99)=921.12ms  count=2001
iteration_duration.............: med=1084.00ms p(99)=1926.48ms count=2001
"#);
}

#[test]
fn a_run_without_samples_has_a_heading_and_no_more() {
    let mut results = fixture::product();
    results.metrics.clear();
    results.root_group = Default::default();
    assert_eq!(render(&results, SummaryMode::Compact, PLAIN), "\n  █ TOTAL RESULTS \n");
    assert_eq!(render(&results, SummaryMode::Legacy, PLAIN), "");
}

#[test]
fn modes_are_read_by_name() {
    assert_eq!("full".parse(), Ok(SummaryMode::Full));
    assert_eq!(
        "long".parse::<SummaryMode>().unwrap_err().to_string(),
        "unknown summary mode 'long': use compact, full, legacy or disabled"
    );
}
