//! Whatever is in a file, it is read or refused, and never ends the program.

use std::path::Path;

use flashcrowd_plan::{Sources, read};
use flashcrowd_test::{Place, Problem};
use proptest::prelude::*;

/// What YAML and plans are made of.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "> ",
    "|",
    "%",
    "'",
    "\"",
    "#",
    "&a ",
    "*a",
    "<<: ",
    "${X}",
    "{{",
    "..",
    "{1..3}",
    "$.a[",
    "---\n",
    "\t",
    "가",
    "0",
    "99999999999999999999",
    "users: ",
    "requests: ",
    "wait: ",
];

fn is_read_or_refused(text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/plans");
    let sources =
        Sources { file: folder.join("changed.yaml"), text: Some(text.to_owned()), ..Sources::default() };
    if let Err(problems) = read(&sources) {
        assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.message.is_empty()));
        let lines = text.lines().count() + 1;
        let line = |problem: &Problem| match problem.place {
            Place::Line(_, line, _) => line,
            _ => 0,
        };
        assert!(problems.iter().all(|problem| line(problem) <= lines), "{problems:?}");
    }
}

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/plans/black-friday.yaml");
    std::fs::read_to_string(path).unwrap()
}

proptest! {
    #[test]
    fn pieces_put_together_at_random(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)) {
        is_read_or_refused(&pieces.concat());
    }

    #[test]
    fn an_example_with_pieces_put_in_and_cut_out(
        changes in prop::collection::vec((0.0..1.0_f64, 0..12_usize, prop::sample::select(&PIECES[..])), 1..6)
    ) {
        let mut text: Vec<char> = example().chars().collect();
        for (place, cut, piece) in changes {
            let at = (text.len() as f64 * place) as usize;
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        is_read_or_refused(&text.into_iter().collect::<String>());
    }
}
