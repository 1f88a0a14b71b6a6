//! The series of a run: what its samples add up to since the start, by metric and labels.
//!
//! What is kept of a trend is up to the output: [`Distribution`]. Memory is bounded: samples of series beyond the first
//! [`MOST`] are left out, and counted.

use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use flashcrowd_metrics::{Contains, Kind, MetricId, Registry, Sample, TagSet, Trend};

use crate::output::OutputContext;
use crate::stream::Shown;

/// As many series are kept.
const MOST: usize = 50_000;

/// What is kept of a trend's values.
pub(crate) trait Distribution: Default + Send + 'static {
    /// Adds a value, in the metric's unit: milliseconds where it is a time.
    fn add(&mut self, value: f64, is_time: bool);
}

impl Distribution for Trend {
    fn add(&mut self, value: f64, _is_time: bool) {
        Trend::add(self, value);
    }
}

/// What samples add up to.
#[derive(Debug)]
pub(crate) enum Kept<T> {
    /// The sum.
    Counter(f64),
    /// The last value.
    Gauge(f64),
    /// How many were not zero, of how many.
    Rate { trues: u64, total: u64 },
    /// The distribution.
    Trend(T),
}

impl<T: Distribution> Kept<T> {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(0.0),
            Kind::Gauge => Self::Gauge(0.0),
            Kind::Rate => Self::Rate { trues: 0, total: 0 },
            Kind::Trend => Self::Trend(T::default()),
        }
    }

    fn add(&mut self, value: f64, is_time: bool) {
        match self {
            Self::Counter(sum) => *sum += value,
            Self::Gauge(last) => *last = value,
            Self::Rate { trues, total } => {
                *trues += u64::from(value != 0.0);
                *total += 1;
            }
            Self::Trend(trend) => trend.add(value, is_time),
        }
    }
}

pub(crate) type Labels = Vec<(String, String)>;

/// One series.
#[derive(Debug)]
pub(crate) struct Row<T> {
    /// The metric's name.
    pub(crate) name: String,
    pub(crate) contains: Contains,
    /// Its labels, sorted.
    pub(crate) labels: Labels,
    pub(crate) kept: Kept<T>,
}

impl<T> Row<T> {
    /// Whether its values are times.
    pub(crate) fn is_time(&self) -> bool {
        self.contains == Contains::Time
    }
}

/// The series, added up from samples.
pub(crate) struct Series<T> {
    registry: Registry,
    shown: Shown,
    named: fn(&str) -> String,
    now: fn() -> SystemTime,
    /// The place of each series in `rows`; none of those that are too many.
    known: HashMap<(MetricId, TagSet), Option<usize>>,
    places: HashMap<(String, Labels), usize>,
    rows: Vec<Row<T>>,
    samples: u64,
    left_out: u64,
}

impl<T: Distribution> Series<T> {
    /// Without any series; metrics and labels get their names from a function.
    pub(crate) fn new(context: &OutputContext, named: fn(&str) -> String) -> Self {
        Self {
            registry: context.registry.clone(),
            shown: Shown::new(context),
            named,
            now: context.now,
            known: HashMap::new(),
            places: HashMap::new(),
            rows: Vec::new(),
            samples: 0,
            left_out: 0,
        }
    }

    pub(crate) fn add(&mut self, sample: &Sample) {
        let key = (sample.metric, sample.tags.clone());
        let place = match self.known.get(&key) {
            Some(place) => *place,
            None => self.place(key),
        };
        match place {
            Some(place) => {
                let row = &mut self.rows[place];
                let is_time = row.is_time();
                row.kept.add(sample.value, is_time);
                self.samples += 1;
            }
            None => self.left_out += 1,
        }
    }

    /// The place of a series that comes for the first time. Where two have the same names and labels once secrets are out of
    /// them, they are one.
    #[cold]
    fn place(&mut self, key: (MetricId, TagSet)) -> Option<usize> {
        if self.known.len() >= MOST {
            return None;
        }
        let metric = self.registry.get(key.0);
        let name = (self.named)(self.shown.text(&metric.name));
        let mut labels = Labels::new();
        for (tag, text) in key.1.iter().filter(|(_, text)| !text.is_empty()) {
            let tag = (self.named)(self.shown.text(tag));
            labels.push((tag, self.shown.text(text).to_owned()));
        }
        labels.sort();
        labels.dedup_by(|later, first| later.0 == first.0);
        let place = *self.places.entry((name.clone(), labels.clone())).or_insert(self.rows.len());
        if place == self.rows.len() {
            self.rows.push(Row { name, contains: metric.contains, labels, kept: Kept::new(metric.kind) });
        }
        self.known.insert(key, Some(place));
        Some(place)
    }

    /// All series, those that are older first.
    pub(crate) fn rows(&self) -> &[Row<T>] {
        &self.rows
    }

    /// How many samples they are made of.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// The time now.
    pub(crate) fn now(&self) -> SystemTime {
        (self.now)()
    }

    /// An error if samples are missing.
    pub(crate) fn complete(&self) -> io::Result<()> {
        match self.left_out {
            0 => Ok(()),
            count => Err(io::Error::other(format!(
                "{count} samples were left out: there are more than {MOST} series; give requests names, or leave out the \
                 tag url by --system-tags"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::output::Hide;

    fn series() -> (Series<Trend>, MetricId) {
        let registry = Registry::new();
        let metric = registry.define("sold", Kind::Counter, Contains::Default).unwrap();
        let context = OutputContext {
            registry,
            thresholds: Vec::new(),
            system_tags: Vec::new(),
            variables: BTreeMap::new(),
            now: || SystemTime::UNIX_EPOCH,
            hide: Hide(Arc::new(|text| text.contains("s3cret").then(|| "***".to_owned()))),
        };
        (Series::new(&context, |name| name.replace('-', "_")), metric)
    }

    fn sample(metric: MetricId, tags: &[(&str, &str)]) -> Sample {
        let tags = TagSet::from_pairs(tags.iter().copied());
        Sample { metric, tags, value: 1.0, at: Duration::ZERO }
    }

    #[test]
    fn what_nobody_can_tell_apart_is_one_series() {
        let (mut series, metric) = series();
        for tags in
            [&[("a-b", "x")][..], &[("a_b", "x")], &[("a-b", "x"), ("a_b", "x")], &[("a_b", "x"), ("c", "")]]
        {
            series.add(&sample(metric, tags));
        }
        series.add(&sample(metric, &[("token", "s3cret-1")]));
        series.add(&sample(metric, &[("token", "s3cret-2")]));
        let found: Vec<_> = series.rows().iter().map(|row| (row.labels.clone(), &row.kept)).collect();
        let label = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert!(
            matches!(found[0], (ref labels, Kept::Counter(4.0)) if *labels == label("a_b", "x")),
            "{found:?}"
        );
        assert!(
            matches!(found[1], (ref labels, Kept::Counter(2.0)) if *labels == label("token", "***")),
            "{found:?}"
        );
        assert_eq!((found.len(), series.samples()), (2, 6));
    }

    #[test]
    fn samples_of_too_many_series_are_left_out_and_said() {
        let (mut series, metric) = series();
        for user in 0..MOST + 3 {
            series.add(&sample(metric, &[("user", &user.to_string())]));
        }
        series.add(&sample(metric, &[("user", "0")]));
        assert_eq!((series.rows().len(), series.samples()), (MOST, MOST as u64 + 1));
        let problem = series.complete().unwrap_err().to_string();
        assert!(
            problem.starts_with("3 samples were left out: there are more than 50000 series"),
            "{problem}"
        );
    }
}
