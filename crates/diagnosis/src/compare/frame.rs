//! A frame is the part of two records that is compared: seconds of the same loads, in batches.
//!
//! Neighbouring seconds are alike, so that their scatter says too little of how far a figure can be off. Seconds of one
//! load that follow each other are therefore added up to batches: ten in a run of a
//! minute, of six seconds each.

use std::collections::BTreeMap;

use super::side::{Side, Step};
use crate::course::Second;
use crate::stats::robust::blocks;

/// How many batches a short run is cut into.
const FEWEST: usize = 20;

/// How many seconds a batch has in a longer run.
const LONG: usize = 6;

/// How many batches there are at most.
const MOST: usize = 30;

/// Batches of one load that are needed on both sides.
const ENOUGH: usize = 2;

/// Seconds that are further apart than this are no neighbours.
const GAP: f64 = 0.5;

/// A frame with this share of the requests is the whole run.
const WHOLE: f64 = 0.95;

/// Loads whose shares of the two runs differ by less than this part are shared alike.
const ALIKE: f64 = 0.1;

/// The part of two records that is compared.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    /// The batches of each side, in the order of time.
    pub(super) sides: [Vec<Batch<'a>>; 2],
    /// Whether it is all of the load of both, so that the figures of the whole runs are those of the frame.
    pub(super) is_whole: bool,
}

/// Some neighbouring seconds of one load.
#[derive(Clone, Debug)]
pub(super) struct Batch<'a> {
    pub(super) seconds: Vec<Second<'a>>,
    /// Which load it has.
    pub(super) load: usize,
    /// Which stretch of the run it is of: batches of the same one are neighbours.
    pub(super) stretch: usize,
    /// How often it counts, so that all loads have the same share of both sides.
    pub(super) weight: f64,
}

impl<'a> Frame<'a> {
    /// All loads that both sides have.
    pub(super) fn whole(sides: &[Side<'a>; 2]) -> Self {
        let seconds = sides
            .each_ref()
            .map(|side| side.seconds.iter().map(|second| (side.load(second), *second)).collect::<Vec<_>>());
        let mut frame = Self::of(seconds);
        frame.is_whole = [0, 1].iter().all(|at| frame.covers(*at, &sides[*at]));
        frame
    }

    /// A step that both sides have.
    pub(super) fn step(sides: &[Side<'a>; 2], step: &Step<'a>) -> Self {
        Self::of([0, 1].map(|at| {
            let seconds = sides[at].course.settled(step.phases[at]);
            seconds.into_iter().map(|second| (String::new(), second)).collect()
        }))
    }

    fn of(sides: [Vec<(String, Second<'a>)>; 2]) -> Self {
        let cut = sides.each_ref().map(|seconds| stretches(seconds));
        let mut loads: BTreeMap<&str, [(usize, f64); 2]> = BTreeMap::new();
        for (side, stretches) in cut.iter().enumerate() {
            for (load, batches) in stretches {
                let known = loads.entry(load).or_default();
                known[side].0 += batches.len();
                known[side].1 += length(batches);
            }
        }
        loads.retain(|_, sides| sides.iter().all(|(batches, _)| *batches >= ENOUGH));
        let names: Vec<&str> = loads.keys().copied().collect();
        let batches = [0, 1].map(|side| {
            let stretches = cut[side].iter().enumerate();
            let batches = stretches.filter_map(|(stretch, (load, batches))| {
                let lengths = loads.get(load)?;
                let weight = lengths[0].1.min(lengths[1].1) / lengths[side].1;
                let load = names.binary_search(load).ok()?;
                Some(batches.iter().map(move |seconds| Batch {
                    seconds: seconds.clone(),
                    load,
                    stretch,
                    weight,
                }))
            });
            batches.flatten().collect()
        });
        Self { sides: batches, is_whole: false }
    }

    /// Whether next to all requests of a side are in the frame, and all loads count alike.
    fn covers(&self, at: usize, side: &Side<'_>) -> bool {
        let requests = |seconds: &[Second<'_>]| seconds.iter().map(Second::requests).sum::<f64>();
        let batches = &self.sides[at];
        let inside: f64 = batches.iter().map(|batch| requests(&batch.seconds)).sum();
        let weights = || batches.iter().map(|batch| batch.weight);
        let (least, most) = (weights().fold(f64::INFINITY, f64::min), weights().fold(0.0, f64::max));
        inside > 0.0 && inside >= WHOLE * requests(&side.course.seconds) && least >= most * (1.0 - ALIKE)
    }
}

type Stretch<'s, 'a> = (&'s str, Vec<Vec<Second<'a>>>);

/// Neighbouring seconds of one load, in batches.
fn stretches<'s, 'a>(seconds: &'s [(String, Second<'a>)]) -> Vec<Stretch<'s, 'a>> {
    let long = seconds.len().div_ceil(FEWEST).clamp(1, LONG).max(seconds.len() / MOST);
    let parts = seconds.chunk_by(|one, next| one.0 == next.0 && (next.1.start - one.1.end).abs() < GAP);
    let cut = parts.map(|part| {
        let count = (part.len() / long).max(part.len().min(ENOUGH));
        let batch = |part: &[(String, Second<'a>)]| part.iter().map(|(_, second)| *second).collect();
        (part[0].0.as_str(), blocks(part, count).map(batch).collect())
    });
    cut.collect()
}

fn length(batches: &[Vec<Second<'_>>]) -> f64 {
    batches.iter().flatten().map(Second::length).sum()
}
