//! A page is text laid out for a terminal: lines that fit, colours if enabled, one language.

use crate::{Crowd, Figures};
use flashcrowd_text::Lang;

use super::{picture, story, table};
use flashcrowd_text::{Ink, wrap};

/// Lines longer than this are hard to read.
const LONGEST_LINE: usize = 100;

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The language.
    pub lang: Lang,
    /// The width in columns.
    pub columns: usize,
    /// Whether colours are enabled.
    pub color: bool,
}

impl Page {
    /// What is about to happen.
    pub fn opening(self, crowd: Crowd) -> String {
        let title = Ink::Cyan.on(&story::headline(self.lang, crowd), self.color);
        let mut text = format!("\n  {title}\n\n{}\n", self.paragraph(&story::opening(self.lang), 2));
        for (lock, does) in story::locks(self.lang) {
            let name = format!("{:<13}", format!("--lock {lock}"));
            text += &format!("  {}  {does}\n", Ink::Cyan.on(&name, self.color));
        }
        text + "\n"
    }

    /// The openings side by side.
    pub fn table(self, all: &[Figures]) -> String {
        table::render(self.lang, all, self.color)
    }

    /// The openings as bars.
    pub fn picture(self, all: &[Figures]) -> String {
        picture::render(self.lang, all, self.columns, self.color)
    }

    /// What happened, and what to try next.
    pub fn story(self, all: &[Figures]) -> String {
        let mut text = self.heading(&story::what_happened(self.lang));
        for one in all {
            let name = Ink::Cyan.on(one.lock.name(), self.color);
            let blanks = " ".repeat("atomic".len() - one.lock.name().len());
            let explanation = self.paragraph(&story::explain(self.lang, one, all), 10);
            text += &format!("  {name}{blanks}  {}", explanation.trim_start());
        }
        text += &format!("\n{}\n", self.paragraph(&story::agreed(self.lang), 2));
        text += &self.heading(&story::next(self.lang));
        for (command, does) in story::suggestions(self.lang) {
            text += &format!("  {}\n{}", Ink::Cyan.on(command, self.color), self.paragraph(&does, 6));
        }
        text
    }

    /// Contradictions in the figures, in red.
    pub fn contradictions(self, problems: &[String]) -> String {
        let mut text = format!("\n  {}\n", Ink::Red.on(&story::disagreed(self.lang), self.color));
        for problem in problems {
            text += &self.paragraph(problem, 2);
        }
        text
    }

    fn heading(self, title: &str) -> String {
        format!("  {}\n", Ink::Cyan.on(title, self.color))
    }

    /// The text in lines that fit, all indented.
    fn paragraph(self, text: &str, indent: usize) -> String {
        let room = self.columns.min(LONGEST_LINE).saturating_sub(indent);
        let lines = wrap(text, room);
        lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::sample;
    use flashcrowd_text::width;

    fn whole(lang: Lang, columns: usize) -> String {
        let page = Page { lang, columns, color: false };
        let (all, crowd) = (sample(), Crowd::of(1000));
        [
            page.opening(crowd),
            page.picture(&all),
            "\n".to_owned(),
            page.table(&all),
            "\n".to_owned(),
            page.story(&all),
        ]
        .concat()
    }

    #[test]
    fn in_english() {
        insta::assert_snapshot!(whole(Lang::En, 80));
    }

    #[test]
    fn in_korean() {
        insta::assert_snapshot!(whole(Lang::Ko, 80));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for (lang, columns) in [(Lang::En, 80), (Lang::Ko, 80), (Lang::En, 120), (Lang::Ko, 120)] {
            for line in whole(lang, columns).lines() {
                assert!(width(line) <= columns, "{line}");
            }
        }
    }

    #[test]
    fn the_story_is_that_of_the_figures() {
        let mut all = sample();
        all[0].shop.sold = 100;
        all[1].purchase_ms = [20.0, 90.0, 120.0];
        all[2].shop.sold = 97;
        all[2].errors = 12;
        insta::assert_snapshot!(Page { lang: Lang::En, columns: 100, color: false }.story(&all));
    }

    #[test]
    fn every_contradiction_is_named() {
        let page = Page { lang: Lang::En, columns: 40, color: false };
        insta::assert_snapshot!(page.contradictions(&["one thing is not another".into(), "two".into()]), @r"

          THESE FIGURES CANNOT BE TRUSTED:
          one thing is not another
          two
        ");
    }
}
