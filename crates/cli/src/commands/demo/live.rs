//! The live line shows one opening in progress: how many users are done, and how many items are sold.

use flashcrowd_demo::{Crowd, PRODUCT};
use flashcrowd_shop::{Lock, ShopHandle};
use flashcrowd_text::{Lang, messages};

use crate::run::Drawing;
use crate::screen::{Ink, ProgressView, Stage, bar, pad, plain_width, width};
use flashcrowd_demo::amount;

/// The widest bar.
const WIDEST_BAR: usize = 40;

/// The narrowest bar.
const NARROWEST_BAR: usize = 6;

/// Draws one opening as a line.
#[derive(Debug)]
pub struct Live {
    lock: Lock,
    crowd: Crowd,
    lang: Lang,
    shop: ShopHandle,
}

messages! {
    fn done(done: String, users: &str) {
        en: "{done}/{users} users done",
        ko: "{done}/{users}명 완료",
    }
    fn sold(sold: u64, items: u64) {
        en: "sold {sold} of {items}",
        ko: "{items}개 중 {sold}개 판매",
    }
}

impl Live {
    /// Draws the opening of this shop.
    pub fn new(lock: Lock, crowd: Crowd, lang: Lang, shop: ShopHandle) -> Self {
        Self { lock, crowd, lang, shop }
    }

    fn line(&self, view: &ProgressView, sold: u64, columns: u16, color: bool) -> String {
        let over = sold > self.crowd.items;
        let mark = match (view.stage == Stage::Done, over) {
            (true, true) => Ink::Red.on("✗", color),
            (true, false) => Ink::Green.on("✓", color),
            (false, _) => " ".to_owned(),
        };
        let facts = self.facts(view, sold, over && color);
        let taken = plain_width(&facts);
        let room = usize::from(columns).saturating_sub(taken + "  ✓ atomic  []  ".len());
        let share = view.completed as f64 / self.crowd.users.max(1) as f64;
        let bar = Ink::Cyan.on(&bar(share, room.clamp(NARROWEST_BAR, WIDEST_BAR)), color);
        format!("{mark} {} [{bar}] {facts}\n", pad(self.lock.name(), "atomic".len()))
    }

    /// The text after the bar, always of the same width.
    fn facts(&self, view: &ProgressView, sold: u64, red: bool) -> String {
        let users = amount::count(self.crowd.users);
        let finished = format!("{:>wide$}", amount::count(view.completed), wide = users.len());
        let count = self::sold(self.lang, sold, self.crowd.items);
        let widest = width(&self::sold(self.lang, self.crowd.users, self.crowd.items));
        let time = amount::seconds(self.lang, view.elapsed.as_secs_f64());
        format!(
            "{}  {}  {time:>6}",
            done(self.lang, finished, &users),
            Ink::Red.on(&pad(&count, widest), red)
        )
    }

    fn sold(&self) -> u64 {
        self.shop.stats().sold.get(&PRODUCT).copied().unwrap_or_default()
    }
}

impl Drawing for Live {
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String {
        self.line(view, self.sold(), columns, color)
    }

    fn lines(&self, view: &ProgressView) -> String {
        let facts = self.facts(view, self.sold(), false);
        format!("{}  {facts}\n", pad(self.lock.name(), "atomic".len()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flashcrowd_shop::{Shop, ShopConfig};

    use super::*;

    fn view(stage: Stage, completed: u64) -> ProgressView {
        ProgressView {
            stage,
            elapsed: Duration::from_millis(2140),
            length: Duration::from_secs(150),
            vus: 0,
            vus_max: 1000,
            completed,
            interrupted: 0,
            dropped: 0,
            scenarios: Vec::new(),
        }
    }

    fn live(lang: Lang) -> Live {
        let shop = Shop::spawn_threads(ShopConfig::fast(), 1).unwrap();
        Live::new(Lock::None, Crowd::of(1000), lang, shop.handle())
    }

    #[test]
    fn an_opening_is_a_line() {
        let line = |lang, stage, completed, sold| live(lang).line(&view(stage, completed), sold, 80, false);
        let lines = [
            line(Lang::En, Stage::Running, 0, 0),
            line(Lang::En, Stage::Running, 612, 341),
            line(Lang::Ko, Stage::Done, 1000, 683),
        ];
        let expected = [
            "  none   [>-------------]     0/1,000 users done  sold 0 of 100      2.1 s\n",
            "  none   [========>-----]   612/1,000 users done  sold 341 of 100    2.1 s\n",
            "✗ none   [=============] 1,000/1,000명 완료  100개 중 683개 판매     2.1초\n",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn it_fits_and_colours_take_no_room() {
        for (lang, columns) in [(Lang::En, 80), (Lang::Ko, 80), (Lang::En, 120), (Lang::Ko, 120)] {
            let line = |color| live(lang).line(&view(Stage::Running, 999), 1000, columns, color);
            assert!(plain_width(line(true).trim_end()) <= usize::from(columns), "{}", line(false));
            assert_eq!(plain_width(&line(true)), plain_width(&line(false)));
        }
    }
}
