//! The picture shows the openings as bars.

use crate::Figures;
use flashcrowd_text::{Lang, messages};

use super::amount;
use flashcrowd_text::{Ink, pad, width};

/// The widest bar.
const WIDEST: usize = 50;

/// The narrowest bar.
const NARROWEST: usize = 10;

messages! {
    fn sold_title(items: String) {
        en: "Items sold (█ in stock: {items}; ▒ oversold)",
        ko: "판매 수량 (█ 재고 {items}개, ▒ 초과 판매)",
    }
    fn time_title() {
        en: "Purchase response time (p99)",
        ko: "구매 응답 시간 (p99)",
    }
    fn oversold(sold: String, over: String) {
        en: "{sold} ({over} oversold)",
        ko: "{sold}개 ({over}개 초과)",
    }
    fn exact(sold: String) {
        en: "{sold}",
        ko: "{sold}개",
    }
}

/// Both bar charts, for a page of this many columns.
pub fn render(lang: Lang, all: &[Figures], columns: usize, color: bool) -> String {
    let labels: Vec<String> = all.iter().map(|one| sold(lang, one)).collect();
    let widest = labels.iter().map(|text| width(text)).max().unwrap_or(0);
    let room = columns.saturating_sub("  atomic    ".len() + widest).clamp(NARROWEST, WIDEST);
    let most = all.iter().map(|one| one.shop.sold.max(one.items)).max().unwrap_or(1) as f64;
    let slowest = all.iter().map(Figures::p99_ms).fold(1.0, f64::max);
    let items = all.first().map_or(0, |one| one.items);
    let mut text = format!("  {}\n", sold_title(lang, amount::count(items)));
    for (one, label) in all.iter().zip(&labels) {
        let stocked = cells(one.shop.sold.min(one.items) as f64 / most, room);
        let over = cells(one.oversold() as f64 / most, room - stocked);
        let green = Ink::Green.on(&"█".repeat(stocked), color);
        let red = if over > 0 { Ink::Red.on(&"▒".repeat(over), color) } else { String::new() };
        text += &format!("  {}  {green}{red} {label}\n", pad(one.lock.name(), "atomic".len()));
    }
    text += &format!("\n  {}\n", time_title(lang));
    for one in all {
        let bar = "█".repeat(cells(one.p99_ms() / slowest, room));
        let paint = if one.fast() { Ink::Green } else { Ink::Red };
        let bar = paint.on(&bar, color);
        let time = amount::time(lang, one.p99_ms());
        text += &format!("  {}  {bar} {time}\n", pad(one.lock.name(), "atomic".len()));
    }
    text
}

fn sold(lang: Lang, one: &Figures) -> String {
    let count = amount::count(one.shop.sold);
    match one.oversold() {
        0 => exact(lang, count),
        over => oversold(lang, count, amount::count(over)),
    }
}

/// The cells of a share of the room; anything above zero takes at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a terminal's width")]
fn cells(share: f64, room: usize) -> usize {
    if share <= 0.0 { 0 } else { ((share.min(1.0) * room as f64).round() as usize).clamp(1, room.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::sample;

    #[test]
    fn in_both_languages() {
        let both = [Lang::En, Lang::Ko].map(|lang| render(lang, &sample(), 80, false));
        insta::assert_snapshot!(both.join("\n"));
    }

    #[test]
    fn it_fits_a_narrow_terminal() {
        let text = render(Lang::En, &sample(), 60, false);
        assert!(text.lines().skip(1).all(|line| width(line) <= 60), "{text}");
    }

    #[test]
    fn small_shares_are_visible() {
        for (share, room, seen) in [(0.0, 50, 0), (0.001, 50, 1), (0.5, 50, 25), (1.0, 50, 50), (9.0, 50, 50)]
        {
            assert_eq!(cells(share, room), seen, "{share}");
        }
    }
}
