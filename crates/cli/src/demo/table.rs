//! A table sets the openings side by side, with what was promised.

use flashcrowd_demo::{ERROR_RATE, Figures, P50_MS, P99_MS};
use flashcrowd_text::{Lang, messages};

use super::amount;
use crate::screen::{Paint, width};

/// Blanks between columns.
const GAP: usize = 2;

/// A line of the table.
struct Row {
    label: String,
    promise: String,
    cells: Vec<Cell>,
}

/// One figure of one opening.
struct Cell {
    text: String,
    broken: bool,
}

messages! {
    /// Heads the column of promises.
    fn promised() { en: "promised", ko: "목표" }
    /// Labels a row.
    fn sold() { en: "items sold", ko: "판매 수량" }
    /// Labels a row.
    fn oversold() { en: "oversold by", ko: "초과 판매" }
    /// Labels a row.
    fn left() { en: "stock left", ko: "남은 재고" }
    /// Labels a row.
    fn accepted() { en: "purchases accepted", ko: "구매 성공" }
    /// Labels a row.
    fn refused() { en: "purchases refused", ko: "구매 거절(품절)" }
    /// Labels a row.
    fn requests() { en: "requests", ko: "요청 수" }
    /// Labels a row.
    fn errors() { en: "errors", ko: "오류" }
    /// Labels a row.
    fn purchase(percentile: &str) { en: "purchase time, {percentile}", ko: "구매 응답 시간 {percentile}" }
    /// Labels a row.
    fn rate() { en: "requests/s", ko: "초당 요청 수" }
    /// Labels a row.
    fn duration() { en: "until all are done", ko: "모두 끝날 때까지" }
}

/// The table, indented, with an empty line at its end.
pub fn render(lang: Lang, all: &[Figures], color: bool) -> String {
    let rows = rows(lang, all);
    let label_width = rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
    let promise_width = rows.iter().map(|row| width(&row.promise)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..all.len()).map(|at| column_width(&rows, at)).collect();
    let mut text = String::new();
    for (line, row) in rows.iter().enumerate() {
        let blanks = " ".repeat(label_width - width(&row.label));
        text += &format!("  {}{blanks}", row.label);
        text += &Paint::Faint.on(&right(&row.promise, promise_width + GAP), color);
        for (cell, wide) in row.cells.iter().zip(&widths) {
            let cell_text = right(&cell.shown(), wide + GAP);
            text += &if cell.broken { Paint::Red.on(&cell_text, color) } else { cell_text };
        }
        text = text.trim_end().to_owned() + "\n";
        if line == 0 {
            let total = label_width + promise_width + widths.iter().sum::<usize>() + GAP * (widths.len() + 1);
            text += &format!("  {}\n", Paint::Faint.on(&"─".repeat(total), color));
        }
    }
    text
}

fn column_width(rows: &[Row], at: usize) -> usize {
    rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| width(&cell.shown())).max().unwrap_or(0)
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

impl Cell {
    fn shown(&self) -> String {
        if self.broken { format!("✗ {}", self.text) } else { self.text.clone() }
    }
}

fn rows(lang: Lang, all: &[Figures]) -> Vec<Row> {
    let row = |label: String, promise: String, text: &dyn Fn(&Figures) -> String| Row {
        label,
        promise,
        cells: all.iter().map(|one| Cell { text: text(one), broken: false }).collect(),
    };
    let judged = |row: Row, kept: &dyn Fn(&Figures) -> bool| Row {
        cells: row
            .cells
            .into_iter()
            .zip(all)
            .map(|(cell, one)| Cell { broken: !kept(one), ..cell })
            .collect(),
        ..row
    };
    let count = |label, number: &dyn Fn(&Figures) -> u64| {
        row(label, String::new(), &|one| amount::count(number(one)))
    };
    let time = |at: usize, name: &str, promise: String| {
        row(purchase(lang, name), promise, &|one| amount::time(lang, one.purchase_ms[at]))
    };
    let promise = |row: Row, promise: String| Row { promise, ..row };
    let items = all.first().map_or(0, |one| one.items);
    vec![
        row(String::new(), promised(lang), &|one| format!("--lock {}", one.lock)),
        judged(promise(count(sold(lang), &|one| one.shop.sold), amount::count(items)), &Figures::exact),
        judged(promise(count(oversold(lang), &Figures::oversold), "0".to_owned()), &|one| {
            one.oversold() == 0
        }),
        count(left(lang), &|one| one.left),
        count(accepted(lang), &|one| one.crowd.accepted),
        count(refused(lang), &|one| one.crowd.refused),
        count(requests(lang), &|one| one.crowd.requests),
        judged(
            promise(count(errors(lang), &|one| one.errors), format!("< {}%", ERROR_RATE * 100.0)),
            &Figures::sound,
        ),
        judged(time(0, "p50", format!("< {P50_MS} ms")), &|one| one.purchase_ms[0] < P50_MS),
        time(1, "p95", String::new()),
        judged(time(2, "p99", format!("< {P99_MS} ms")), &|one| one.p99_ms() < P99_MS),
        row(rate(lang), String::new(), &|one| amount::count(one.rate().round() as u64)),
        row(duration(lang), String::new(), &|one| amount::seconds(lang, one.seconds)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tests::sample;
    use crate::screen::plain_width;

    #[test]
    fn in_english() {
        insta::assert_snapshot!(render(Lang::En, &sample(), false));
    }

    #[test]
    fn in_korean() {
        insta::assert_snapshot!(render(Lang::Ko, &sample(), false));
    }

    #[test]
    fn it_fits_a_usual_terminal_and_colours_take_no_room() {
        for lang in [Lang::En, Lang::Ko] {
            let (plain, colored) = (render(lang, &sample(), false), render(lang, &sample(), true));
            assert!(colored.contains("\x1b[31m"));
            for (plain, colored) in plain.lines().zip(colored.lines()) {
                assert!(width(plain) <= 80, "{plain}");
                assert_eq!(width(plain), plain_width(colored));
            }
        }
    }
}
