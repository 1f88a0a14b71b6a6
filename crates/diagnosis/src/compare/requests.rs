//! The figures of single requests: mean, 95th percentile and error rate of each that both records have.

use std::collections::HashMap;

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::TimelineRow;
use indexmap::IndexMap;

use super::estimate::{Estimate, percentile, ratio_of, share_of};
use super::figure::{Family, Figure, Worse};
use super::frame::{Batch, Frame};
use super::histogram::Histogram;
use super::side::Side;
use crate::request_names::RequestNames;
use crate::row::{is_load, tag};

/// How many requests are compared one by one: the most frequent ones.
const REQUESTS: usize = 40;

/// What one kind of requests came to in one batch.
#[derive(Clone, Debug, Default)]
struct Tally {
    requests: f64,
    failed: f64,
    time: f64,
    timed: f64,
    times: Histogram,
}

/// What makes an estimate of what requests came to in each batch.
type Estimator = fn(&[Batch<'_>], &[Tally]) -> Option<Estimate>;

/// The requests of a side by name, each with its batches.
type ByName = IndexMap<String, Vec<Tally>>;

/// The figures of each request that both have, the most frequent first.
pub(super) fn of_requests(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> Vec<Figure> {
    let tallies = [0, 1].map(|at| by_name(&frame.sides[at], &RequestNames::of_seconds(&sides[at].seconds)));
    // A throttle is answered faster than what it stands for.
    let is_mixed = sides.iter().any(Side::is_dynamodb);
    let worse = if is_mixed { Worse::Neither } else { Worse::More };
    let mut names: Vec<(&String, f64)> = tallies[0]
        .iter()
        .filter(|(name, _)| tallies[1].contains_key(*name))
        .map(|(name, tallies)| (name, tallies.iter().map(|tally| tally.requests).sum()))
        .collect();
    names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let figures = names.into_iter().take(REQUESTS).flat_map(|(name, _)| {
        let figure = |stat: &str, unit, worse, of: Estimator| Figure {
            estimates: [0, 1].map(|at| of(&frame.sides[at], &tallies[at][name])),
            ..Figure::new(format!("{name} {stat}"), unit, worse)
        };
        let errors = figure("error rate", "%", Worse::More, errors);
        [
            figure("avg", "ms", worse, average).scatter(0.02),
            figure("p(95)", "ms", worse, tail).scatter(0.03),
            Figure { is_share: true, ..errors },
        ]
    });
    figures.filter(Figure::is_known).map(|figure| figure.family(Family::Request)).collect()
}

fn average(batches: &[Batch<'_>], tallies: &[Tally]) -> Option<Estimate> {
    ratio_of(batches, |at| Some((tallies[at].time, tallies[at].timed)))
}

fn tail(batches: &[Batch<'_>], tallies: &[Tally]) -> Option<Estimate> {
    let times: Vec<&Histogram> = tallies.iter().map(|tally| &tally.times).collect();
    percentile(batches, &times, 95.0)
}

fn errors(batches: &[Batch<'_>], tallies: &[Tally]) -> Option<Estimate> {
    Some(share_of(batches, |at| Some((tallies[at].failed, tallies[at].requests)))?.times(100.0))
}

/// What each kind of requests came to in each batch.
fn by_name(batches: &[Batch<'_>], full_names: &RequestNames<'_>) -> ByName {
    let mut found = ByName::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for (at, batch) in batches.iter().enumerate() {
        for row in batch.seconds.iter().flat_map(|second| &second.line.rows).filter(|row| is_load(row)) {
            let key = (tag(row, names::tag::METHOD), tag(row, names::tag::NAME));
            let index = *known.entry(key).or_insert_with(|| {
                let none = || vec![Tally::default(); batches.len()];
                let entry = found.entry(full_names.full(key.0, key.1));
                let index = entry.index();
                entry.or_insert_with(none);
                index
            });
            found[index][at].add(row);
        }
    }
    found
}

impl Tally {
    fn add(&mut self, row: &TimelineRow) {
        match &*row.metric {
            metric::HTTP_REQS => self.requests += row.stats.value("sum"),
            metric::HTTP_REQ_FAILED => self.failed += row.stats.value("trues"),
            metric::HTTP_REQ_DURATION => {
                self.time += row.stats.value("sum");
                self.timed += row.stats.value("count");
                if row.durations.is_empty() {
                    self.times.add_sketch(&row.stats);
                } else {
                    self.times.add(&row.durations);
                }
            }
            _ => {}
        }
    }
}
