//! Layout sets text into columns and lines by the room that it takes on a screen: 한 takes two columns.

use unicode_width::UnicodeWidthStr;

/// Blanks between the columns of a table.
const GAP: usize = 2;
/// Words that are not torn from the number before them.
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

/// A colour or weight of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As it is.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Held.
    Good,
    /// Missed by little.
    Doubtful,
    /// Missed.
    Bad,
    /// Of less note.
    Faint,
}

/// Text with its colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    /// The text.
    pub text: String,
    /// Its colour.
    pub ink: Ink,
}

/// On which side of its column a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Ink {
    /// The text in this colour, or as it is where colours are off.
    pub(crate) fn on(self, text: &str, color: bool) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Strong => "1",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
            Self::Faint => "2",
        };
        if color && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, ink: Ink::Plain }
    }
}

impl Cell {
    /// Text in a colour.
    pub(crate) fn new(text: impl Into<String>, ink: Ink) -> Self {
        Self { text: text.into(), ink }
    }

    fn set(&self, columns: usize, side: Side, color: bool) -> String {
        let blanks = " ".repeat(columns.saturating_sub(width(&self.text)));
        let text = self.ink.on(&self.text, color);
        match side {
            Side::Left => text + &blanks,
            Side::Right => blanks + &text,
        }
    }
}

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The rows in columns, a line each, `indent` blanks before them. A row may have fewer cells than others.
pub(crate) fn table(rows: &[Vec<Cell>], sides: &[Side], indent: usize, color: bool) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(&cell.text)).max();
    let widths: Vec<usize> = (0..columns).map(|at| widest(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
        let mut line = " ".repeat(indent);
        for (at, cell) in row.iter().enumerate().take(last + 1) {
            let side = sides.get(at).copied().unwrap_or(Side::Right);
            let room = if at == last && side == Side::Left { 0 } else { widths[at] };
            line += &cell.set(room, side, color);
            if at < last {
                line += &" ".repeat(GAP);
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// The text in lines of at most so many columns, broken at blanks; the first begins with `first`, the others with as
/// many blanks. A word that is longer than a line stands alone on one.
pub(crate) fn wrap(text: &str, columns: usize, first: &str) -> String {
    let indent = width(first);
    let (mut lines, mut line, mut used) = (String::from(first), String::new(), 0);
    for word in unbroken(text) {
        let room = width(&word);
        if used > 0 && indent + used + 1 + room > columns {
            lines += &line;
            lines.push('\n');
            lines += &" ".repeat(indent);
            line.clear();
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line += &word;
        used += room;
    }
    lines + &line + "\n"
}

/// The text with no-break spaces between numbers and their units, for documents that break lines themselves.
pub(crate) fn together(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for part in text.split_inclusive(' ') {
        let is_torn = whole.strip_suffix(' ').is_some_and(|before| belong(before, part));
        if is_torn {
            whole.pop();
            whole.push('\u{a0}');
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
fn unbroken(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut().filter(|last| belong(last, word)) {
            Some(number) => *number += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|cell| Cell::from((*cell).to_owned())).collect()
    }

    #[test]
    fn columns_line_up_whatever_the_script() {
        let rows = [row(&["처리량(TPS)", "313/s", "> 100"]), row(&["p99", "906 ms", ""]), row(&["", "1"])];
        insta::assert_snapshot!(table(&rows, &[Side::Left, Side::Right, Side::Left], 2, false), @r"
          처리량(TPS)   313/s  > 100
          p99          906 ms
                            1
        ");
    }

    #[test]
    fn lines_are_broken_at_blanks() {
        insta::assert_snapshot!(wrap("커넥션 풀을 늘리거나 커넥션을 더 짧게 잡으세요", 24, "  → "), @r"
          → 커넥션 풀을 늘리거나
            커넥션을 더 짧게
            잡으세요
        ");
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(wrap("it took 12 ms, or 3 %", 10, ""), "it took\n12 ms, or\n3 %\n");
        assert_eq!(together("4 min 20 s (661 ms)였고"), "4\u{a0}min 20\u{a0}s (661\u{a0}ms)였고");
        assert_eq!(together("| 2 | sold 2 shirts "), "| 2 | sold 2 shirts ");
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(words in prop::collection::vec("[a-z가-힣]{1,9}", 1..40)) {
            let text = words.join(" ");
            let wrapped = wrap(&text, 30, "- ");
            prop_assert_eq!(wrapped[2..].split_whitespace().collect::<Vec<_>>().join(" "), text);
            prop_assert!(wrapped.lines().all(|line| width(line) <= 30));
        }
    }
}
