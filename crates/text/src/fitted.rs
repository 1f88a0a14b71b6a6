//! A fitted table has as many columns of a screen as there are: rows become several lines where there are too few.

use crate::ink::Ink;
use crate::table::{Cell, Side};
use crate::width::{cut, pad, width};
use crate::wrap::wrap;

/// Blanks between the columns.
const GAP: usize = 2;
/// The words of a last column are wrapped, but not into less than this.
const WORDS: usize = 20;

/// How a table is set into so many columns of a screen.
///
/// Names are the first column. One for which there is no room beside its figures gets a line of its own above them; words in
/// the last column are wrapped. Nothing is cut off but a single word that is wider than the screen.
#[derive(Clone, Copy, Debug)]
pub struct Fitted<'a> {
    /// On which side of its column a text is; a column without a side has numbers.
    pub sides: &'a [Side],
    /// Columns that can be left out, the first of them first, where even the figures alone are too wide.
    pub spare: &'a [usize],
    /// Blanks in front of each line.
    pub indent: usize,
    /// The columns that the screen has.
    pub columns: usize,
}

/// What was decided for a table.
struct Plan {
    /// The columns that are shown.
    shown: Vec<usize>,
    /// How wide they are.
    widths: Vec<usize>,
    /// Wider names get a line of their own.
    names: usize,
}

