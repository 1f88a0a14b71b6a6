//! Load arguments set how much is run and for how long.

use clap::Args;

use super::{FlagValues, Values};

/// How much is run and for how long; the first four, but for `--vus` alone, replace all scenarios of the script.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Number of virtual users; on its own, each runs one iteration
    #[arg(short = 'u', long, value_name = "N", allow_negative_numbers = true)]
    pub vus: Option<String>,
    /// How long to run, such as 30s, 1m30s or 2h
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    pub duration: Option<String>,
    /// Total number of iterations, shared by the virtual users
    #[arg(short, long, value_name = "N", allow_negative_numbers = true)]
    pub iterations: Option<String>,
    /// One stage of a ramp, such as 30s:100; repeatable
    #[arg(short, long, value_name = "TIME:VUS", allow_hyphen_values = true)]
    pub stage: Vec<String>,
    /// How iterations that start at a rate are spread in time: even, poisson or 'bursts of 20'
    /// [default: poisson in plans, even in scripts]
    #[arg(long, value_name = "PROCESS")]
    pub arrivals: Option<String>,
    /// What random arrivals, and the order in a duet, are drawn with, to repeat a run [default: random; shown and recorded]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub seed: Option<String>,
    /// The share of the test that this process runs, such as 1/4:1/2
    #[arg(long, value_name = "FROM:TO")]
    pub execution_segment: Option<String>,
    /// How the test is split over all processes, such as 0,1/4,1/2,1
    #[arg(long, value_name = "CUTS")]
    pub execution_segment_sequence: Option<String>,
    /// Minimum duration of every iteration
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub min_iteration_duration: Option<String>,
    /// Begin paused, until the run is resumed on its page or by its REST API
    #[arg(short, long)]
    pub paused: bool,
}

impl FlagValues for LoadArgs {
    fn collect(&self, values: &mut Values) {
        values.one("vus", self.vus.as_ref());
        values.one("iterations", self.iterations.as_ref());
        values.many("stages", &self.stage);
        values.one("arrivals", self.arrivals.as_ref());
        values.one("seed", self.seed.as_ref());
        values.one("executionSegment", self.execution_segment.as_ref());
        values.one("executionSegmentSequence", self.execution_segment_sequence.as_ref());
        values.one("minIterationDuration", self.min_iteration_duration.as_ref());
        values.switch("paused", self.paused);
    }
}
