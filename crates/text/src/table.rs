//! A table is rows of cells that are set in columns, each as wide as its widest cell.

use crate::ink::Ink;
use crate::width::{pad, pad_left, width};

/// Blanks between the columns.
const GAP: &str = "  ";

/// Text with its colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// Its colour.
    pub ink: Ink,
}

/// On which side of its column a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, ink: Ink::Plain }
    }
}

impl Cell {
    /// Text in a colour.
    pub fn new(text: impl Into<String>, ink: Ink) -> Self {
        Self { text: text.into(), ink }
    }

    /// The text in its colour, with blanks up to that many columns.
    pub fn set(&self, columns: usize, side: Side, color: bool) -> String {
        let text = self.ink.on(&self.text, color);
        match side {
            Side::Left => pad(&text, columns),
            Side::Right => pad_left(&text, columns),
        }
    }
}

/// The rows in columns, one line each, `indent` blanks before them. A row may have fewer cells than others; a column
/// without a side has numbers.
pub fn table(rows: &[Vec<Cell>], sides: &[Side], indent: usize, color: bool) -> String {
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
                line += GAP;
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Rows of plain texts in columns, indented by two.
pub fn grid(rows: &[Vec<String>], sides: &[Side]) -> String {
    let rows: Vec<Vec<Cell>> = rows.iter().map(|row| row.iter().cloned().map(Cell::from).collect()).collect();
    table(&rows, sides, 2, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|cell| Cell::from((*cell).to_owned())).collect()
    }

    #[test]
    fn columns_line_up_in_any_script() {
        let rows = [row(&["처리량(TPS)", "313/s", "> 100"]), row(&["p99", "906 ms", ""]), row(&["", "1"])];
        let expected = [
            "  처리량(TPS)   313/s  > 100", //
            "  p99          906 ms",
            "                    1",
        ];
        let sides = [Side::Left, Side::Right, Side::Left];
        assert_eq!(table(&rows, &sides, 2, false), expected.join("\n") + "\n");
        let texts = rows.map(|row| row.into_iter().map(|cell| cell.text).collect());
        assert_eq!(grid(&texts, &sides), expected.join("\n") + "\n");
    }
}
