//! Arguments are the command line as it was typed; nothing here is checked further than clap does.

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
  flashcrowd demo                              see what this is about, offline, in under a minute
  flashcrowd run script.js                     run a k6 script as it says itself
  flashcrowd run -u 50 -d 30s script.js        50 virtual users for half a minute
  flashcrowd run --record rec script.js        keep everything that was measured
  flashcrowd report rec -o report.html         make a report of it
  flashcrowd inspect script.js                 what would be run, without running it
  flashcrowd shop --lock none                  a shop to practise on, one that oversells
  flashcrowd dynamodb --demo                   Prime Day on DynamoDB, offline without AWS credentials

Exit codes are those of k6: 0 fine, 99 a threshold or an expectation failed, 104 wrong options, 107 the script threw.";

/// Rehearses the rush before it arrives: runs k6 scripts and YAML plans against a server and judges what it sees.
#[derive(Debug, Parser)]
#[command(name = "flashcrowd", version, max_term_width = 110, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// The commands; `commands/mod.rs` says what each of them runs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a test: a k6 script or a YAML plan
    Run(Box<RunArgs>),
    /// Show the options a test would run with, as JSON, without running it
    Inspect(InspectArgs),
    /// Make a report of a record: for the terminal, as a page, for a pull request or a build server
    Report(ReportArgs),
    /// Put two records side by side, and say which differences are more than noise
    Compare(CompareArgs),
    /// Say in a few words what to do about what a record shows, and what to ask support
    Advise(AdviseArgs),
    /// Serve the practice shop: a small web shop that saturates, queues and oversells like a real one
    Shop(ShopArgs),
    /// Run a flash sale against the practice shop, offline, in under a minute
    Demo(DemoArgs),
    /// Run Prime Day on DynamoDB: read products and write orders until tables throttle; offline by default
    Dynamodb(Box<DynamodbArgs>),
    /// Print the JSON Schema of plans or results, for editors and programs
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// What every command understands.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Talk")]
pub struct GlobalArgs {
    /// Show no header and no progress; the result and errors are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also log what is only of use when something is wrong
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Print without colours (so do NO_COLOR, and output that is no terminal)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Language of what is printed for people: en or ko; the locale's by default
    #[arg(long, value_name = "LANG", global = true)]
    pub lang: Option<String>,
    /// How a log line looks: text, json or raw (the message alone)
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Where log lines go: stderr, stdout, none or file=PATH
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
    /// A JSON file with options, in the shape of a script's; the script's own win over it
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also work out the scenarios, with the most virtual users and the longest time they need
    #[arg(long)]
    pub execution_requirements: bool,
    /// What the plan leaves open.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of the environment
    #[command(flatten)]
    pub environment: ScriptArgs,
}

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd demo
  flashcrowd demo --users 300 --lang ko
  flashcrowd demo --print-script > opening.js   the crowd as a k6 script, to change and to run")]
pub struct DemoArgs {
    /// How many users want the 100 items: 200 to 5000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(200..=5000))]
    pub users: u32,
    /// Keep the records of the three runs in this folder: DIR/none, DIR/mutex and DIR/atomic
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Print the k6 script that the demo runs, and run nothing
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
