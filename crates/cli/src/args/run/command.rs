//! Run arguments are the flags of `run`; those that set options of the test are collected under the option's name.

use std::path::PathBuf;

use clap::Args;

use super::{AbsentArgs, ClusterArgs, LiveArgs, LoadArgs, PlanArgs, ResultArgs};
use crate::args::verdicts::with_verdicts;
use crate::args::{ModuleArgs, NetworkArgs, ScriptArgs};

const EXAMPLES: &str = "\
Examples:
  flashcrowd run script.js
  flashcrowd run -u 100 -d 1m script.js                  100 virtual users for one minute
  flashcrowd run -s 30s:500 -s 2m:500 -s 30s:0 script.js ramp up, hold, ramp down
  flashcrowd run -e BASE_URL=http://localhost:8080 --tag build=42 script.js
  flashcrowd run --record results/black-friday script.js record everything that is measured
  flashcrowd run --web script.js                         watch it in a browser, at http://127.0.0.1:5665
  cat script.js | flashcrowd run -
  flashcrowd run plan.yaml --host http://localhost:8080  a plan, judged by its expectations
  flashcrowd run soak.yaml --base baseline.yaml          a plan with the requests of another plan

Options are read from --config, the script, the environment (FLASHCROWD_VUS takes precedence over
K6_VUS) and these flags. Later sources override earlier ones.";

/// `run`
#[derive(Debug, Default, Args)]
#[command(after_help = with_verdicts(EXAMPLES, |_| true))]
pub struct RunArgs {
    /// The script (.js) or plan (.yaml), or - for a script on standard input
    #[arg(value_name = "TEST")]
    pub script: PathBuf,
    /// A JSON file with options, as in a script; the script's own options take precedence
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much is run.
    #[command(flatten)]
    pub load: LoadArgs,
    /// What completes or overrides the plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of its environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
    /// Where the script's modules come from.
    #[command(flatten)]
    pub modules: ModuleArgs,
    /// Which parts of the life cycle run.
    #[command(flatten)]
    pub cycle: CycleArgs,
    /// How requests are sent.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is recorded and shown.
    #[command(flatten)]
    pub results: ResultArgs,
    /// Which processes make the load.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Where it can be watched.
    #[command(flatten)]
    pub live: LiveArgs,
    /// What is not supported.
    #[command(flatten)]
    pub absent: AbsentArgs,
}

/// Which parts of the life cycle run, and how.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct CycleArgs {
    /// Do not run setup()
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_setup: Option<String>,
    /// Do not run teardown()
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_teardown: Option<String>,
    /// Go on when the target never answers, instead of ending the run after five seconds of that
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_fail_fast: Option<String>,
    /// Throw an exception when a request fails, instead of returning a response with an error
    #[arg(short = 'w', long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub throw: Option<String>,
    /// Number of worker threads [default: one per CPU core]
    #[arg(long, value_name = "N")]
    pub workers: Option<String>,
    /// Accepted for compatibility with k6; usage is never reported
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_usage_report: Option<String>,
}

/// Option values as typed, by the name of the option in scripts.
#[derive(Debug, Default)]
pub struct Values {
    entries: Vec<(&'static str, Vec<String>)>,
}

/// Flags that set options of the test.
pub trait FlagValues {
    /// Adds the flags that were given.
    fn collect(&self, values: &mut Values);
}

impl Values {
    /// Adds a flag that may be given once.
    pub fn one(&mut self, option: &'static str, value: Option<&String>) {
        self.entries.extend(value.map(|value| (option, vec![value.clone()])));
    }

    /// Adds a flag that may be repeated.
    pub fn many(&mut self, option: &'static str, values: &[String]) {
        if !values.is_empty() {
            self.entries.push((option, values.to_vec()));
        }
    }

    /// Adds a flag without a value.
    pub fn switch(&mut self, option: &'static str, on: bool) {
        if on {
            self.entries.push((option, vec!["true".to_owned()]));
        }
    }

    /// All flags that were given.
    pub fn entries(&self) -> &[(&'static str, Vec<String>)] {
        &self.entries
    }
}

impl RunArgs {
    /// The options of the test that were given as flags, with this duration.
    pub fn values(&self, duration: Option<&str>) -> Values {
        let mut values = Values::default();
        values.one("duration", duration.map(str::to_owned).as_ref());
        let groups: [&dyn FlagValues; 4] = [&self.load, &self.cycle, &self.network, &self.results];
        for group in groups {
            group.collect(&mut values);
        }
        values
    }
}

impl FlagValues for CycleArgs {
    fn collect(&self, values: &mut Values) {
        values.one("noSetup", self.no_setup.as_ref());
        values.one("noTeardown", self.no_teardown.as_ref());
        values.one("throw", self.throw.as_ref());
    }
}
