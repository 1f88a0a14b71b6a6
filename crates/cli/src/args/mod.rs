//! Arguments are the command line as typed; nothing here is checked beyond what clap checks.

mod absent;
mod advise;
mod compare;
mod dynamodb;
mod load;
mod network;
mod plan;
mod report;
mod results;
mod run;
mod schema;
mod script;
mod shop;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use self::absent::AbsentArgs;
pub use self::advise::AdviseArgs;
pub use self::compare::{CompareArgs, Difference};
pub use self::dynamodb::{
    CapacityArgs, ClientArgs, CustomerArgs, DynamodbArgs, DynamodbCommand, LocalArgs, ModeArgs, OrdersArg,
    PlaceArgs, SetupArgs, SizeArgs, TeardownArgs,
};
pub use self::load::LoadArgs;
pub use self::network::NetworkArgs;
pub use self::plan::PlanArgs;
pub use self::report::ReportArgs;
pub use self::results::ResultArgs;
pub use self::run::RunArgs;
pub use self::schema::{Form, SchemaArgs};
pub use self::script::ScriptArgs;
pub use self::shop::ShopArgs;

const EXAMPLES: &str = "\
Examples:
  flashcrowd demo                              a first look, offline, in under a minute
  flashcrowd run script.js                     run a k6 script with its own options
  flashcrowd run -u 50 -d 30s script.js        50 virtual users for 30 seconds
  flashcrowd run --record rec script.js        record everything that is measured
  flashcrowd report rec -o report.html         make a report from the record
  flashcrowd inspect script.js                 show what would run, without running it
  flashcrowd shop --lock none                  serve a practice shop that oversells
  flashcrowd dynamodb --demo                   Prime Day on DynamoDB, offline without AWS credentials

Exit codes are the same as in k6: 0 success, 99 a threshold or an expectation failed, 104 invalid
options, 107 the script threw an exception.";

/// A load tester for traffic peaks: runs k6 scripts and YAML plans against a server, and judges the results.
#[derive(Debug, Parser)]
#[command(name = "flashcrowd", version, max_term_width = 110, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// The commands; `commands/mod.rs` maps each one to what it runs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a test: a k6 script or a YAML plan
    Run(Box<RunArgs>),
    /// Show the options a test would run with, as JSON, without running it
    Inspect(InspectArgs),
    /// Make a report from a record: text, HTML, Markdown, JSON or JUnit
    Report(ReportArgs),
    /// Compare two records, and report which differences are more than noise
    Compare(CompareArgs),
    /// Summarize what to do about the results of a record, and what to ask support
    Advise(AdviseArgs),
    /// Serve the practice shop: a small web shop that saturates, queues and oversells like a real one
    Shop(ShopArgs),
    /// Run a flash sale against the practice shop, offline, in under a minute
    Demo(DemoArgs),
    /// Run Prime Day on DynamoDB until its tables throttle; offline without AWS credentials
    Dynamodb(Box<DynamodbArgs>),
    /// Print the JSON Schema of plans or results, for editors and programs
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Options of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct GlobalArgs {
    /// Hide the header and progress; results and errors are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also log debug messages
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Print without colours; the default if NO_COLOR is set or the output is not a terminal
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Language of the output: en or ko [default: from the locale]
    #[arg(long, value_name = "LANG", global = true)]
    pub lang: Option<String>,
    /// Format of log lines: text, json or raw (the message alone)
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Destination of log lines: stderr, stdout, none or file=PATH
    #[arg(long, value_name = "OUTPUT", global = true)]
    pub log_output: Option<String>,
}

/// `inspect`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd inspect script.js
  flashcrowd inspect --execution-requirements -e STAGE=peak script.js
  flashcrowd inspect --base baseline.yaml --host http://localhost:8080 soak.yaml")]
pub struct InspectArgs {
    /// The script (.js) or plan (.yaml), or - for a script on standard input
    #[arg(value_name = "TEST")]
    pub script: PathBuf,
    /// A JSON file with options, as in a script; the script's own options take precedence
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also show the scenarios, with the maximum number of virtual users and the maximum duration
    #[arg(long)]
    pub execution_requirements: bool,
    /// What completes or overrides the plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of its environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
}

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd demo
  flashcrowd demo --users 300 --lang ko
  flashcrowd demo --print-script > opening.js   the load as a k6 script, to edit and run")]
pub struct DemoArgs {
    /// Number of users who want the 100 items, 200 to 5000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(200..=5000))]
    pub users: u32,
    /// Keep the records of the three runs in DIR/none, DIR/mutex and DIR/atomic
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Print the k6 script that the demo runs, and exit
    #[arg(long)]
    pub print_script: bool,
}

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd completions bash > ~/.local/share/bash-completion/completions/flashcrowd
  flashcrowd completions fish > ~/.config/fish/completions/flashcrowd.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn help(path: &[&str]) -> String {
        let mut command = Cli::command().term_width(110);
        command.build();
        let command = path
            .iter()
            .fold(&mut command, |command, name| command.find_subcommand_mut(name).expect("the table has it"));
        command.render_long_help().to_string()
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_every_command() {
        insta::assert_snapshot!("help", help(&[]));
        for name in [
            "run",
            "inspect",
            "report",
            "compare",
            "advise",
            "shop",
            "demo",
            "dynamodb",
            "schema",
            "completions",
        ] {
            insta::assert_snapshot!(format!("help_{name}"), help(&[name]));
        }
        for name in ["setup", "capacity", "teardown"] {
            insta::assert_snapshot!(format!("help_dynamodb_{name}"), help(&["dynamodb", name]));
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for args in [
            &["run", "--duraton", "5s", "s.js"][..],
            &["run", "-u", "-d", "5s", "s.js"],
            &["run"],
            &["shop", "-c", "c.json"],
            &["demo", "--config", "c.json"],
            &["cloud", "s.js"],
        ] {
            let line = std::iter::once("flashcrowd").chain(args.iter().copied());
            assert!(Cli::try_parse_from(line).is_err(), "{args:?}");
        }
    }
}
