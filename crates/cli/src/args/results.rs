//! Result arguments say what of a run is kept and shown.

use std::path::PathBuf;

use clap::Args;

use super::run::{FlagValues, Values};

/// What of a run is kept and shown.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultArgs {
    /// Keep the record of the run in this folder; a plan's is under results/ by default
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Keep no record of a plan's run
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    /// Read the target's Prometheus metrics there once a second, for the record; plans try HOST/metrics, unless off;
    /// repeatable
    #[arg(long, value_name = "URL")]
    pub target_metrics: Vec<String>,
    /// How much the summary tells: compact, full, legacy or disabled
    #[arg(long, value_name = "MODE")]
    pub summary_mode: Option<String>,
    /// Print no summary; the same as --summary-mode disabled
    #[arg(long, conflicts_with = "summary_mode")]
    pub no_summary: bool,
    /// Also write the summary to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub summary_export: Option<PathBuf>,
    /// Use k6's newer JSON for --summary-export and handleSummary(): lists instead of keyed objects
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub new_machine_readable_summary: Option<String>,
    /// The columns of timings, such as avg,med,p(99); repeatable
    #[arg(long, value_name = "STATS")]
    pub summary_trend_stats: Vec<String>,
    /// The unit of timings: s, ms or us
    #[arg(long, value_name = "UNIT")]
    pub summary_time_unit: Option<String>,
    /// Do not judge thresholds
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_thresholds: Option<String>,
    /// A tag that every sample carries; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<String>,
    /// The tags that flashcrowd itself puts on samples, such as url,status,method; repeatable
    #[arg(long, value_name = "TAGS")]
    pub system_tags: Vec<String>,
    /// Write what the script's console says to this file
    #[arg(long, value_name = "FILE")]
    pub console_output: Option<String>,
}

impl FlagValues for ResultArgs {
    fn collect(&self, values: &mut Values) {
        values.many("summaryTrendStats", &self.summary_trend_stats);
        values.one("summaryTimeUnit", self.summary_time_unit.as_ref());
        values.many("tags", &self.tag);
        values.many("systemTags", &self.system_tags);
        values.one("consoleOutput", self.console_output.as_ref());
    }
}
