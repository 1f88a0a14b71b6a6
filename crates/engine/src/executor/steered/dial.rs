//! A dial sets a load while a test runs: whoever steers turns it, executors follow.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The load of a test over time, as far as it is known. All workers read it; a controller writes it.
#[derive(Debug, Default)]
pub struct Dial {
    /// Counts the settings, so that readers notice a new one without a lock.
    version: AtomicU64,
    settings: Mutex<Vec<Setting>>,
}

/// A load from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    /// From when on, counted from the start of the scenarios.
    pub(super) from: Duration,
    /// The load: iterations a second, or virtual users.
    pub(super) load: f64,
    /// The area under the load up to that moment.
    pub(super) area: f64,
}

impl Dial {
    /// No load.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the load from a moment on, which lies after those of all settings before. Executors look every
    /// 10 ms, so the moment should be that far ahead.
    pub fn set(&self, from: Duration, load: f64) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let last = settings.last().copied();
        let from = last.map_or(from, |last| from.max(last.from));
        let area = last.map_or(0.0, |last| last.area + last.load * (from - last.from).as_secs_f64());
        settings.push(Setting { from, load: load.max(0.0), area });
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The load at a moment.
    pub fn load(&self, at: Duration) -> f64 {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = settings.iter().rev().find(|setting| setting.from <= at);
        begun.map_or(0.0, |setting| setting.load)
    }

    /// A view of the settings for a reader that asks often.
    pub(super) fn view(&self) -> DialView<'_> {
        DialView { dial: self, version: 0, settings: Vec::new() }
    }
}

/// The settings as one reader knows them.
pub(super) struct DialView<'a> {
    dial: &'a Dial,
    version: u64,
    settings: Vec<Setting>,
}

impl DialView<'_> {
    /// When the area under the load, times `share`, reaches `area`, as far as is known.
    pub(super) fn reaches(&mut self, area: f64, share: f64) -> Option<Duration> {
        self.refresh();
        let area = area / share;
        let begun = self.settings.iter().rposition(|setting| setting.area <= area)?;
        let setting = self.settings[begun..].iter().find(|setting| setting.load > 0.0)?;
        // Correctness: the last one whose area is not beyond; those after it have no load or begin beyond.
        let wait = (area - setting.area).max(0.0) / setting.load;
        setting.from.checked_add(Duration::try_from_secs_f64(wait).ok()?)
    }

    fn refresh(&mut self) {
        let version = self.dial.version.load(Ordering::Acquire);
        if version != self.version {
            let settings = self.dial.settings.lock().unwrap_or_else(PoisonError::into_inner);
            self.settings.clone_from(&settings);
            self.version = version;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn areas_are_reached_in_the_setting_that_they_fall_into() {
        let dial = Dial::new();
        let mut view = dial.view();
        assert_eq!(view.reaches(1.0, 1.0), None);
        dial.set(seconds(1.0), 10.0);
        assert_eq!(view.reaches(10.0, 1.0), Some(seconds(2.0)));
        dial.set(seconds(3.0), 0.0);
        assert_eq!(view.reaches(20.5, 1.0), None, "nothing is due while there is no load");
        dial.set(seconds(5.0), 100.0);
        for (area, share, at) in [(10.0, 1.0, 2.0), (20.0, 1.0, 5.0), (30.0, 1.0, 5.1), (15.0, 0.5, 5.1)] {
            assert_eq!(view.reaches(area, share), Some(seconds(at)), "{area} {share}");
        }
        assert_eq!([0.5, 1.0, 4.0, 9.0].map(|at| dial.load(seconds(at))), [0.0, 10.0, 0.0, 100.0]);
    }

    #[test]
    fn a_setting_of_the_past_begins_with_the_last_one() {
        let dial = Dial::new();
        dial.set(seconds(2.0), 10.0);
        dial.set(seconds(1.0), 20.0);
        assert_eq!(dial.load(seconds(2.0)), 20.0);
        assert_eq!(dial.view().reaches(20.0, 1.0), Some(seconds(3.0)));
    }
}
