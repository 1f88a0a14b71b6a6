//! How a duet looks while it lasts: as any run, with a line about what is known.

use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_duet::{SharedTrial, View};
use flashcrowd_engine::Tick;
use flashcrowd_text::{Lang, figure, messages};

use crate::run::Drawing;
use crate::screen::ProgressView;

messages! {
    fn nothing_yet() { en: "duet: no pair yet", ko: "듀엣: 아직 비교한 쌍이 없습니다" }
    fn so_far(pairs: &str, difference: &str) {
        en: "duet: {pairs} pairs, B vs A {difference}",
        ko: "듀엣: {pairs}쌍, A 대비 B {difference}",
    }
    fn within(difference: &str, lower: &str, upper: &str) {
        en: "{difference} ({lower} to {upper})",
        ko: "{difference} ({lower} ~ {upper})",
    }
    fn failed(only_a: &str, only_b: &str) {
        en: "; failed at A only {only_a}, at B only {only_b}",
        ko: ", A만 실패 {only_a}, B만 실패 {only_b}",
    }
}

/// Draws a duet.
pub(super) struct DuetDrawing {
    pub(super) run: Rc<dyn Drawing>,
    pub(super) trial: Arc<SharedTrial>,
    pub(super) lang: Lang,
}

impl DuetDrawing {
    fn line(&self) -> String {
        told(self.lang, &self.trial.view())
    }
}

impl Drawing for DuetDrawing {
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String {
        let line: String = self.line().chars().take(usize::from(columns)).collect();
        format!("{}{line}\n", self.run.picture(view, columns, color))
    }

    fn lines(&self, view: &ProgressView) -> String {
        format!("{}{}\n", self.run.lines(view), self.line())
    }

    fn tick(&self, tick: &Tick<'_>) {
        self.run.tick(tick);
    }
}

/// What is known, in a line.
fn told(lang: Lang, view: &View) -> String {
    let Some(times) = view.times else { return nothing_yet(lang) };
    let signed = |share: f64| format!("{:+.1}%", share * 100.0);
    let difference = match (times.lower, times.upper) {
        (Some(lower), Some(upper)) => within(lang, &signed(times.difference), &signed(lower), &signed(upper)),
        _ => signed(times.difference),
    };
    let mut line = so_far(lang, &figure::count(view.pairs), &difference);
    let (only_a, only_b) = (view.failures.only_a, view.failures.only_b);
    if only_a + only_b > 0 {
        line += &failed(lang, &figure::count(only_a), &figure::count(only_b));
    }
    line
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{DuetFailures, DuetTimes};

    use super::*;

    #[test]
    fn a_line_tells_what_is_known() {
        assert_eq!(told(Lang::En, &View::default()), "duet: no pair yet");
        let times = DuetTimes { difference: 0.048, ..DuetTimes::default() };
        let mut view = View { pairs: 1240, times: Some(times), failures: DuetFailures::default() };
        assert_eq!(told(Lang::En, &view), "duet: 1,240 pairs, B vs A +4.8%");
        view.times = Some(DuetTimes { lower: Some(-0.001), upper: Some(0.09), ..times });
        view.failures.only_b = 3;
        assert_eq!(
            told(Lang::En, &view),
            "duet: 1,240 pairs, B vs A +4.8% (-0.1% to +9.0%); failed at A only 0, at B only 3"
        );
    }
}
