//! Locust's command line is taken as it is: `-s`, `-t` and `-u` mean Locust's there, before any option is read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::args::GlobalArgs;
use crate::commands::{Cli, Command, LocustArgs};

/// The command for `locust ...`, and for `run FILE.py ...`, where the file decides whose options follow; none otherwise.
pub fn command_line(args: impl Iterator<Item = OsString>) -> Option<Cli> {
    let args: Vec<String> = args.skip(1).map(|one| one.to_string_lossy().into_owned()).collect();
    let args = match args.as_slice() {
        [command, rest @ ..] if command == "locust" => rest.to_vec(),
        [command, file, rest @ ..] if command == "run" && is_locusts(file) => {
            let named = ["-f".to_owned(), file.clone()];
            named.into_iter().chain(rest.iter().cloned()).collect()
        }
        _ => return None,
    };
    let command = Command::Locust(Box::new(LocustArgs { args }));
    Some(Cli { command, global: GlobalArgs::default() })
}

/// Whether Locust would read it: a Python file, a folder of them, or the name of one without its ending.
fn is_locusts(file: &str) -> bool {
    let path = Path::new(file);
    path.extension().is_some_and(|ending| ending == "py")
        || path.is_dir()
        || (!file.starts_with('-') && path.extension().is_none() && path.with_extension("py").is_file())
}

/// The value of an option in a command line, by its names; the last one counts.
pub(super) fn value_of(args: &[String], names: &[&str]) -> Option<String> {
    let mut found = None;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        for name in names {
            let joined = arg.strip_prefix(name).filter(|value| !value.is_empty());
            let value = match joined {
                Some(value) if name.starts_with("--") => value.strip_prefix('=').map(str::to_owned),
                Some(value) if !arg.starts_with("--") => Some(value.to_owned()),
                None if arg == name => rest.clone().next().cloned(),
                _ => None,
            };
            found = value.or(found);
        }
    }
    found
}

/// The folder of the file that is named first.
pub(super) fn folder_of(args: &[String]) -> PathBuf {
    let file = value_of(args, &["-f", "--locustfile"]).unwrap_or_else(|| "locustfile.py".to_owned());
    let file = file.split(',').next().unwrap_or_default().trim();
    let path = std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file));
    match path.is_dir() {
        true => path,
        false => path.parent().map(Path::to_owned).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_file_decides_whose_options_follow() {
        let of = |text: &str| {
            let cli = command_line(std::iter::once("flashcrowd").chain(text.split(' ')).map(OsString::from))?;
            match cli.command {
                Command::Locust(locust) => Some(locust.args.join(" ")),
                _ => None,
            }
        };
        assert_eq!(of("locust -s 3 -t 5s").as_deref(), Some("-s 3 -t 5s"));
        assert_eq!(of("run a.py -s 3").as_deref(), Some("-f a.py -s 3"));
        assert_eq!(of("run script.js -s 10s:5"), None);
        assert_eq!(of("inspect a.py"), None);
    }

    #[test]
    fn values_are_found_in_all_forms() {
        for (text, value) in [
            ("-f a.py", Some("a.py")),
            ("-fa.py -u 1", Some("a.py")),
            ("--locustfile=a.py", Some("a.py")),
            ("--locustfile a.py -f b.py", Some("b.py")),
            ("-u 1", None),
        ] {
            assert_eq!(value_of(&args(text), &["-f", "--locustfile"]).as_deref(), value, "{text}");
        }
    }
}
