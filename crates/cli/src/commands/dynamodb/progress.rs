//! The progress of work on tables: a bar on a terminal, otherwise one line per step.

use flashcrowd_prime_day::control::{Progress, Step};
use flashcrowd_text::Lang;

use crate::context::Context;
use crate::screen::{bar, pad};

/// The bar's columns.
const BAR: usize = 20;

/// The width of the step's text.
const WHAT: usize = 50;

/// Shows progress.
pub struct Shown<'a> {
    context: &'a Context,
    step: Option<Step>,
}

impl<'a> Shown<'a> {
    /// Shows nothing yet.
    pub fn new(context: &'a Context) -> Self {
        Self { context, step: None }
    }

    /// Shows the current progress.
    pub fn show(&mut self, progress: &Progress) {
        let console = &self.context.console;
        if self.context.ui.quiet() {
            return;
        }
        let is_new = self.step.as_ref() != Some(&progress.step);
        self.step = Some(progress.step.clone());
        let lang = self.context.ui.lang();
        match console.redraws() {
            true => {
                if is_new {
                    console.keep();
                }
                console.draw(&line(lang, progress));
            }
            false if is_new => {
                console.write(console.progress_stream(), &format!("{}\n", progress.step.text(lang)));
            }
            false => {}
        }
    }

    /// Leaves the last bar where it is.
    pub fn finish(self) {
        self.context.console.keep();
    }
}

fn line(lang: Lang, progress: &Progress) -> String {
    let Progress { step, done, of } = progress;
    let share = *done as f64 / (*of).max(1) as f64;
    format!("  {} [{}] {done}/{of}", pad(&step.text(lang), WHAT), bar(share, BAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_much_of_how_much() {
        let progress = Progress { step: Step::Fill("Products".into()), done: 25, of: 100 };
        assert_eq!(
            line(Lang::En, &progress),
            format!("  {} [=====>--------------] 25/100", pad("filling Products", WHAT))
        );
        assert!(line(Lang::Ko, &Progress { done: 0, of: 0, ..progress }).ends_with("] 0/0"));
    }
}
