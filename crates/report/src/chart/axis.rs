//! An axis is a range of values with round ticks, linear or logarithmic.

use std::ops::Range;

use flashcrowd_text::figure;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// Ticks of an axis of time are so far apart, in seconds.
const TIME_STEPS: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0,
    21_600.0, 43_200.0,
];
/// An axis of values has about so many ticks.
const VALUE_TICKS: f64 = 5.0;
/// An axis of time has at most so many.
const TIME_TICKS: f64 = 7.0;
/// Up to so many decades a logarithmic axis also has ticks at 2 and 5.
const FEW_DECADES: f64 = 2.5;
/// A logarithmic axis spans at most so many decades.
const MOST_DECADES: i32 = 9;

/// A range of values with round ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    is_time: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// From zero to a round number that is at least `most`.
    pub(crate) fn values(most: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = round_step(most / VALUE_TICKS);
        let count = (most / step - 1e-9).ceil().max(1.0);
        Self {
            low: 0.0,
            high: count * step,
            is_log: false,
            is_time: false,
            ticks: (0..=count as u32).map(|i| f64::from(i) * step).collect(),
        }
    }

    /// Between round numbers below the one and above the other value.
    pub(crate) fn between(least: f64, most: f64) -> Self {
        let span = if (most - least).is_finite() && most > least { most - least } else { 1.0 };
        let step = round_step(span / VALUE_TICKS);
        let (first, last) =
            ((least / step).floor() as i64, (most / step).ceil().max(least / step + 1.0) as i64);
        let ticks: Vec<f64> = (first..=last).map(|at| at as f64 * step).collect();
        Self { low: first as f64 * step, high: last as f64 * step, is_log: false, is_time: false, ticks }
    }

    /// From zero to exactly `most`, with round ticks up to it.
    pub(crate) fn values_up_to(most: f64) -> Self {
        let Self { mut ticks, .. } = Self::values(most);
        let high = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        ticks.retain(|tick| *tick <= high);
        Self { low: 0.0, high, is_log: false, is_time: false, ticks }
    }

    /// Logarithmic, over both values. They have to be positive.
    pub(crate) fn log(least: f64, most: f64) -> Self {
        let least = if least.is_finite() && least > 0.0 { least } else { 1e-3 };
        let most = if most.is_finite() { most.max(least * 1.5) } else { least * 10.0 };
        let top = most.log10().ceil() as i32;
        let bottom = (least.log10().floor() as i32).max(top - MOST_DECADES);
        let all: Vec<f64> = (bottom..=top)
            .flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)))
            .collect();
        let low = all.iter().copied().filter(|tick| *tick <= least * (1.0 + 1e-9)).fold(all[0], f64::max);
        let high =
            all.iter().copied().filter(|tick| *tick >= most * (1.0 - 1e-9)).fold(f64::INFINITY, f64::min);
        let high = if high.is_finite() { high } else { 10_f64.powi(top) };
        let few = (high / low).log10() <= FEW_DECADES;
        let is_decade = |tick: f64| (tick.log10() - tick.log10().round()).abs() < 1e-6;
        let inside = |tick: &f64| *tick >= low * 0.999 && *tick <= high * 1.001;
        let ticks = all.into_iter().filter(inside).filter(|tick| few || is_decade(*tick)).collect();
        Self { low, high, is_log: true, is_time: false, ticks }
    }

    /// From 0 to so many seconds.
    pub(crate) fn time(seconds: f64) -> Self {
        let seconds = if seconds.is_finite() && seconds > 0.0 { seconds } else { 1.0 };
        let fits = |step: &f64| seconds / step <= TIME_TICKS;
        let day = 86_400.0;
        let step = TIME_STEPS.into_iter().find(fits).unwrap_or((seconds / TIME_TICKS / day).ceil() * day);
        let ticks = (0..=(seconds / step) as u32).map(|i| f64::from(i) * step).collect();
        Self { low: 0.0, high: seconds, is_log: false, is_time: true, ticks }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        let at = if self.is_log {
            (value.max(self.low * 1e-3) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        at.clamp(-0.1, 1.1)
    }

    /// The smallest value.
    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    /// The largest value.
    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    /// A value as a label.
    pub(crate) fn label(&self, value: f64) -> String {
        if self.is_time { clock(value) } else { figure::number(value) }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.fraction(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

/// Seconds as `4:05`, from an hour on `1:02:03`.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let digits = [1.0, 2.0, 2.5, 5.0, 10.0];
    let fits = |digit: &f64| digit * power >= least * (1.0 - 1e-9);
    digits.into_iter().find(fits).unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| axis.label(*tick)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round() {
        for (axis, expected) in [
            (Axis::values(398.0), "0 100 200 300 400"),
            (Axis::values(401.0), "0 100 200 300 400 500"),
            (Axis::values(0.0), "0 0.2 0.4 0.6 0.8 1"),
            (Axis::values_up_to(700.0), "0 200 400 600"),
            (Axis::log(11.5, 19_000.0), "10 100 1,000 10,000"),
            (Axis::log(9.0, 14.0), "5 10 20"),
            (Axis::log(48.0, 910.0), "20 50 100 200 500 1,000"),
            (Axis::time(60.0), "0:00 0:10 0:20 0:30 0:40 0:50 1:00"),
            (Axis::time(260.0), "0:00 1:00 2:00 3:00 4:00"),
            (Axis::time(3600.0), "0:00 10:00 20:00 30:00 40:00 50:00 1:00:00"),
            (Axis::time(12.0), "0:00 0:02 0:04 0:06 0:08 0:10 0:12"),
        ] {
            assert_eq!(labels(&axis), expected);
        }
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_values(least in 1e-3..1e6_f64, factor in 1.0..1e6_f64) {
            let most = least * factor;
            for axis in [Axis::values(most), Axis::values_up_to(most), Axis::log(least, most), Axis::time(most)] {
                prop_assert!(!axis.ticks.is_empty() && axis.ticks.len() <= 12, "{axis:?}");
                for value in [least, most] {
                    prop_assert!((-1e-6..=1.0 + 1e-6).contains(&axis.fraction(value)), "{value} {axis:?}");
                }
                for tick in &axis.ticks {
                    prop_assert!((-1e-6..=1.0 + 1e-6).contains(&axis.fraction(*tick)), "{tick} {axis:?}");
                }
            }
        }
    }
}
