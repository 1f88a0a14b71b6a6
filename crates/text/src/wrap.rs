//! To wrap a text is to break it into lines of whole words; a number and its unit are one word.

use crate::width::width;

/// A blank at which no line is broken.
const HARD_BLANK: char = '\u{a0}';
/// Words that stay in one line with the number before them.
const UNITS: [&str; 15] = [
    "%",
    "ms",
    "µs",
    "s",
    "min",
    "h",
    "B",
    "kB",
    "MB",
    "GB",
    "users",
    "user",
    "core",
    "cores",
    "iterations/s",
];

/// Lines of whole words, none wider than `columns` unless a single word is. Hard blanks do not end a word.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.iter().map(|line| line.replace(HARD_BLANK, " ")).collect()
}

/// The text in lines of at most `columns`, each with its line feed; the first begins with `first`, the others with as
/// many blanks.
pub fn paragraph(text: &str, columns: usize, first: &str) -> String {
    let indent = width(first);
    let lines = wrap(text, columns.saturating_sub(indent)).join(&format!("\n{}", " ".repeat(indent)));
    format!("{first}{lines}\n")
}

/// The text with hard blanks between numbers and their units, for documents that break lines themselves.
pub fn with_hard_blanks(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for part in text.split_inclusive(' ') {
        let is_torn = whole.strip_suffix(' ').is_some_and(|before| belong(before, part));
        if is_torn {
            whole.pop();
            whole.push(HARD_BLANK);
        }
        whole += part;
    }
    whole
}

/// Whether a text ends in a number and its unit is the next word.
fn belong(text: &str, next: &str) -> bool {
    let word = next.split_whitespace().next().unwrap_or_default();
    let unit = word.trim_matches(|c: char| !c.is_ascii_alphabetic() && !"µ%".contains(c));
    UNITS.contains(&unit) && text.ends_with(|c: char| c.is_ascii_digit())
}

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_blank = |c: char| c.is_whitespace() && c != HARD_BLANK;
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        match words.last_mut().filter(|last| belong(last, word)) {
            Some(number) => *number += &format!("{HARD_BLANK}{word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("재고를 읽고 씁니다", 11), ["재고를 읽고", "씁니다"]);
        assert_eq!(wrap("incomprehensible it is", 5), ["incomprehensible", "it is"]);
        assert_eq!(wrap("p99 47.5\u{a0}ms", 9), ["p99", "47.5 ms"]);
        assert_eq!(wrap("", 5), Vec::<String>::new());
    }

    #[test]
    fn a_paragraph_is_indented_below_its_first_line() {
        let text = paragraph("커넥션 풀을 늘리거나 커넥션을 더 짧게 잡으세요", 24, "  → ");
        assert_eq!(text, "  → 커넥션 풀을 늘리거나\n    커넥션을 더 짧게\n    잡으세요\n");
        assert_eq!(paragraph("", 24, "- "), "- \n");
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(wrap("it took 12 ms, or 3 %", 10), ["it took", "12 ms, or", "3 %"]);
        assert_eq!(with_hard_blanks("4 min 20 s (661 ms)였고"), "4\u{a0}min 20\u{a0}s (661\u{a0}ms)였고");
        assert_eq!(with_hard_blanks("| 2 | sold 2 shirts "), "| 2 | sold 2 shirts ");
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(words in prop::collection::vec("[a-z가-힣]{1,9}", 1..40)) {
            let text = words.join(" ");
            let wrapped = paragraph(&text, 30, "- ");
            prop_assert_eq!(wrapped[2..].split_whitespace().collect::<Vec<_>>().join(" "), text);
            prop_assert!(wrapped.lines().all(|line| width(line) <= 30));
        }
    }
}
