//! An estimate is a figure of one record with its standard error, from the batches of a frame.
//!
//! Every figure is a ratio of two sums: requests over seconds, failures over requests, the times of requests over their
//! number. With e the part of a batch that the ratio does not explain, `e = x - R y`, the variance of the ratio is
//! `n / (n - 1) Σ (e - mean of e)² / (Σ y)²`, for each load apart (Cochran, "Sampling Techniques", 1977, chapter 6). Batches
//! that resemble their neighbours count for less: the variance grows by (1 + r)/(1 - r), with r the correlation of
//! neighbours.
//!
//! The error of a percentile is that of the share of requests above it, carried over to times by the distribution
//! (Woodruff, "Confidence intervals for medians and other position measures", 1952).

use std::borrow::Borrow;
use std::collections::BTreeMap;

use super::frame::Batch;
use super::histogram::Histogram;
use crate::course::Second;
use crate::stats::swing::swing;

/// Batches that an error needs, beside one for each load.
const BATCHES: usize = 3;

/// Degrees of freedom that it needs when batches that are alike count for less.
const ENOUGH: f64 = 1.0;

/// More alike than this, neighbours say nothing that the others do not.
const ALIKE: f64 = 0.6;

/// So many standard errors around a percentile are searched for a jump.
const REACH: i32 = 2;

/// Times that are this far apart, as a logarithm, within half a standard error are a jump.
const JUMP: f64 = 0.4;

/// A figure of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    /// What of it is an unfinished period of a swing.
    pub(super) swing: f64,
    /// The standard error; none where there are too few batches to tell.
    pub(super) error: Option<Error>,
}

/// How far a figure may be off by what happened in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Error {
    pub(super) deviation: f64,
    pub(super) freedom: f64,
}

/// What one batch adds to a ratio.
#[derive(Clone, Copy, Debug)]
struct Part {
    x: f64,
    y: f64,
    load: usize,
    stretch: usize,
}

