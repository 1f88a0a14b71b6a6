//! The command line as typed: a command, and the options of every command.

use clap::Parser;

use super::Command;
use crate::args::GlobalArgs;

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

Exit codes have the numbers of k6: 0 nothing that was promised was missed, 99 the verdict is fail,
104 invalid options, 107 the script threw an exception. See the help of run for all of them.";

/// A load tester for traffic peaks: runs k6 scripts and YAML plans against a server, and judges the results.
#[derive(Debug, Parser)]
#[command(name = "flashcrowd", version, max_term_width = 110, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print the licences of everything that this program is made of, and exit
    #[arg(long)]
    pub licenses: bool,
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
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
        for name in Command::NAMES {
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
