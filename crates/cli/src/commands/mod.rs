//! The commands, in one table.
//!
//! A new command is one file here, with its arguments and a `run` function, its `mod` line, and one row in the table:
//! clap's subcommand, its help and the call of `run` follow from the row. A command that outgrows its file becomes a
//! folder. (The `mod` line is not part of the row because rustfmt does not find modules that a macro declares.)

mod advise;
mod agent;
mod archive;
mod check;
mod cli;
mod compare;
mod completions;
mod demo;
mod doctor;
mod duet;
mod dynamodb;
mod find;
mod import;
mod inspect;
mod locust;
mod new;
mod render;
mod report;
mod run;
mod schema;
mod shop;
mod steering;
mod verify;
mod version;

use clap::Subcommand;

pub use self::cli::Cli;
use self::steering::{pause, resume, scale, stats, status};
use crate::context::Context;
use crate::exit::Failure;

macro_rules! commands {
    ($($(#[$help:meta])* $module:ident => $variant:ident($args:ident),)+) => {
        /// A command with its arguments.
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $($(#[$help])* $variant(Box<$module::$args>),)+
        }

        impl Command {
            /// The names of all commands, in the order of the help.
            #[cfg(test)]
            pub const NAMES: &[&str] = &[$(stringify!($module)),+];

            /// Runs the command.
            pub fn run(&self, context: &Context) -> Result<(), Failure> {
                match self {
                    $(Self::$variant(args) => $module::run(context, args),)+
                }
            }
        }
    };
}

commands! {
    /// Run a test: a k6 script or a YAML plan
    run => Run(RunArgs),
    /// Write a script to begin with
    new => New(NewArgs),
    /// Run each scenario of a script once, and show every request, answer, check and variable
    check => Check(CheckArgs),
    /// Put a script and all that it reads into one file that runs by itself
    archive => Archive(ArchiveArgs),
    /// Make a first script of a HAR file, an OpenAPI document, a Postman collection or commands of curl
    import => Import(ImportArgs),
    /// Run a Locust file with Locust's own command line
    locust => Locust(LocustArgs),
    /// Pause a run that was started with --address: no iteration starts until it is resumed
    pause => Pause(PauseArgs),
    /// Resume a run that is paused, or began paused
    resume => Resume(ResumeArgs),
    /// Set how many VUs loop, or the rate, of a run whose executor is set from outside
    scale => Scale(ScaleArgs),
    /// Print what a run that was started with --address is doing
    status => Status(StatusArgs),
    /// Print the metrics of a run that was started with --address
    stats => Stats(StatsArgs),
    /// Find the largest load at which promises hold, by search, with its 95% interval
    find => Find(FindArgs),
    /// Show the options a test would run with, as JSON, without running it
    inspect => Inspect(InspectArgs),
    /// Make a part of the load of a run that another process leads
    agent => Agent(AgentArgs),
    /// Write the manifests of a run on Kubernetes
    render => Render(RenderArgs),
    /// Make a report from a record: text, HTML, Markdown, JSON or JUnit
    report => Report(ReportArgs),
    /// Compare two records: what was judged of both, and what got better or worse
    compare => Compare(CompareArgs),
    /// Run a test at two variants at once, and compare them in pairs
    duet => Duet(DuetArgs),
    /// Summarize what to do about the results of a record, and what to ask support
    advise => Advise(AdviseArgs),
    /// Check that a record was not changed, and that its verdict follows from it
    verify => Verify(VerifyArgs),
    /// Serve the practice shop: a small web shop that saturates, queues and oversells like a real one
    shop => Shop(ShopArgs),
    /// Look for what would bend a run on this machine, and how to mend it
    doctor => Doctor(DoctorArgs),
    /// Run a flash sale against the practice shop, offline, in under a minute
    demo => Demo(DemoArgs),
    /// Run Prime Day on DynamoDB until its tables throttle; offline without AWS credentials
    dynamodb => Dynamodb(DynamodbArgs),
    /// Print the JSON Schema of plans or results, for editors and programs
    schema => Schema(SchemaArgs),
    /// Print a completion script for a shell
    completions => Completions(CompletionsArgs),
    /// Print the version and the platform
    version => Version(VersionArgs),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_table_is_what_clap_knows_and_every_command_has_its_help() {
        let known = Cli::command();
        let names: Vec<&str> = known.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, Command::NAMES);
        for command in known.get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            assert!(command.get_after_help().is_some(), "{} has examples", command.get_name());
        }
    }

    #[test]
    fn every_file_is_a_command() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let names = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
        let mut found: BTreeSet<String> = names.collect();
        for other in ["cli", "mod", "snapshots", "steering", "templates"] {
            assert!(found.remove(other), "{other}");
        }
        for steering in ["pause", "resume", "scale", "stats", "status"] {
            assert!(found.insert(steering.to_owned()), "{steering} is there twice");
        }
        assert_eq!(found, Command::NAMES.iter().map(|name| (*name).to_owned()).collect());
    }
}
