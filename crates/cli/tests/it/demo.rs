//! The demo sells too much without a lock, exactly enough with one, says so in both languages, and hands on what it used.

use crate::dynamodb::practice::url;
use crate::run::{Outcome, Run, Signal};

/// A crowd that a debug build on a busy machine serves in a few seconds.
const CROWD: &str = "demo --users 250";

/// A row of the table, without its label: one figure for each lock.
fn row(outcome: &Outcome, label: &str) -> Vec<String> {
    let line = outcome.stdout.lines().find_map(|line| line.trim_start().strip_prefix(label));
    let cells = line.unwrap_or_else(|| panic!("no row '{label}': {outcome:?}"));
    let skipped = usize::from(matches!(label, "items sold" | "oversold by" | "판매 수량 " | "초과 판매"));
    let words = cells.split_whitespace().filter(|word| *word != "✗");
    words.skip(skipped).map(|word| word.replace(',', "")).collect()
}

fn number(cell: &str) -> u64 {
    cell.parse().unwrap()
}

#[test]
fn only_without_a_lock_too_much_is_sold() {
    let outcome = Run::of(CROWD).args("--record kept").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let (sold, oversold) = (row(&outcome, "items sold"), row(&outcome, "oversold by"));
    assert!(number(&sold[0]) > 100 && number(&sold[0]) == 100 + number(&oversold[0]), "{outcome:?}");
    assert_eq!(
        (&sold[1..], &oversold[1..]),
        (&["100".into(), "100".into()][..], &["0".into(), "0".into()][..])
    );
    assert_eq!(row(&outcome, "purchases accepted"), sold);
    assert_eq!(row(&outcome, "purchases refused")[1..], ["150", "150"]);
    assert_eq!(row(&outcome, "requests "), ["1250"; 3]);
    assert!(!outcome.stdout.contains('\x1b') && outcome.stdout.contains("were counted twice"), "{outcome:?}");
    assert!(outcome.stderr.lines().any(|line| line.starts_with("mutex ")), "progress in lines: {outcome:?}");
    for lock in ["none", "mutex", "atomic"] {
        let sold = &outcome.json(&format!("kept/{lock}/result.json"))["metrics"];
        let sold = sold.as_array().unwrap().iter().find(|metric| metric["name"] == "items_sold").unwrap();
        assert_eq!(sold["stats"]["count"] == 100, lock != "none", "{lock}: {sold}");
    }
}

#[test]
fn in_korean_and_quiet_there_is_the_table_alone() {
    let outcome = Run::of(CROWD).args("-q").env("LANG", "ko_KR.UTF-8").go();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 14, "{outcome:?}");
    let (sold, oversold) = (row(&outcome, "판매 수량 "), row(&outcome, "초과 판매"));
    assert!(number(&oversold[0]) > 0, "{outcome:?}");
    assert_eq!(sold[1..], ["100", "100"]);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it() {
    let demo = Run::of(CROWD).start();
    demo.err_line("none ");
    demo.signal(Signal::INT);
    let outcome = demo.end();
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    assert!(outcome.stderr.starts_with("none "), "{outcome:?}");
    assert!(!outcome.stdout.contains("items sold"), "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn what_it_tells_to_try_next_works() {
    let script = Run::of("demo --print-script").go();
    assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""));
    let shop = Run::of("shop --lock none --stock 1=100 --listen 127.0.0.1:0").start();
    let url = url(&shop.out_line("http://"));
    let run = Run::of("run opening.js -e USERS=250").file("opening.js", &script.stdout);
    let outcome = run.arg("-e").arg(&format!("BASE_URL={url}")).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stderr.contains("items_sold"), "{outcome:?}");
    shop.signal(Signal::INT);
    assert_eq!(shop.end().code, Some(0));
}

#[test]
fn a_crowd_has_its_limits() {
    for users in ["100", "5001", "many"] {
        let outcome = Run::of("demo --users").arg(users).go();
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""), "{outcome:?}");
        assert!(outcome.stderr.contains("--users"), "{outcome:?}");
    }
}
