//! A soak is a long time of one load, in which slow changes show. Its warm-up is left out.

use super::case::Case;
use super::terms::Observation;
use crate::course::Second;
use crate::stats::robust::blocks;

/// The warm-up is this part of the soak, or this many seconds if that is more, but never more than that part.
const WARM_UP: f64 = 0.1;
const WARM_UP_SECONDS: f64 = 30.0;
const WARM_UP_AT_MOST: f64 = 0.25;

/// Trends are looked for in this many blocks: more would depend on each other, of fewer no test could be sure.
pub(super) const BLOCKS: usize = 12;

/// The fewest seconds needed after the warm-up.
pub(super) const SHORTEST: f64 = 20.0;

/// What is left of the longest time of one load when its warm-up is over; if that is too little, why.
pub(super) fn soak<'a>(case: &Case<'a>) -> Result<Vec<Second<'a>>, Box<Observation>> {
    let seconds = case.course.soak();
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
        return Err(Observation::not_measured("no-time").into());
    };
    let length = last.end - first.start;
    let warm_up = (length * WARM_UP).max(WARM_UP_SECONDS).min(length * WARM_UP_AT_MOST);
    let from = first.start + warm_up;
    let warm: Vec<Second<'a>> =
        seconds.iter().filter(|second| second.start >= from - 0.05).copied().collect();
    let left = warm.iter().map(Second::length).sum::<f64>();
    if left < SHORTEST || warm.len() < BLOCKS {
        let short = Observation::not_measured("soak-too-short").figure("seconds", left);
        return Err(short.figure("needed", SHORTEST).into());
    }
    Ok(warm)
}

/// One (time, value) pair for each block of (time, value) pairs.
pub(super) fn by_block(
    points: &[(f64, f64)],
    count: usize,
    of: impl Fn(&[f64]) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let pair = |block: &[(f64, f64)]| {
        let values: Vec<f64> = block.iter().map(|point| point.1).collect();
        let middle = block.first()?.0.midpoint(block.last()?.0);
        Some((middle, of(&values)?))
    };
    blocks(points, count).filter_map(pair).collect()
}
