//! A grid is a small table of texts whose columns are as wide as their widest cell, in columns of a terminal.

use crate::screen::{pad, width};

/// Blanks between columns.
const GAP: &str = "  ";

/// Which side the texts of a column stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// The rows as lines, indented by two; `sides` says where the texts of each column stand.
pub fn grid(rows: &[Vec<String>], sides: &[Side]) -> String {
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|text| width(text)).max();
    let widths: Vec<usize> = (0..sides.len()).map(|at| widest(at).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(sides).zip(&widths).map(|((text, side), wide)| match side {
            Side::Left => pad(text, *wide),
            Side::Right => format!("{}{text}", " ".repeat(wide.saturating_sub(width(text)))),
        });
        format!("  {}", cells.collect::<Vec<_>>().join(GAP)).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_any_language() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["table", "units", ""]), row(["상품", "12", "x"]), row(["Orders", "1,234", ""])];
        insta::assert_snapshot!(grid(&rows, &[Side::Left, Side::Right, Side::Left]), @r"
          table   units
          상품       12  x
          Orders  1,234
        ");
    }
}
