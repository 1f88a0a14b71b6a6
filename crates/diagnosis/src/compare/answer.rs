//! An answer is what two runs say of a figure: it became better or worse, or by how much it can differ at most.
//!
//! It rests on an interval for the difference. Three things move a figure that nothing has changed, and the interval
//! has room for all of them:
//!
//! - **the run**: a process that was started anew, or another machine, is faster or slower as a whole. Without further
//!   runs a standard deviation of 2.7% is assumed (what was measured on hosted build machines), and of 1.2% where load and
//!   target were on one and the same machine in both runs;
//! - **the figure**: the tail of the times, the memory and the CPU time move more than that between runs;
//! - **chance within the run**, which the seconds show.
//!
//! The half width is the root of the squares of all three, each times its own quantile. All figures of a run share the
//! first part, so its quantile is not corrected for their number; the others are (Bonferroni). With further runs of the
//! first kind, the scatter between these is used instead of the first two, with Student's quantiles.

use serde::Serialize;

use super::estimate::Estimate;
use super::figure::{Family, Figure, Worse};
use crate::stats::student::upper_quantile;

/// The standard deviation of a figure between runs of the same target, relative to it.
pub(super) const BETWEEN_RUNS: f64 = 0.027;

/// The same between runs on one machine, of which processes were started anew at most.
pub(super) const ON_ONE_MACHINE: f64 = 0.012;

/// The same of a share p: this part of p (1 - p).
const BETWEEN_SHARES: f64 = 0.1;

/// How likely a run that is no slower is called slower because of the run as a whole.
const RUN_TAIL: f64 = 0.02;

/// The same for what moves one figure alone, and for chance within the run, over a whole family of figures.
const FAMILY_TAIL: f64 = 0.004;

/// A headline figure has this for itself.
const HEADLINE_TAIL: f64 = 0.0025;

/// A smaller difference does not matter, relative to before.
const MATTERS: f64 = 0.05;

/// A bound that is larger than this is no answer, relative to before.
const TELLS: f64 = 0.25;

/// The same for shares, in points.
const TELLS_POINTS: f64 = 2.0;

/// An interval that is wider than this factor, as a logarithm, is none.
const WIDEST: f64 = std::f64::consts::LN_10;

/// What two runs say of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It changed for the better.
    Better,
    /// It changed for the worse.
    Worse,
    /// It changed, which is neither good nor bad by itself.
    Different,
    /// There is no difference larger than a bound: the end of the interval that is further from zero.
    #[serde(rename = "no difference")]
    Same,
    /// The interval is too wide to say any of that, or there is none.
    #[default]
    #[serde(rename = "cannot tell")]
    Unknown,
}

/// How an interval is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Relative to the first: 0.1 is 10% more.
    #[default]
    Relative,
    /// In the unit of the figure; of a share, percentage points.
    Absolute,
}

/// Between which two differences the true one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// How to read them.
    pub scale: Scale,
}

/// How much figures move between runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Between {
    /// By this standard deviation, which is known from elsewhere.
    Assumed(f64),
    /// As much as these estimates of the same figure in further runs of the first kind do, the first run included.
    Measured(Vec<Estimate>),
}

/// The difference of a figure, before anybody says what it means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Difference {
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) interval: Option<Interval>,
}

