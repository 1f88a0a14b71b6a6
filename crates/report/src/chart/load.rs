//! The charts of load: users against those ordered, and iterations against those due.

use flashcrowd_record::{Phase, TimelineLine};
use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};
use super::throughput::{due_rate, per_second};

messages! {
    fn users_title() { en: "Virtual users", ko: "가상 사용자" }
    fn users_about() {
        en: "Active virtual users over the course of the run, compared with the plan.",
        ko: "시간에 따른 활성 가상 사용자 수와 계획된 사용자 수입니다.",
    }
    fn users_unit() { en: "users", ko: "명" }
    fn active() { en: "Active", ko: "활성" }
    fn ordered() { en: "Planned", ko: "계획" }
    fn rate_title() { en: "Iterations against plan", ko: "목표 대비 반복 수" }
    fn rate_about() {
        en: "Iterations per second: planned, finished, and dropped because no virtual user was free.",
        ko: "초당 시작되어야 했던 반복, 완료된 반복, 유휴 가상 사용자가 없어 누락된 반복입니다.",
    }
    fn rate_unit() { en: "iterations/s", ko: "반복/초" }
    fn due() { en: "Planned", ko: "목표" }
    fn finished() { en: "Finished", ko: "완료" }
    fn dropped() { en: "Dropped", ko: "누락" }
}

/// The chart of users; none when there were none.
pub(crate) fn users(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let active = Layer::line(
        active(lang),
        Ink::Blue,
        course.values(|line| {
            let of_scenarios =
                line.scenarios.iter().map(|scenario| scenario.vus).reduce(|sum, vus| sum + vus);
            of_scenarios.map(|vus| vus as f64).or_else(|| line.stat("vus", "value"))
        }),
    );
    // Lines are drawn in the middle of their intervals.
    let middle = |line: &TimelineLine| Some((line.load? - line.interval / 2.0).max(0.0));
    let planned = course.values(|line| planned_users(course.phases(), middle(line)?));
    let planned = Layer::line(ordered(lang), Ink::Reference, planned);
    active.is_drawn().then_some(())?;
    course.picture((users_title(lang), users_about(lang)), users_unit(lang), vec![planned, active])
}

/// The chart of iterations; none where virtual users loop.
pub(crate) fn rate(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let due = Layer::line(due(lang), Ink::Reference, course.values(due_rate));
    due.is_drawn().then_some(())?;
    let made = course.values(|line| per_second(line, "iterations"));
    let mut layers = vec![due, Layer::line(finished(lang), Ink::Blue, made)];
    let never = course.values(|line| per_second(line, "dropped_iterations"));
    if never.iter().flatten().any(|value| *value > 0.0) {
        layers.insert(1, Layer::line(dropped(lang), Ink::Red, never));
    }
    course.picture((rate_title(lang), rate_about(lang)), rate_unit(lang), layers)
}

/// How many users the phases order at that time; none between phases and where iterations start at a rate.
fn planned_users(phases: &[Phase], t: f64) -> Option<f64> {
    let at = phases.iter().position(|phase| t >= phase.start && t < phase.end)?;
    let phase = &phases[at];
    let target = phase.users? as f64;
    if let Some(from) = phase.ramp_from {
        return Some(from + (target - from) * (t - phase.start) / (phase.end - phase.start));
    }
    if t >= phase.settled {
        return Some(target);
    }
    let before = at.checked_sub(1).map(|at| &phases[at]).filter(|before| before.scenario == phase.scenario);
    let from = before.and_then(|before| before.users).unwrap_or_default() as f64;
    Some(from + (target - from) * (t - phase.start) / (phase.settled - phase.start))
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Record, RunInfo, ScenarioProgress};

    use super::*;

    #[test]
    fn a_step_is_drawn_when_it_is_due() {
        let line = |at: u32| {
            let vus = if at <= 2 { 5 } else { 9 };
            let scenario = ScenarioProgress { vus, ..ScenarioProgress::default() };
            let (t, load) = (f64::from(at), Some(f64::from(at)));
            TimelineLine { t, load, interval: 1.0, scenarios: vec![scenario], ..TimelineLine::default() }
        };
        let phase =
            |start, end, users| Phase { start, settled: start, end, users: Some(users), ..Phase::default() };
        let record = Record {
            run: RunInfo { phases: vec![phase(0.0, 2.0, 5), phase(2.0, 5.0, 9)], ..RunInfo::default() },
            timeline: (1..=5).map(line).collect(),
            results: None,
            histograms: Default::default(),
        };
        let picture = users(&Course::of(&record), Lang::En).unwrap();
        assert_eq!(picture.xs, [0.5, 1.5, 2.5, 3.5, 4.5]);
        assert_eq!(picture.layers[0].values, [5.0, 5.0, 9.0, 9.0, 9.0].map(Some));
        assert_eq!(picture.layers[0].values, picture.layers[1].values);
    }

    #[test]
    fn a_ramp_leads_from_the_users_before_it() {
        let phase = |start, settled, end, users| Phase {
            scenario: "rush".into(),
            start,
            settled,
            end,
            users: Some(users),
            ..Phase::default()
        };
        let phases = [phase(0.0, 10.0, 30.0, 100), phase(30.0, 40.0, 60.0, 300)];
        for (t, users) in [
            (-1.0, None),
            (0.0, Some(0.0)),
            (5.0, Some(50.0)),
            (10.0, Some(100.0)),
            (35.0, Some(200.0)),
            (59.0, Some(300.0)),
            (60.0, None),
        ] {
            assert_eq!(planned_users(&phases, t), users, "{t}");
        }
    }
}
