//! The course of a run is its timeline on the axis that all charts over time share, thinned where it is long.

use std::ops::Range;

use flashcrowd_record::{Phase, Record, TimelineLine};

use super::axis::Axis;
use super::picture::{Band, Layer, Over, Picture};
use crate::words;

/// The most points that a line has.
const MOST_POINTS: usize = 600;

/// A timeline on the axis that all charts over time share.
#[derive(Clone, Debug)]
pub(crate) struct Course<'a> {
    lines: &'a [TimelineLine],
    phases: &'a [Phase],
    /// The lines that a pair of points stands for; empty when each line has its own point.
    parts: Vec<Range<usize>>,
    xs: Vec<f64>,
    /// When the load began, in seconds since the start of the run.
    offset: f64,
    axis: Axis,
}

impl<'a> Course<'a> {
    /// The course of a recorded run.
    pub(crate) fn of(record: &'a Record) -> Self {
        let lines = without_remainder(&record.timeline);
        let parts = parts(lines.len());
        let middle = |at: usize| lines.get(at).map_or(0.0, |line| line.t - line.interval / 2.0);
        let xs = if parts.is_empty() {
            (0..lines.len()).map(middle).collect()
        } else {
            parts.iter().flat_map(|part| [middle(part.start), middle(part.start + part.len() / 2)]).collect()
        };
        let offset = lines.iter().find_map(|line| Some(line.t - line.load?)).unwrap_or_default();
        let axis = Axis::time(lines.last().map_or(1.0, |line| line.t));
        Self { lines, phases: &record.run.phases, parts, xs, offset, axis }
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.len() < 2
    }

    /// How many intervals are drawn as one pair of points; none when each has its own point.
    pub(crate) fn thinned(&self) -> Option<usize> {
        self.parts.first().map(Range::len)
    }

    /// What the target and the generator said, an interval each.
    pub(crate) fn lines(&self) -> &'a [TimelineLine] {
        self.lines
    }

    /// The phases of the test.
    pub(crate) fn phases(&self) -> &'a [Phase] {
        self.phases
    }

    /// One value for each line, thinned: of each part the smallest and the largest stay.
    pub(crate) fn thin(&self, values: Vec<Option<f64>>) -> Vec<Option<f64>> {
        if self.parts.is_empty() {
            return values;
        }
        self.picks(&values).into_iter().map(|at| at.and_then(|at| values[at])).collect()
    }

    /// Several series that belong together, thinned: of each part the lines stay where their sum is smallest and
    /// largest.
    pub(crate) fn thin_together(&self, series: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        if self.parts.is_empty() {
            return series;
        }
        let sum = |at: usize| series.iter().map(|values| values[at]).sum();
        let sums: Vec<_> = (0..self.lines.len()).map(|at| Some(sum(at))).collect();
        let picks = self.picks(&sums);
        let picked = |values: Vec<f64>| picks.iter().map(|at| at.map_or(0.0, |at| values[at])).collect();
        series.into_iter().map(picked).collect()
    }

    /// What a line has, for each of them.
    pub(crate) fn values(&self, of: impl Fn(&TimelineLine) -> Option<f64>) -> Vec<Option<f64>> {
        self.thin(self.lines.iter().map(|line| of(line).filter(|value| value.is_finite())).collect())
    }

    /// How much something that only grows grew a second, for each line.
    pub(crate) fn growth(&self, of: impl Fn(&TimelineLine) -> Option<f64>) -> Vec<Option<f64>> {
        let pairs = self.lines.windows(2).map(|pair| {
            let grown = of(&pair[1])? - of(&pair[0])?;
            (grown >= 0.0 && pair[1].interval > 0.0).then(|| grown / pair[1].interval)
        });
        self.thin([None].into_iter().chain(pairs).take(self.lines.len()).collect())
    }

    /// The phases as the background of charts, as far as the run came.
    pub(crate) fn bands(&self) -> Vec<Band> {
        let end = self.axis.high();
        let begun = self.phases.iter().filter(|phase| phase.start + self.offset < end);
        begun
            .map(|phase| Band {
                from: (phase.start + self.offset).max(0.0),
                to: (phase.end + self.offset).min(end),
                label: words::phase(phase),
            })
            .collect()
    }

    /// A picture over time of layers that have values; none when there are none.
    pub(crate) fn picture(
        &self,
        (title, about): (String, String),
        unit: String,
        layers: Vec<Layer>,
    ) -> Option<Picture> {
        let layers: Vec<Layer> = layers.into_iter().filter(Layer::is_drawn).collect();
        if self.is_empty() || layers.is_empty() {
            return None;
        }
        let most = layers.iter().map(Layer::most).fold(0.0, f64::max);
        Some(Picture {
            title,
            about,
            unit,
            x: self.axis.clone(),
            y: Axis::values(most),
            over: Over::Time,
            xs: self.xs.clone(),
            bands: self.bands(),
            layers,
            marks: Vec::new(),
        })
    }

    /// For each part the lines with the smallest and the largest value, in the order of time.
    fn picks(&self, values: &[Option<f64>]) -> Vec<Option<usize>> {
        let of_part = |part: &Range<usize>| {
            let known = || part.clone().filter_map(|at| Some((at, values[at]?)));
            let least = known().min_by(|left, right| left.1.total_cmp(&right.1)).map(|(at, _)| at);
            let most = known().max_by(|left, right| left.1.total_cmp(&right.1)).map(|(at, _)| at);
            if least <= most { [least, most] } else { [most, least] }
        };
        self.parts.iter().flat_map(of_part).collect()
    }
}

