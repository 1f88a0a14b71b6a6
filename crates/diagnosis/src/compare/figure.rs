//! A figure is what is compared of two records: one number of each, with its standard error.

use flashcrowd_metrics::names::{self, metric};

use super::estimate::{Error, Estimate, Ratio, percentile, ratio, share};
use super::frame::Frame;
use super::histogram::Histogram;

/// What says how a run went.
const HEADLINES: [&str; 14] = [
    metric::HTTP_REQS,
    "http_req_duration avg",
    "http_req_duration med",
    "http_req_duration p(95)",
    "http_req_duration p(99)",
    metric::HTTP_REQ_FAILED,
    metric::ITERATIONS,
    metric::CHECKS,
    names::dynamodb::FAILED,
    "dynamodb_call_duration med",
    "dynamodb_call_duration p(95)",
    "throttle rate",
    "calls given up",
    "back-off per iteration",
];

/// One figure of both records.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) family: Family,
    pub(super) worse: Worse,
    /// A smaller difference does not matter.
    pub(super) floor: f64,
    /// Its own standard deviation between runs on machines that differ, beside that of the run as a whole, relative to it.
    pub(super) scatter: f64,
    /// Whether it is a share in per cent, so that differences are points.
    pub(super) is_share: bool,
    pub(super) estimates: [Option<Estimate>; 2],
}

/// Which figures share their part of the chance to be wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// The few that say how a run went.
    Headline,
    /// Those of single requests.
    Request,
    /// Those of steps.
    Step,
    /// All others.
    #[default]
    Detail,
}

/// Which way a figure becomes worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Worse {
    More,
    Less,
    #[default]
    Neither,
}

impl Figure {
    pub(super) fn new(name: impl Into<String>, unit: &'static str, worse: Worse) -> Self {
        let name = name.into();
        let floor = match unit {
            "ms" | "%" | "/s" => 0.1,
            "cores" => 0.05,
            _ => 0.0,
        };
        let is_headline = HEADLINES.contains(&name.as_str());
        let family = if is_headline { Family::Headline } else { Family::Detail };
        Self { name, unit, family, worse, floor, ..Self::default() }
    }

    /// The ratio of two sums over the seconds of a frame, times a factor.
    pub(super) fn ratio(mut self, frame: &Frame<'_>, scale: f64, of: [Ratio<'_>; 2]) -> Self {
        self.estimates = [0, 1].map(|at| Some(ratio(&frame.sides[at], of[at])?.times(scale)));
        self
    }

    /// The share of events that are of one kind, in per cent.
    pub(super) fn share(mut self, frame: &Frame<'_>, of: Ratio<'_>) -> Self {
        self.is_share = true;
        self.estimates = frame.sides.each_ref().map(|batches| Some(share(batches, of)?.times(100.0)));
        self
    }

    /// A percentile of times.
    pub(super) fn percentile(mut self, frame: &Frame<'_>, times: &[Vec<Histogram>; 2], percent: f64) -> Self {
        self.estimates = [0, 1].map(|at| percentile(&frame.sides[at], &times[at], percent));
        self
    }

    /// With the exact numbers of the whole runs, if the frame is all of both.
    pub(super) fn exactly(mut self, frame: &Frame<'_>, whole: [Option<f64>; 2]) -> Self {
        for (estimate, exact) in self.estimates.iter_mut().zip(whole).filter(|_| frame.is_whole) {
            if let (Some(estimate), Some(exact)) = (estimate, exact.filter(|exact| exact.is_finite())) {
                let scale = if estimate.value > 0.0 && exact > 0.0 { exact / estimate.value } else { 1.0 };
                *estimate = Estimate { value: exact, ..estimate.times(scale) };
            }
        }
        self
    }

    pub(super) fn scatter(self, scatter: f64) -> Self {
        Self { scatter, ..self }
    }

    pub(super) fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    pub(super) fn family(self, family: Family) -> Self {
        Self { family, ..self }
    }

    pub(super) fn is_known(&self) -> bool {
        self.estimates.iter().all(Option::is_some)
    }
}

impl Estimate {
    pub(super) fn times(self, scale: f64) -> Self {
        let error = self.error.map(|error| Error { deviation: error.deviation * scale, ..error });
        Self { value: self.value * scale, swing: self.swing * scale, error }
    }
}