/// What a batch adds to both sums, by its seconds.
pub(super) type Ratio<'f> = &'f dyn Fn(&Second<'_>) -> Option<(f64, f64)>;

/// The ratio of two sums over all batches; none where the second is zero.
pub(super) fn ratio(batches: &[Batch<'_>], of: Ratio<'_>) -> Option<Estimate> {
    let estimate = ratio_of(batches, |at| added_up(&batches[at], of))?;
    Some(without_swing(batches, of, estimate).unwrap_or(estimate))
}

/// The same of a run of one load that swings: a wave is no chance, and what is left of its last period no level.
fn without_swing(batches: &[Batch<'_>], of: Ratio<'_>, estimate: Estimate) -> Option<Estimate> {
    let first = batches.first()?;
    if batches.iter().any(|batch| batch.stretch != first.stretch) {
        return None;
    }
    let seconds = batches.iter().flat_map(|batch| &batch.seconds);
    let rests: Vec<f64> =
        seconds.map(|second| of(second).map_or(0.0, |(x, y)| x - estimate.value * y)).collect();
    let swing = swing(&rests)?;
    let mut left = swing.as_slice();
    let added: Vec<f64> = batches
        .iter()
        .map(|batch| {
            let (own, others) = left.split_at(batch.seconds.len());
            left = others;
            own.iter().sum()
        })
        .collect();
    let steady = ratio_of(batches, |at| {
        let (x, y) = added_up(&batches[at], of)?;
        Some((x - added[at], y))
    })?;
    Some(Estimate { swing: estimate.value - steady.value, error: steady.error, ..estimate })
}

/// The same, of what each batch adds to both sums, by its number.
pub(super) fn ratio_of(batches: &[Batch<'_>], of: impl Fn(usize) -> Option<(f64, f64)>) -> Option<Estimate> {
    of_parts(&parts(batches, of))
}

/// The share of events that are of one kind; no share is taken to be surer than so many events can make it.
pub(super) fn share(batches: &[Batch<'_>], of: Ratio<'_>) -> Option<Estimate> {
    share_of(batches, |at| added_up(&batches[at], of))
}

/// The same, of what each batch adds to both sums, by its number.
pub(super) fn share_of(batches: &[Batch<'_>], of: impl Fn(usize) -> Option<(f64, f64)>) -> Option<Estimate> {
    let parts = parts(batches, of);
    let (hits, all) = sums(&parts);
    Some(at_least_binomial(of_parts(&parts)?, hits, all))
}

/// A percentile, of the times that each batch had.
pub(super) fn percentile(
    batches: &[Batch<'_>],
    times: &[impl Borrow<Histogram>],
    percent: f64,
) -> Option<Estimate> {
    let mut all = Histogram::default();
    batches.iter().zip(times).for_each(|(batch, times)| all.merge(times.borrow(), batch.weight));
    let value = all.quantile(percent / 100.0)?;
    let share = share_of(batches, |at| {
        let times = times.get(at)?.borrow();
        Some((times.above(value), times.count()))
    })?;
    let error = share.error.and_then(|error| {
        let distance = distance(&all, 1.0 - share.value, error.deviation)?;
        Some(Error { deviation: value * distance, ..error })
    });
    Some(Estimate { value, swing: 0.0, error })
}

/// How far apart the times are that one standard error of a share stands for, as a logarithm.
///
/// Where two modes meet, such as those of two endpoints, a percentile jumps from one to the other: then the jump
/// counts as a whole.
fn distance(times: &Histogram, share: f64, deviation: f64) -> Option<f64> {
    let at = |errors: f64| times.quantile(share + errors * deviation);
    let apart = |low: f64, high: f64| Some((at(high)? / at(low)?).ln().max(0.0));
    let steps = (-REACH * 2..REACH * 2).map(|half| apart(f64::from(half) / 2.0, f64::from(half + 1) / 2.0));
    let jump = steps.collect::<Option<Vec<f64>>>()?.into_iter().fold(0.0, f64::max);
    let local = apart(-1.0, 1.0)? / 2.0;
    Some(if jump > JUMP { local.max(jump) } else { local })
}

fn added_up(batch: &Batch<'_>, of: Ratio<'_>) -> Option<(f64, f64)> {
    let known = batch.seconds.iter().filter_map(of).filter(|(x, y)| x.is_finite() && y.is_finite());
    known.reduce(|all, one| (all.0 + one.0, all.1 + one.1))
}

fn parts(batches: &[Batch<'_>], of: impl Fn(usize) -> Option<(f64, f64)>) -> Vec<Part> {
    let part = |(at, batch): (usize, &Batch<'_>)| {
        let (x, y) = of(at)?;
        let (load, stretch) = (batch.load, batch.stretch);
        (y > 0.0).then_some(Part { x: x * batch.weight, y: y * batch.weight, load, stretch })
    };
    batches.iter().enumerate().filter_map(part).collect()
}

fn sums(parts: &[Part]) -> (f64, f64) {
    parts.iter().fold((0.0, 0.0), |all, part| (all.0 + part.x, all.1 + part.y))
}

fn of_parts(parts: &[Part]) -> Option<Estimate> {
    let (x, y) = sums(parts);
    if y <= 0.0 {
        return None;
    }
    let value = x / y;
    let mut by_load: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for part in parts {
        by_load.entry(part.load).or_default().push(part.x - value * part.y);
    }
    let (mut sum, mut freedom) = (0.0, 0.0);
    let mut scatter: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (load, rests) in &by_load {
        let count = rests.len() as f64;
        let mean = rests.iter().sum::<f64>() / count;
        let squares: f64 = rests.iter().map(|rest| (rest - mean).powi(2)).sum();
        if count > 1.0 {
            sum += squares * count / (count - 1.0);
            freedom += count - 1.0;
        }
        scatter.insert(*load, (mean, (squares / count).sqrt()));
    }
    let alike = alike(parts, value, &scatter);
    let together = (1.0 + alike) / (1.0 - alike);
    let (deviation, freedom) = ((sum * together).sqrt() / y, freedom / together);
    let is_enough = freedom >= ENOUGH && parts.len() >= BATCHES + by_load.len();
    let error = (is_enough && deviation.is_finite()).then_some(Error { deviation, freedom });
    Some(Estimate { value, swing: 0.0, error })
}

/// The correlation of neighbouring batches, without what their loads make of them. Of short series it comes out too
/// small (Kendall, Biometrika 41, 1954), which is put right; of very short ones nothing is known.
fn alike(parts: &[Part], value: f64, scatter: &BTreeMap<usize, (f64, f64)>) -> f64 {
    let rest = |part: &Part| {
        let (mean, deviation) = scatter.get(&part.load)?;
        (*deviation > 0.0).then(|| (part.x - value * part.y - mean) / deviation)
    };
    let rests: Vec<(usize, f64)> =
        parts.iter().map(|part| (part.stretch, rest(part).unwrap_or_default())).collect();
    let squares: f64 = rests.iter().map(|(_, rest)| rest * rest).sum();
    let neighbours = rests.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let together: f64 = neighbours.map(|pair| pair[0].1 * pair[1].1).sum();
    let (count, loads) = (rests.len() as f64, scatter.len() as f64);
    if squares <= 0.0 || count <= 4.0 * loads {
        return 0.0;
    }
    let left = (count - 4.0 * loads).max(count / 2.0);
    ((count * together / squares + loads) / left).clamp(0.0, ALIKE)
}

/// With the error that a share of so many events has at least.
fn at_least_binomial(share: Estimate, hits: f64, all: f64) -> Estimate {
    let likely = (hits + 0.5) / (all + 1.0);
    let least = (likely * (1.0 - likely).max(0.0) / all).sqrt();
    let error = share.error.map(|error| Error { deviation: error.deviation.max(least), ..error });
    Estimate { error, ..share }
}
