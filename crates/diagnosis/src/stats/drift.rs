//! A drift is a lasting change of a positive quantity under a load that does not change, told from how it swings.
//!
//! Values of neighbouring seconds depend on each other, and many targets swing: caches expire, garbage is collected,
//! neighbours come and go. So what is compared with the change is not the scatter of the values but how strongly they
//! move slowly, in the size of their slowest waves besides the change itself: the cosines of one to four and a half
//! periods over the time (equal-weighted cosine estimate of the long-run variance: Lazarus, Lewis, Stock, Watson, "HAR inference:
//! Recommendations for practice", Journal of Business & Economic Statistics 36, 2018).
//!
//! The logarithms are described by a line. A line and a wave of at least two periods take its place where that leaves less
//! than a tenth of the squares unexplained; so does a single step where it explains as much of all, and most of the three.

use super::least_squares::{Row, least_squares};
use super::robust::{mean, median};

/// The slowest waves are cosines of these half periods; that of one half period looks like the line.
const WAVES: std::ops::RangeInclusive<usize> = 2..=9;

/// A change is certain if it exceeds what the slow waves make likely by this: 0.1% of one side of Student's
/// distribution with eight degrees of freedom.
const CERTAIN: f64 = 4.5;

/// A wave has from two periods to eight, in steps of a quarter.
const PERIODS: std::ops::RangeInclusive<u32> = 8..=32;

/// What a wave or a step leaves unexplained, as a part of what there is without it.
const UNEXPLAINED: f64 = 0.1;

/// A value is taken for at least this part of the median: logarithms know no zero.
const LEAST: f64 = 0.01;

/// A step has at least so many values on both sides.
const SIDE: usize = 3;

/// A lasting change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Drift {
    /// The value at first, without the swing.
    pub(crate) from: f64,
    /// The value at last.
    pub(crate) to: f64,
    /// The standard error of the logarithm of to / from.
    pub(crate) error: f64,
    /// Whether it is beyond chance.
    pub(crate) is_certain: bool,
}

/// One way to describe the logarithms.
struct Model {
    from: f64,
    to: f64,
    /// By how many standard deviations of white noise of size one its change is known: what the error is a part of.
    size: f64,
    rest: Vec<f64>,
    /// How many of the waves it used up.
    used: f64,
}

impl Drift {
    /// Of values at even distances, in the order of time; none of fewer than twelve, or where most are zero.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let middle = median(values).filter(|middle| *middle > 0.0 && values.len() >= 12)?;
        let logs: Vec<f64> = values.iter().map(|value| value.max(middle * LEAST).ln()).collect();
        let line = line(&logs)?;
        let all = squares(&logs.iter().map(|log| log - mean(&logs).unwrap_or_default()).collect::<Vec<_>>());
        let wave = wave(&logs).filter(|wave| squares(&wave.rest) < UNEXPLAINED * squares(&line.rest));
        let step = step(&logs).filter(|step| {
            let rest = squares(&step.rest);
            let least = wave.as_ref().map_or_else(|| squares(&line.rest), |wave| squares(&wave.rest));
            rest < UNEXPLAINED * all && rest < least
        });
        let model = step.or(wave).unwrap_or(line);
        let error = slow_waves(&model.rest, model.used) / model.size;
        let change = model.to - model.from;
        let is_certain = change.abs() > CERTAIN * error && change.abs() > 1e-9;
        Some(Self { from: model.from.exp(), to: model.to.exp(), error, is_certain })
    }

    /// The change, relative to what was.
    pub(crate) fn growth(&self) -> f64 {
        self.to / self.from - 1.0
    }
}

/// Where in the time a value is, from -1/2 to 1/2.
fn place(at: usize, count: usize) -> f64 {
    (at as f64 + 0.5) / count as f64 - 0.5
}

fn squares(rest: &[f64]) -> f64 {
    rest.iter().map(|value| value * value).sum()
}

/// The size of the slowest waves of what a model leaves, which used some of them up.
fn slow_waves(rest: &[f64], used: f64) -> f64 {
    let count = rest.len();
    let wave = |half_periods: usize| {
        let at = |at: usize| (std::f64::consts::PI * half_periods as f64 * (place(at, count) + 0.5)).cos();
        (2.0 / count as f64).sqrt() * (0..count).map(|place| rest[place] * at(place)).sum::<f64>()
    };
    let waves = WAVES.map(wave).map(|wave| wave * wave);
    (waves.sum::<f64>() / (WAVES.count() as f64 - used)).sqrt()
}

fn line(logs: &[f64]) -> Option<Model> {
    sloped(logs, |_| Vec::new(), 0.0)
}

/// The line with the wave that explains most.
fn wave(logs: &[f64]) -> Option<Model> {
    let turns = |periods: f64| {
        move |place: f64| {
            let angle = std::f64::consts::TAU * periods * place;
            vec![angle.cos(), angle.sin()]
        }
    };
    let waves = PERIODS.filter_map(|quarters| sloped(logs, turns(f64::from(quarters) / 4.0), 2.0));
    waves.min_by(|one, other| squares(&one.rest).total_cmp(&squares(&other.rest)))
}

