//! Reports as text, and the verdict on the terminal.

use flashcrowd_document::{Format, render, verdict};
use flashcrowd_report::Lang;
use unicode_width::UnicodeWidthStr;

use crate::fixture;

fn text(record: flashcrowd_report::Record, lang: Lang) -> String {
    render(&fixture::report(record), Format::Text, lang, false)
}

#[test]
fn a_staircase_that_breaks() {
    insta::assert_snapshot!("stress.en.txt", text(fixture::stress(), Lang::En));
    insta::assert_snapshot!("stress.ko.txt", text(fixture::stress(), Lang::Ko));
}

#[test]
fn a_spike_and_its_recovery() {
    insta::assert_snapshot!("spike.ko.txt", text(fixture::spike(), Lang::Ko));
}

#[test]
fn a_script_with_thresholds() {
    insta::assert_snapshot!("orders.en.txt", text(fixture::orders(), Lang::En));
    insta::assert_snapshot!("orders.ko.txt", text(fixture::orders(), Lang::Ko));
}

#[test]
fn a_run_that_was_killed_says_so_and_tells_what_there_is() {
    for (lang, caution) in [(Lang::En, "first 2 min 20 s"), (Lang::Ko, "처음 2분 20초")] {
        let text = text(fixture::killed(), lang);
        assert!(text.contains(caution) && text.contains("VU 350"), "{text}");
        assert!(text.contains("95") && text.contains("p95"), "{text}");
    }
}

#[test]
fn the_verdict_below_a_summary() {
    let judgement = fixture::report(fixture::stress()).judgement;
    insta::assert_snapshot!("verdict.en.txt", verdict(&judgement, Lang::En, false, 80));
    insta::assert_snapshot!("verdict.ko.txt", verdict(&judgement, Lang::Ko, false, 80));
    let judgement = fixture::report(fixture::baseline()).judgement;
    insta::assert_snapshot!("verdict_of_a_baseline.en.txt", verdict(&judgement, Lang::En, false, 120));
}

#[test]
fn lines_fit_and_colours_take_no_room() {
    for record in [fixture::stress(), fixture::spike(), fixture::orders(), fixture::killed()] {
        let report = fixture::report(record);
        for lang in [Lang::En, Lang::Ko] {
            let whole = |color| render(&report, Format::Text, lang, color);
            let short = |color| verdict(&report.judgement, lang, color, 72);
            assert_eq!(without_colors(&whole(true)), whole(false));
            assert_eq!(without_colors(&short(true)), short(false));
            assert!(whole(true).contains('\u{1b}') && !whole(false).contains('\u{1b}'));
            assert!(whole(false).lines().all(|line| line.width() <= 100), "{}", whole(false));
            assert!(short(false).lines().all(|line| line.width() <= 72), "{}", short(false));
        }
    }
}

fn without_colors(text: &str) -> String {
    let mut plain = String::new();
    let mut is_escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => is_escape = true,
            'm' if is_escape => is_escape = false,
            c if !is_escape => plain.push(c),
            _ => {}
        }
    }
    plain
}
