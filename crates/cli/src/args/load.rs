//! Load arguments say how much is run and for how long.

use clap::Args;

use super::run::{FlagValues, Values};

/// How much is run and for how long; any of these but `--vus` replaces all scenarios of the script.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Virtual users; alone, each of them runs one iteration
    #[arg(short = 'u', long, value_name = "N", allow_negative_numbers = true)]
    pub vus: Option<String>,
    /// Run for this long, such as 30s, 1m30s or 2h
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    pub duration: Option<String>,
    /// Iterations in all, shared by the virtual users
    #[arg(short, long, value_name = "N", allow_negative_numbers = true)]
    pub iterations: Option<String>,
    /// One step of a ramp, such as 30s:100; repeatable
    #[arg(short, long, value_name = "TIME:VUS", allow_hyphen_values = true)]
    pub stage: Vec<String>,
    /// The share of the test that this process runs, such as 1/4:1/2
    #[arg(long, value_name = "FROM:TO")]
    pub execution_segment: Option<String>,
    /// How all processes together cut the test, such as 0,1/4,1/2,1
    #[arg(long, value_name = "CUTS")]
    pub execution_segment_sequence: Option<String>,
    /// Let every iteration take at least this long
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub min_iteration_duration: Option<String>,
    /// Refused: there is nothing that could resume a paused test
    #[arg(short, long, hide = true)]
    pub paused: bool,
}

impl FlagValues for LoadArgs {
    fn collect(&self, values: &mut Values) {
        values.one("vus", self.vus.as_ref());
        values.one("duration", self.duration.as_ref());
        values.one("iterations", self.iterations.as_ref());
        values.many("stages", &self.stage);
        values.one("executionSegment", self.execution_segment.as_ref());
        values.one("executionSegmentSequence", self.execution_segment_sequence.as_ref());
        values.one("minIterationDuration", self.min_iteration_duration.as_ref());
        values.switch("paused", self.paused);
    }
}
