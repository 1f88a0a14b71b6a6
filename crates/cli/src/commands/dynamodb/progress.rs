//! How far work on tables has come: a bar on a terminal, else a line for each part of it.

use flashcrowd_prime_day::control::Progress;

use crate::context::Context;
use crate::screen::{bar, pad};

/// The bar's columns.
const BAR: usize = 20;

/// The columns of what is done.
const WHAT: usize = 50;

/// Shows progress.
pub struct Shown<'a> {
    context: &'a Context,
    what: String,
}

impl<'a> Shown<'a> {
    /// Nothing is shown yet.
    pub fn new(context: &'a Context) -> Self {
        Self { context, what: String::new() }
    }

    /// Shows how far it is now.
    pub fn show(&mut self, progress: &Progress) {
        let console = &self.context.console;
        if self.context.ui.quiet() {
            return;
        }
        let is_new = self.what != progress.what;
        self.what.clone_from(&progress.what);
        match console.redraws() {
            true => {
                if is_new {
                    console.keep();
                }
                console.draw(&line(progress));
            }
            false if is_new => {
                console.write(console.progress_stream(), &format!("{}\n", progress.what));
            }
            false => {}
        }
    }

    /// Leaves the last bar where it is.
    pub fn finish(self) {
        self.context.console.keep();
    }
}

fn line(progress: &Progress) -> String {
    let Progress { what, done, of } = progress;
    let share = *done as f64 / (*of).max(1) as f64;
    format!("  {} [{}] {done}/{of}", pad(what, WHAT), bar(share, BAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_much_of_how_much() {
        let progress = Progress { what: "Products: items".into(), done: 25, of: 100 };
        assert_eq!(
            line(&progress),
            format!("  {} [=====>--------------] 25/100", pad("Products: items", WHAT))
        );
        assert!(line(&Progress { done: 0, of: 0, ..progress }).ends_with("] 0/0"));
    }
}