impl Interval {
    /// The largest difference that is possible, in either direction.
    pub fn bound(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    /// Whether no difference is impossible.
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// A figure on the scale on which differences are taken: a logarithm where they are relative.
#[derive(Clone, Copy, Debug)]
struct Place {
    value: f64,
    /// The standard error there, and its degrees of freedom.
    noise: Option<(f64, f64)>,
}

impl Place {
    fn of(estimate: &Estimate, is_relative: bool) -> Self {
        let level = estimate.value - estimate.swing;
        let size = if is_relative { level } else { 1.0 };
        let noise = estimate.error.map(|error| (error.deviation / size, error.freedom));
        Self { value: if is_relative { level.ln() } else { level }, noise }
    }
}

/// The difference of a figure that is one of `count` in its family.
pub(super) fn difference(figure: &Figure, between: &Between, count: usize) -> Option<Difference> {
    let [first, after] = figure.estimates;
    let (first, after) = (first?, after?);
    let befores = match between {
        Between::Assumed(_) => vec![first],
        Between::Measured(runs) => runs.clone(),
    };
    let is_relative =
        !figure.is_share && befores.iter().chain([&after]).all(|one| one.value - one.swing > 0.0);
    let places: Vec<Place> = befores.iter().map(|one| Place::of(one, is_relative)).collect();
    let place = Place::of(&after, is_relative);
    let middle = places.iter().map(|place| place.value).sum::<f64>() / places.len() as f64;
    let before = if is_relative { middle.exp() } else { middle };
    let half = match between {
        Between::Assumed(runs) => {
            let unit = if is_relative { 1.0 } else { unit(figure, before, after.value) };
            assumed(figure, runs * unit, [places[0], place], count)
        }
        Between::Measured(_) => measured(&places, place, measured_tail(figure, count)),
    };
    let is_known = |half: &f64| half.is_finite() && (!is_relative || *half <= WIDEST);
    let interval = half.filter(is_known).map(|half| {
        let ends = [place.value - middle - half, place.value - middle + half];
        let [low, high] = if is_relative { ends.map(f64::exp_m1) } else { ends };
        // No share is below nothing or above everything.
        let possible = if figure.is_share { [-before, 100.0 - before] } else { [low, high] };
        let (low, high) = (low.max(possible[0]), high.min(possible[1]));
        Interval { low, high, scale: if is_relative { Scale::Relative } else { Scale::Absolute } }
    });
    Some(Difference { before, after: after.value, interval })
}

/// The half width where the scatter between runs is measured: an interval for one more run of the same kind.
fn measured(befores: &[Place], after: Place, tail: f64) -> Option<f64> {
    let runs = befores.len() as f64;
    let noises: Option<Vec<f64>> = befores.iter().map(|place| Some(place.noise?.0.powi(2))).collect();
    let within = (noises?.iter().sum::<f64>() / runs).max(after.noise?.0.powi(2));
    let middle = befores.iter().map(|place| place.value).sum::<f64>() / runs;
    let squares: f64 = befores.iter().map(|place| (place.value - middle).powi(2)).sum();
    // Runs cannot scatter less than chance within them makes them.
    let variance = (squares / (runs - 1.0)).max(within);
    Some(upper_quantile(tail, runs - 1.0) * (variance * (1.0 + 1.0 / runs)).sqrt())
}

/// What the scatter between runs is relative to, where differences are not.
fn unit(figure: &Figure, before: f64, after: f64) -> f64 {
    if figure.is_share {
        let share = f64::midpoint(before, after).clamp(0.0, 100.0);
        share * (1.0 - share / 100.0) * BETWEEN_SHARES / BETWEEN_RUNS
    } else {
        before.abs().max(after.abs())
    }
}

/// The half width where nothing is known of the scatter between runs but its standard deviation.
fn assumed(figure: &Figure, runs: f64, places: [Place; 2], count: usize) -> Option<f64> {
    let two = std::f64::consts::SQRT_2;
    let tail = tail(figure, count);
    let run = upper_quantile(RUN_TAIL, f64::INFINITY) * two * runs;
    let own = upper_quantile(tail, f64::INFINITY) * two * runs * figure.scatter / BETWEEN_RUNS;
    let noises = [places[0].noise?, places[1].noise?];
    let variance: f64 = noises.iter().map(|(deviation, _)| deviation * deviation).sum();
    let parts: f64 = noises.iter().map(|(deviation, freedom)| deviation.powi(4) / freedom).sum();
    // The degrees of freedom of the sum are those of Welch and Satterthwaite.
    let within = match variance > 0.0 {
        true => upper_quantile(tail, variance * variance / parts) * variance.sqrt(),
        false => 0.0,
    };
    Some((run * run + own * own + within * within).sqrt())
}

fn tail(figure: &Figure, count: usize) -> f64 {
    match figure.family {
        Family::Headline => HEADLINE_TAIL,
        _ => FAMILY_TAIL / count.max(1) as f64,
    }
}

fn measured_tail(figure: &Figure, count: usize) -> f64 {
    match figure.family {
        Family::Headline if figure.scatter == 0.0 => RUN_TAIL,
        Family::Headline => FAMILY_TAIL,
        _ => RUN_TAIL / count.max(1) as f64,
    }
}

/// What a difference means.
pub(super) fn answer(figure: &Figure, difference: &Difference) -> Answer {
    let Some(interval) = difference.interval else { return Answer::Unknown };
    let Difference { before, after, .. } = *difference;
    let change = after - before;
    let is_large = change.abs() > figure.floor && (before == 0.0 || (change / before).abs() > MATTERS);
    if interval.excludes_zero() && is_large {
        return match figure.worse {
            Worse::Neither => Answer::Different,
            Worse::More if change > 0.0 => Answer::Worse,
            Worse::Less if change < 0.0 => Answer::Worse,
            _ => Answer::Better,
        };
    }
    let bound = interval.bound();
    let told = match interval.scale {
        Scale::Relative => bound * before.abs() <= figure.floor || bound <= TELLS,
        Scale::Absolute if figure.is_share => bound <= figure.floor.max(TELLS_POINTS),
        Scale::Absolute => bound <= figure.floor.max(TELLS * before.abs().max(after.abs())),
    };
    if told { Answer::Same } else { Answer::Unknown }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::estimate::Error;
    use super::*;

    fn estimate(value: f64, deviation: f64) -> Option<Estimate> {
        Some(Estimate { value, swing: 0.0, error: Some(Error { deviation, freedom: 19.0 }) })
    }

    fn figure(before: f64, after: f64, noise: f64) -> Figure {
        let estimates = [estimate(before, before * noise), estimate(after, after * noise)];
        Figure { estimates, ..Figure::new("http_req_duration med", "ms", Worse::More) }
    }

    fn told(figure: &Figure) -> (Answer, Interval) {
        let difference = difference(figure, &Between::Assumed(BETWEEN_RUNS), 1).unwrap();
        (answer(figure, &difference), difference.interval.unwrap())
    }

    #[test]
    fn the_interval_of_a_quiet_run_is_that_between_runs() {
        // exp(2.0537 * sqrt(2) * 0.027) - 1 = 8.16%.
        let (answer, interval) = told(&figure(50.0, 50.0, 0.0));
        assert_eq!(answer, Answer::Same);
        assert!(
            (interval.high - 0.0816).abs() < 1e-4 && (interval.low + 0.0754).abs() < 1e-4,
            "{interval:?}"
        );
        assert_eq!(told(&figure(50.0, 55.0, 0.004)).0, Answer::Worse);
        assert_eq!(told(&figure(55.0, 50.0, 0.004)).0, Answer::Better);
    }

    #[test]
    fn a_wide_interval_is_shown_and_not_explained_away() {
        let (answer, interval) = told(&figure(1310.0, 463.0, 0.5));
        assert!(answer == Answer::Unknown && interval.low < -0.9 && interval.high > 0.0, "{interval:?}");
        assert_eq!(told(&figure(1310.0, 463.0, 0.1)).0, Answer::Better);
    }

    #[test]
    fn shares_differ_by_points() {
        let share = |before, after| Figure {
            is_share: true,
            estimates: [estimate(before, 0.02), estimate(after, 0.02)],
            ..Figure::new("http_req_failed", "%", Worse::More)
        };
        assert_eq!(told(&share(0.0, 0.0)).0, Answer::Same);
        assert_eq!(told(&share(0.0, 0.3)).0, Answer::Worse);
        let (answer, interval) = told(&share(50.0, 49.0));
        assert!(answer == Answer::Unknown && interval.scale == Scale::Absolute, "{answer:?} {interval:?}");
    }

    #[test]
    fn further_runs_narrow_the_interval_or_widen_it() {
        let of = |runs: &[f64]| {
            let runs = runs.iter().filter_map(|value| estimate(*value, 0.05)).collect();
            let figure = figure(50.0, 52.0, 0.001);
            difference(&figure, &Between::Measured(runs), 1).unwrap().interval.unwrap()
        };
        let (narrow, wide) = (of(&[50.0, 50.2, 49.9, 50.1]), of(&[50.0, 58.0, 44.0, 52.0]));
        assert!(narrow.low > 0.02 && narrow.high < 0.06, "{narrow:?}");
        assert!(wide.low < -0.2 && wide.high > 0.2, "{wide:?}");
    }

    proptest! {
        #[test]
        fn exchanged_runs_have_the_opposite_answer(
            before in 1.0..1e4_f64,
            after in 1.0..1e4_f64,
            noise in 0.0..0.2_f64,
        ) {
            let (there, back) = (told(&figure(before, after, noise)), told(&figure(after, before, noise)));
            prop_assert!(((1.0 + there.1.low) * (1.0 + back.1.high) - 1.0).abs() < 1e-9);
            prop_assert_eq!(there.1.excludes_zero(), back.1.excludes_zero());
            let opposite = match there.0 {
                Answer::Better => Answer::Worse,
                Answer::Worse => Answer::Better,
                _ => return Ok(()),
            };
            // What is a twentieth more is a little less than a twentieth less.
            prop_assert!(back.0 == opposite || (after / before).ln().abs() < 0.06, "{:?} {:?}", there, back);
        }

        #[test]
        fn a_figure_does_not_differ_from_itself(value in 1e-3..1e6_f64, noise in 0.0..0.5_f64) {
            let (answer, interval) = told(&figure(value, value, noise));
            prop_assert!(interval.low <= 0.0 && interval.high >= 0.0);
            prop_assert!(matches!(answer, Answer::Same | Answer::Unknown));
        }
    }
}
