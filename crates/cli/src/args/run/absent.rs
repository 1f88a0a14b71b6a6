//! Absent arguments are k6 flags for features that are not supported; each is rejected, with an alternative.

use clap::Args;

/// k6 flags that are parsed only in order to reject them.
#[derive(Debug, Default, Args)]
pub struct AbsentArgs {
    /// Refused: the file extension determines the type
    #[arg(short = 't', long = "type", hide = true, value_name = "TYPE")]
    pub kind: Option<String>,
    /// Accepted for compatibility with k6; every script runs as in its extended mode
    #[arg(long, hide = true, value_name = "MODE")]
    pub compatibility_mode: Option<String>,
    /// Refused: feature flags are not supported
    #[arg(long, hide = true, value_name = "FEATURES")]
    pub features: Vec<String>,
    /// Refused: profiling is not supported
    #[arg(long, hide = true, value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub profiling_enabled: Option<String>,
}

impl AbsentArgs {
    /// One sentence for each flag that was given.
    pub fn problems(&self) -> Vec<String> {
        let on = |switch: &Option<String>| switch.as_ref().is_some_and(|value| value != "false");
        let given = [
            (self.kind.is_some(), TYPE),
            (
                self.compatibility_mode.as_deref().is_some_and(|mode| !MODES.contains(&mode)),
                COMPATIBILITY_MODE,
            ),
            (!self.features.is_empty(), FEATURES),
            (on(&self.profiling_enabled), PROFILING_ENABLED),
        ];
        given.into_iter().filter(|(given, _)| *given).map(|(_, problem)| problem.to_owned()).collect()
    }
}

const TYPE: &str = "--type: the file extension determines the type: an archive ends with .tar";
/// k6's modes, which make no difference: the extended one has what the base one has.
const MODES: [&str; 3] = ["base", "extended", "experimental_enhanced"];
const COMPATIBILITY_MODE: &str =
    "--compatibility-mode: unknown mode: use base or extended; every script runs as in k6's extended mode";
const FEATURES: &str = "--features: feature flags are not supported: remove the flag";
const PROFILING_ENABLED: &str =
    "--profiling-enabled: profiling is not supported: use a profiler such as perf";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::commands::{Cli, Command};

    fn problems(flags: &str) -> Vec<String> {
        let line = format!("flashcrowd run {flags} s.js");
        let Command::Run(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("no run: {line}")
        };
        args.absent.problems()
    }

    #[test]
    fn each_flag_is_refused_by_its_name() {
        for (flags, name) in [
            ("--type archive", "--type: "),
            ("-t js", "--type: "),
            ("--compatibility-mode strict", "--compatibility-mode: "),
            ("--features a,b", "--features: "),
            ("--profiling-enabled", "--profiling-enabled: "),
        ] {
            let problems = problems(flags);
            assert!(problems.len() == 1 && problems[0].starts_with(name), "{flags}: {problems:?}");
        }
    }

    #[test]
    fn what_is_switched_off_is_fine() {
        assert_eq!(problems("--profiling-enabled=false --compatibility-mode base"), Vec::<String>::new());
    }
}