/// The line, with what else depends on the place.
fn sloped(logs: &[f64], more: impl Fn(f64) -> Vec<f64>, used: f64) -> Option<Model> {
    let count = logs.len();
    let columns = |at: usize| -> Vec<f64> {
        let place = place(at, count);
        [1.0, place].into_iter().chain(more(place)).collect()
    };
    let rows: Vec<Row> =
        logs.iter().enumerate().map(|(at, log)| Row { columns: columns(at), value: *log }).collect();
    let solved = least_squares(&rows)?;
    let fitted =
        |row: &Row| row.columns.iter().zip(&solved).map(|(column, value)| column * value).sum::<f64>();
    let rest = rows.iter().map(|row| row.value - fitted(row)).collect();
    let (first, last) = (place(0, count), place(count - 1, count));
    let spread: f64 = (0..count).map(|at| place(at, count).powi(2)).sum();
    Some(Model {
        from: solved[0] + solved[1] * first,
        to: solved[0] + solved[1] * last,
        size: spread.sqrt() / (last - first),
        rest,
        used,
    })
}

/// The step that explains most.
fn step(logs: &[f64]) -> Option<Model> {
    let steps = (SIDE..=logs.len().saturating_sub(SIDE)).filter_map(|at| {
        let (before, after) = logs.split_at(at);
        let (from, to) = (mean(before)?, mean(after)?);
        let rest = before.iter().map(|log| log - from).chain(after.iter().map(|log| log - to)).collect();
        let (n, m) = (before.len() as f64, after.len() as f64);
        Some(Model { from, to, size: (n * m / (n + m)).sqrt(), rest, used: 1.0 })
    });
    steps.min_by(|one, other| squares(&one.rest).total_cmp(&squares(&other.rest)))
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const BLOCKS: usize = 24;

    fn normal(rng: &mut Rng) -> f64 {
        (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
    }

    /// How many of a thousand series of 20 ms with 3% noise have a certain growth of a tenth or more, and how many look
    /// as if they had.
    fn grown(seed: u64, mut shape: impl FnMut(&mut Rng) -> Box<dyn Fn(f64) -> f64>) -> (u32, u32) {
        let (mut rng, mut certain, mut seeming) = (Rng::with_seed(seed), 0, 0);
        for _ in 0..1000 {
            let shape = shape(&mut rng);
            let value =
                |at: usize, rng: &mut Rng| 20.0 * (1.0 + 0.03 * normal(rng)) * shape(at as f64 / 24.0);
            let values: Vec<f64> = (0..BLOCKS).map(|at| value(at, &mut rng)).collect();
            let drift = Drift::of(&values).unwrap();
            certain += u32::from(drift.is_certain && drift.growth() >= 0.1);
            seeming += u32::from(drift.growth() >= 0.1);
        }
        (certain, seeming)
    }

    /// A swing by 30% around a constant, of so many periods, and a growth over the time.
    fn swing(periods: std::ops::Range<f64>, growth: f64) -> impl FnMut(&mut Rng) -> Box<dyn Fn(f64) -> f64> {
        move |rng| {
            let periods = periods.start + (periods.end - periods.start) * rng.f64();
            let phase = rng.f64() * std::f64::consts::TAU;
            Box::new(move |at| {
                (1.0 + 0.3 * (std::f64::consts::TAU * periods * at + phase).sin()) * (1.0 + growth * at)
            })
        }
    }

    #[test]
    fn a_swing_around_a_constant_is_no_drift() {
        for (seed, periods) in [(1, 0.8..1.5), (2, 1.0..2.0), (3, 1.5..3.0), (4, 3.0..6.0), (5, 6.0..12.0)] {
            let (certain, seeming) = grown(seed, swing(periods.clone(), 0.0));
            // Less than a period looks much like a drift.
            let most = if periods.start < 1.0 { 40 } else { 20 };
            assert!(certain <= most, "{periods:?}: {certain}, {seeming}");
            // From two periods on it does not even look like one.
            assert!(periods.start < 3.0 || seeming <= 20, "{periods:?}: {seeming}");
        }
    }

    #[test]
    fn growth_by_a_fifth_is_a_drift() {
        let (certain, _) = grown(6, |_| Box::new(|at| 1.0 + 0.2 * at));
        assert!(certain >= 980, "{certain}");
        let (certain, seeming) = grown(7, swing(3.0..8.0, 0.2));
        assert!(certain >= 650 && seeming >= 980, "{certain}, {seeming}");
        let (certain, _) = grown(8, swing(3.0..8.0, 0.5));
        assert!(certain >= 980, "{certain}");
        let (certain, _) = grown(9, |_| Box::new(|at| if at < 0.65 { 1.0 } else { 1.5 }));
        assert!(certain >= 980, "{certain}");
    }

    #[test]
    fn what_cannot_be_told_is_none() {
        assert_eq!(Drift::of(&[1.0; 11]), None);
        assert_eq!(Drift::of(&[0.0; 24]), None);
        let flat = Drift::of(&[5.0; 24]).unwrap();
        assert!(!flat.is_certain && flat.growth().abs() < 1e-9, "{flat:?}");
    }

    #[test]
    fn the_line_is_that_of_the_logarithms() {
        // 20 ms that double from the first value to the last: 2^(at / 23).
        let values: Vec<f64> = (0..24).map(|at| 20.0 * 2.0_f64.powf(f64::from(at) / 23.0)).collect();
        let drift = Drift::of(&values).unwrap();
        assert!((drift.from - 20.0).abs() < 1e-9 && (drift.to - 40.0).abs() < 1e-9, "{drift:?}");
        assert!(drift.is_certain && drift.error < 1e-9);
    }
}
