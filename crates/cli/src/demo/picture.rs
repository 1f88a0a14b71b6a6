//! A picture shows the openings as bars, for those who look before they read.

use flashcrowd_demo::Figures;
use flashcrowd_text::{Lang, messages};

use super::amount;
use crate::screen::{Paint, pad, width};

/// The widest bar.
const WIDEST: usize = 50;

/// The narrowest bar that is still a picture.
const NARROWEST: usize = 10;

messages! {
    /// Heads the bars of what was sold.
    fn sold_title(items: String) {
        en: "Items sold (█ existed: there were {items}; ▒ did not)",
        ko: "판매 수량 (█ 실제로 있던 {items}개, ▒ 없는데 팔린 물건)",
    }
    /// Heads the bars of how long it took.
    fn time_title() {
        en: "How long a purchase took (p99)",
        ko: "구매 응답 시간 (p99)",
    }
    /// Says how much was oversold.
    fn too_many(sold: String, over: String) {
        en: "{sold} ({over} too many)",
        ko: "{sold}개 ({over}개 초과)",
    }
    /// Says how much was sold.
    fn enough(sold: String) {
        en: "{sold}",
        ko: "{sold}개",
    }
}

/// Both pictures, for a page of that many columns.
pub fn render(lang: Lang, all: &[Figures], columns: usize, color: bool) -> String {
    let said: Vec<String> = all.iter().map(|one| sold(lang, one)).collect();
    let widest = said.iter().map(|text| width(text)).max().unwrap_or(0);
    let room = columns.saturating_sub("  atomic    ".len() + widest).clamp(NARROWEST, WIDEST);
    let most = all.iter().map(|one| one.shop.sold.max(one.items)).max().unwrap_or(1) as f64;
    let slowest = all.iter().map(Figures::p99_ms).fold(1.0, f64::max);
    let items = all.first().map_or(0, |one| one.items);
    let mut text = format!("  {}\n", sold_title(lang, amount::count(items)));
    for (one, said) in all.iter().zip(&said) {
        let there = cells(one.shop.sold.min(one.items) as f64 / most, room);
        let over = cells(one.oversold() as f64 / most, room - there);
        let green = Paint::Green.on(&"█".repeat(there), color);
        let red = if over > 0 { Paint::Red.on(&"▒".repeat(over), color) } else { String::new() };
        text += &format!("  {}  {green}{red} {said}\n", pad(one.lock.name(), "atomic".len()));
    }
    text += &format!("\n  {}\n", time_title(lang));
    for one in all {
        let bar = "█".repeat(cells(one.p99_ms() / slowest, room));
        let paint = if one.quick() { Paint::Green } else { Paint::Red };
        let bar = paint.on(&bar, color);
        let time = amount::time(lang, one.p99_ms());
        text += &format!("  {}  {bar} {time}\n", pad(one.lock.name(), "atomic".len()));
    }
    text
}

fn sold(lang: Lang, one: &Figures) -> String {
    let count = amount::count(one.shop.sold);
    match one.oversold() {
        0 => enough(lang, count),
        over => too_many(lang, count, amount::count(over)),
    }
}

/// How many cells a share of the room takes; what is there at all takes one at least.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a terminal's width")]
fn cells(share: f64, room: usize) -> usize {
    if share <= 0.0 { 0 } else { ((share.min(1.0) * room as f64).round() as usize).clamp(1, room.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tests::sample;

    #[test]
    fn in_both_languages() {
        let both = [Lang::En, Lang::Ko].map(|lang| render(lang, &sample(), 80, false));
        insta::assert_snapshot!(both.join("\n"));
    }

    #[test]
    fn it_fits_where_there_is_little_room() {
        let text = render(Lang::En, &sample(), 60, false);
        assert!(text.lines().skip(1).all(|line| width(line) <= 60), "{text}");
    }

    #[test]
    fn what_is_there_is_seen() {
        for (share, room, seen) in [(0.0, 50, 0), (0.001, 50, 1), (0.5, 50, 25), (1.0, 50, 50), (9.0, 50, 50)]
        {
            assert_eq!(cells(share, room), seen, "{share}");
        }
    }
}
