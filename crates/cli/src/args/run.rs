//! Run arguments are the flags of `run`; those that are options of the test are collected under their names.

use std::path::PathBuf;

use clap::Args;

use super::{AbsentArgs, LoadArgs, NetworkArgs, PlanArgs, ResultArgs, ScriptArgs};

const EXAMPLES: &str = "\
Examples:
  flashcrowd run script.js
  flashcrowd run -u 100 -d 1m script.js                  100 virtual users for a minute
  flashcrowd run -s 30s:500 -s 2m:500 -s 30s:0 script.js ramp up, hold, ramp down
  flashcrowd run -e BASE_URL=http://localhost:8080 --tag build=42 script.js
  flashcrowd run --record results/black-friday script.js keep everything that was measured
  cat script.js | flashcrowd run -
  flashcrowd run plan.yaml --host http://localhost:8080  a plan, judged by what it expects
  flashcrowd run soak.yaml --base baseline.yaml          a plan that takes its requests from another

Options come, the later over the earlier, from --config, the script, the environment (K6_VUS, and
FLASHCROWD_VUS over it) and these flags.";

/// `run`
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The script (.js) or plan (.yaml), or - for a script on standard input
    #[arg(value_name = "TEST")]
    pub script: PathBuf,
    /// A JSON file with options, in the shape of a script's; the script's own win over it
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much is run.
    #[command(flatten)]
    pub load: LoadArgs,
    /// What the plan leaves open.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of the environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
    /// How the life cycle goes.
    #[command(flatten)]
    pub cycle: CycleArgs,
    /// How requests are sent.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is kept and shown.
    #[command(flatten)]
    pub results: ResultArgs,
    /// What is not there.
    #[command(flatten)]
    pub absent: AbsentArgs,
}

/// How a run goes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct CycleArgs {
    /// Leave setup() out
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_setup: Option<String>,
    /// Leave teardown() out
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_teardown: Option<String>,
    /// Let a failed request throw instead of answering with an error
    #[arg(short = 'w', long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub throw: Option<String>,
    /// Worker threads; one for each core by default
    #[arg(long, value_name = "N")]
    pub workers: Option<String>,
    /// Accepted for k6's sake: nothing is ever reported to anyone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub no_usage_report: Option<String>,
}

/// Option values as typed, by the option's name in scripts.
#[derive(Debug, Default)]
pub struct Values {
    entries: Vec<(&'static str, Vec<String>)>,
}

/// Flags that are options of the test.
pub trait FlagValues {
    /// Adds those that were given.
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

    /// All that were given.
    pub fn entries(&self) -> &[(&'static str, Vec<String>)] {
        &self.entries
    }
}

impl RunArgs {
    /// The options of the test that were given as flags.
    pub fn values(&self) -> Values {
        let mut values = Values::default();
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