/// The lines without a last one that is so short that nothing a second can be told of it.
fn without_remainder(lines: &[TimelineLine]) -> &[TimelineLine] {
    match lines {
        [rest @ .., before, last] if last.interval < before.interval / 2.0 => &lines[..=rest.len()],
        _ => lines,
    }
}

/// So many lines in parts of equal length, two points each; none when every line can have its own point.
fn parts(lines: usize) -> Vec<Range<usize>> {
    if lines <= MOST_POINTS {
        return Vec::new();
    }
    let length = lines.div_ceil(MOST_POINTS / 2);
    (0..lines).step_by(length).map(|start| start..(start + length).min(lines)).collect()
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::RunInfo;
    use proptest::prelude::*;

    use super::*;

    fn record(length: usize) -> Record {
        let line = |at| TimelineLine { t: at as f64 + 1.0, interval: 1.0, ..TimelineLine::default() };
        Record {
            run: RunInfo::default(),
            timeline: (0..length).map(line).collect(),
            results: None,
            histograms: Default::default(),
        }
    }

    #[test]
    fn short_runs_keep_every_point() {
        let record = record(600);
        let course = Course::of(&record);
        assert_eq!((course.xs.len(), course.thinned()), (600, None));
        assert_eq!(course.values(|line| Some(line.t))[599], Some(600.0));
    }

    #[test]
    fn a_remainder_is_not_drawn() {
        let mut record = record(5);
        record.timeline[4].interval = 0.02;
        assert_eq!(Course::of(&record).lines().len(), 4);
        record.timeline[4].interval = 0.9;
        assert_eq!(Course::of(&record).lines().len(), 5);
    }

    #[test]
    fn growth_is_a_second_and_leaves_restarts_out() {
        let record = record(4);
        let course = Course::of(&record);
        let counted = [5.0, 7.0, 1.0, 4.0];
        let values = course.growth(|line| Some(counted[line.t as usize - 1]));
        assert_eq!(values, [None, Some(2.0), None, Some(3.0)]);
    }

    #[test]
    fn phases_are_drawn_as_far_as_the_run_came() {
        let mut record = record(30);
        for line in &mut record.timeline {
            line.load = (line.t > 3.0).then_some(line.t - 3.0);
        }
        record.run.phases = [(0.0, 20.0), (20.0, 40.0), (40.0, 60.0)]
            .map(|(start, end)| Phase { start, settled: start, end, users: Some(1500), ..Phase::default() })
            .into();
        let bands = Course::of(&record).bands();
        let shown: Vec<_> = bands.iter().map(|band| (band.from, band.to, band.label.as_str())).collect();
        assert_eq!(shown, [(3.0, 23.0, "VU 1,500"), (23.0, 30.0, "VU 1,500")]);
    }

    proptest! {
        #[test]
        fn thinning_keeps_the_extremes(values in prop::collection::vec(0.0..1e6_f64, 601..4000)) {
            let record = record(values.len());
            let course = Course::of(&record);
            let thin = course.thin(values.iter().copied().map(Some).collect());
            prop_assert!(thin.len() <= MOST_POINTS && thin.len() == course.xs.len());
            prop_assert!(course.xs.is_sorted());
            let extreme = |fold: fn(f64, f64) -> f64, values: &mut dyn Iterator<Item = f64>| values.reduce(fold);
            let kept = || thin.iter().copied().flatten();
            prop_assert_eq!(extreme(f64::max, &mut kept()), extreme(f64::max, &mut values.iter().copied()));
            prop_assert_eq!(extreme(f64::min, &mut kept()), extreme(f64::min, &mut values.iter().copied()));
            let together = course.thin_together(vec![values.clone(), values.clone()]);
            prop_assert_eq!(&together[0], &together[1]);
            prop_assert_eq!(together[0].iter().copied().map(Some).collect::<Vec<_>>(), thin);
        }
    }
}
