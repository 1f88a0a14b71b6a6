//! A table sets the openings side by side, with their targets.

use crate::figures::{ERROR_RATE, Figures, P50_MS, P99_MS};
use flashcrowd_text::{self as text, Ink, Lang, Side, messages, plain_width};

use super::amount;

/// Blanks before every line.
const INDENT: usize = 2;

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
    fn target() { en: "target", ko: "목표" }
    fn sold() { en: "items sold", ko: "판매 수량" }
    fn oversold() { en: "oversold by", ko: "초과 판매" }
    fn left() { en: "stock left", ko: "남은 재고" }
    fn accepted() { en: "purchases accepted", ko: "구매 성공" }
    fn refused() { en: "purchases refused", ko: "구매 거절(품절)" }
    fn requests() { en: "requests", ko: "요청 수" }
    fn errors() { en: "errors", ko: "오류" }
    fn purchase(percentile: &str) { en: "purchase time, {percentile}", ko: "구매 응답 시간 {percentile}" }
    fn rate() { en: "requests/s", ko: "초당 요청 수" }
    fn duration() { en: "until all are done", ko: "모두 끝날 때까지" }
}

/// The table, indented, with an empty line at its end.
pub fn render(lang: Lang, all: &[Figures], color: bool) -> String {
    let rows: Vec<Vec<text::Cell>> = rows(lang, all).into_iter().map(Row::cells).collect();
    let rendered = text::table(&rows, &[Side::Left], INDENT, color);
    let longest = rendered.lines().map(plain_width).max().unwrap_or(INDENT);
    let rule = Ink::Faint.on(&"─".repeat(longest - INDENT), color);
    let (head, body) = rendered.split_once('\n').unwrap_or((&rendered, ""));
    format!("{head}\n{:INDENT$}{rule}\n{body}", "")
}

impl Row {
    fn cells(self) -> Vec<text::Cell> {
        let label = text::Cell::from(self.label);
        let promise = text::Cell::new(self.promise, Ink::Faint);
        [label, promise].into_iter().chain(self.cells.into_iter().map(Cell::shown)).collect()
    }
}

impl Cell {
    fn shown(self) -> text::Cell {
        if self.broken { text::Cell::new(format!("✗ {}", self.text), Ink::Red) } else { self.text.into() }
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
        row(String::new(), target(lang), &|one| format!("--lock {}", one.lock)),
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
    use crate::figures::tests::sample;
    use flashcrowd_text::width;

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
