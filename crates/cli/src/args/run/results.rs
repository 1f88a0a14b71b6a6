//! Result arguments set what a run records and shows.

use std::path::PathBuf;

use clap::Args;

use super::{FlagValues, Values};

/// What a run records and shows.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultArgs {
    /// Keep the record of the run in this folder [default for plans: a folder under results/]
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Replace the record of an earlier run in that folder
    #[arg(long)]
    pub force: bool,
    /// Do not record the run of a plan
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    /// Read what the target reports about itself every second: a Prometheus page, redis://, mysql://, postgres://, rabbitmq://, promql:URL,
    /// host, process:NAME, cgroup:PATH; plans try HOST/metrics unless off; repeatable
    #[arg(long = "observe", visible_alias = "target-metrics", value_name = "SOURCE")]
    pub target_metrics: Vec<String>,
    /// Chart this series of the target in the report and on the live page, such as inventory_stock_current; repeatable
    #[arg(long = "chart", value_name = "SERIES")]
    pub charts: Vec<String>,
    /// Also stream every sample to this output: json=FILE or csv=FILE in k6's forms, to FILE.gz compressed;
    /// prometheus=HOST:PORT for Prometheus to scrape, experimental-prometheus-rw=URL to Prometheus, influxdb=URL/DB to InfluxDB,
    /// opentelemetry=URL to a receiver of OTLP. Repeatable
    #[arg(short, long, value_name = "OUTPUT")]
    pub out: Vec<String>,
    /// Send a trace of each iteration, with a span for each request, to a receiver of OTLP:
    /// otel, or otel=URL,proto=http,header.NAME=VALUE; requests carry traceparent
    #[arg(long, value_name = "OUTPUT")]
    pub traces_output: Option<String>,
    /// The form of the summary: compact, full, legacy or disabled
    #[arg(long, value_name = "MODE")]
    pub summary_mode: Option<String>,
    /// Print no summary; same as --summary-mode disabled
    #[arg(long, conflicts_with = "summary_mode")]
    pub no_summary: bool,
    /// Also write the summary to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub summary_export: Option<PathBuf>,
    /// Use k6's newer JSON for --summary-export and handleSummary(): lists instead of keyed objects
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub new_machine_readable_summary: Option<String>,
    /// Statistics to show for trends, such as avg,med,p(99); repeatable
    #[arg(long, value_name = "STATS")]
    pub summary_trend_stats: Vec<String>,
    /// The unit for times: s, ms or us
    #[arg(long, value_name = "UNIT")]
    pub summary_time_unit: Option<String>,
    /// Do not evaluate thresholds
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_thresholds: Option<String>,
    /// A tag to add to every sample; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<String>,
    /// The system tags to add to samples, such as url,status,method; repeatable
    #[arg(long, value_name = "TAGS")]
    pub system_tags: Vec<String>,
    /// Write the script's console output to this file
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