impl Fitted<'_> {
    /// The rows as one text.
    pub fn text(&self, rows: &[Vec<Cell>], color: bool) -> String {
        self.rows(rows, color).concat()
    }

    /// The lines of each row, with their line feeds.
    pub fn rows(&self, rows: &[Vec<Cell>], color: bool) -> Vec<String> {
        let plan = self.plan(rows);
        rows.iter().map(|row| self.row(row, &plan, color)).collect()
    }

    fn plan(&self, rows: &[Vec<Cell>]) -> Plan {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        // A row with a name alone is a heading and needs no room in the first column.
        let cells = |at: usize| {
            rows.iter().filter(move |row| row.len() > 1 || count == 1).filter_map(move |row| row.get(at))
        };
        let widest = |at: usize| cells(at).map(|cell| width(&cell.text)).max().unwrap_or(0);
        let mut shown: Vec<usize> = (0..count).collect();
        let mut spare = self.spare.iter();
        let room = self.columns.saturating_sub(self.indent);
        loop {
            let widths: Vec<usize> = shown.iter().map(|at| widest(*at)).collect();
            let figures: usize = widths.iter().skip(1).map(|columns| columns + GAP).sum();
            let last = widths.last().copied().filter(|_| widths.len() > 1 && self.has_words(&shown));
            let wrapped = last.map_or(0, |last| last.saturating_sub(WORDS));
            if figures - wrapped > room
                && let Some(at) = spare.next()
            {
                shown.retain(|kept| kept != at);
                continue;
            }
            let plan = self.decide(shown, widths, (figures, wrapped), room);
            let names = cells(0).map(|cell| width(&cell.text)).filter(|name| *name <= plan.names).max();
            return Plan { names: names.unwrap_or(0), ..plan };
        }
    }

    /// Names stand beside their figures if the last words can be wrapped enough; else those that are too wide do not.
    fn decide(
        &self,
        shown: Vec<usize>,
        mut widths: Vec<usize>,
        (figures, wrapped): (usize, usize),
        room: usize,
    ) -> Plan {
        let widest = widths.first().copied().unwrap_or(0);
        let has_words = widths.len() > 1 && self.has_words(&shown);
        let names = match widest + figures - wrapped {
            least if least <= room || widths.len() == 1 => widest,
            _ if wrapped > 0 => 0,
            _ => room.saturating_sub(figures),
        };
        let others: usize = widths.iter().skip(1).rev().skip(1).map(|columns| columns + GAP).sum();
        if let (true, Some(last)) = (has_words, widths.last_mut()) {
            *last = room.saturating_sub(names + others + GAP).max(1).min((*last).max(1));
        }
        Plan { shown, widths, names }
    }

    /// Whether the last column that is shown has words.
    fn has_words(&self, shown: &[usize]) -> bool {
        shown.last().and_then(|at| self.sides.get(*at)) == Some(&Side::Left)
    }

    fn row(&self, row: &[Cell], plan: &Plan, color: bool) -> String {
        let Some(name) = row.first() else { return "\n".to_owned() };
        let indent = " ".repeat(self.indent);
        let is_apart = row.len() > 1 && width(&name.text) > plan.names;
        let mut lines = Vec::new();
        if is_apart || row.len() == 1 {
            let blanks = name.text.len() - name.text.trim_start().len();
            let room = self.columns.saturating_sub(self.indent + blanks).max(1);
            let parts = wrap(&name.text, room);
            lines.extend(parts.iter().map(|part| {
                let part = name.ink.on(&cut(part, room), color);
                format!("{indent}{}{part}", " ".repeat(blanks))
            }));
        }
        if row.len() > 1 {
            let name = if is_apart { Cell::new("", Ink::Plain) } else { name.clone() };
            lines.extend(self.figures(row, &name, plan, color));
        }
        lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// The line with the figures, and those with more of the last words.
    fn figures(&self, row: &[Cell], name: &Cell, plan: &Plan, color: bool) -> Vec<String> {
        let side = |at: usize| self.sides.get(at).copied().unwrap_or(Side::Right);
        let mut line = " ".repeat(self.indent) + &name.set(plan.names, side(0), color);
        let columns: Vec<(usize, usize)> =
            plan.shown.iter().copied().zip(plan.widths.iter().copied()).skip(1).collect();
        let mut more = Vec::new();
        for (place, (at, columns_wide)) in columns.iter().enumerate() {
            let Some(cell) = row.get(*at) else { continue };
            line += &" ".repeat(GAP);
            if place + 1 < columns.len() || side(*at) == Side::Right {
                line += &cell.set(*columns_wide, side(*at), color);
                continue;
            }
            let blanks = pad("", self.indent + plan.names + GAP * (place + 1))
                + &" ".repeat(columns[..place].iter().map(|(_, wide)| wide).sum());
            let parts = wrap(&cell.text, *columns_wide);
            let mut parts = parts.iter().map(|part| cell.ink.on(&cut(part, *columns_wide), color));
            line += &parts.next().unwrap_or_default();
            more.extend(parts.map(|part| format!("{blanks}{part}")));
        }
        [line].into_iter().chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::table;

    const WORDED: [Side; 3] = [Side::Left, Side::Right, Side::Left];

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|cell| Cell::from((*cell).to_owned())).collect()
    }

    fn check(columns: usize, fitted: Fitted<'_>, rows: &[Vec<Cell>], expected: &[&str]) {
        let text = Fitted { columns, ..fitted }.text(rows, false);
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{columns}");
    }

    #[test]
    fn names_that_do_not_fit_stand_above_their_figures() {
        let rows = [
            row(&["Request", "n", "p95"]),
            row(&["GET /", "1,200", "12 ms"]),
            row(&["상품 상세 조회 API", "3", "9 ms"]),
        ];
        let fitted = Fitted { sides: &[Side::Left], spare: &[1], indent: 2, columns: 0 };
        let wide = [
            "  Request                 n    p95",
            "  GET /               1,200  12 ms",
            "  상품 상세 조회 API      3   9 ms",
        ];
        check(34, fitted, &rows, &wide);
        let narrow = [
            "  Request      n    p95",
            "  GET /    1,200  12 ms",
            "  상품 상세 조회 API",
            "               3   9 ms",
        ];
        check(23, fitted, &rows, &narrow);
        check(
            15,
            fitted,
            &rows,
            &["  Request", "           p95", "  GET /  12 ms", "  상품 상세", "  조회 API", "          9 ms"],
        );
    }

    #[test]
    fn words_at_the_end_are_wrapped() {
        let rows = [
            row(&["Metric", "After", "Answer"]),
            row(&["p95", "12 ms", "no difference larger than 5% at all"]),
            row(&["Step 1"]),
        ];
        let fitted = Fitted { sides: &WORDED, spare: &[], indent: 2, columns: 0 };
        let lines = [
            "  Metric  After  Answer",
            "  p95     12 ms  no difference larger",
            "                 than 5% at all",
            "  Step 1",
        ];
        check(40, fitted, &rows, &lines);
        let lines = [
            "  Metric",
            "    After  Answer",
            "  p95",
            "    12 ms  no difference larger",
            "           than 5% at all",
            "  Step 1",
        ];
        check(34, fitted, &rows, &lines);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(
            names in prop::collection::vec("[a-z가-힣]{1,9}( [a-z가-힣]{1,9}){0,5}", 1..8),
            words in "[a-z]{1,9}( [a-z]{1,9}){0,9}",
            columns in 44..120_usize,
        ) {
            let rows: Vec<Vec<Cell>> = names.iter().map(|name| row(&[name, "1,234,567", "12.3 ms", &words])).collect();
            let sides = [Side::Left, Side::Right, Side::Right, Side::Left];
            let fitted = Fitted { sides: &sides, spare: &[], indent: 2, columns };
            for (name, text) in names.iter().zip(fitted.rows(&rows, false)) {
                prop_assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
                for word in name.split(' ').chain(words.split(' ')).chain(["1,234,567", "12.3 ms"]) {
                    prop_assert!(text.contains(word), "{word}\n{text}");
                }
            }
            let wide = Fitted { columns: 500, ..fitted }.text(&rows, false);
            prop_assert_eq!(wide, table(&rows, &sides, 2, false));
        }
    }
}
