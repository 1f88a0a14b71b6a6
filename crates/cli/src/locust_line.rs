//! Locust's command line is taken as it is: `-s`, `-t` and `-u` mean Locust's there, before any option is read.

use std::ffi::OsString;
use std::path::Path;

use crate::args::{GlobalArgs, LocustArgs};
use crate::commands::{Cli, Command};

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
    Some(Cli { command, global: GlobalArgs::default(), licenses: false })
}

/// Whether Locust would read it: a Python file, a folder of them, or the name of one without its ending.
fn is_locusts(file: &str) -> bool {
    let path = Path::new(file);
    path.extension().is_some_and(|ending| ending == "py")
        || is_folder_of_them(path)
        || (!file.starts_with('-') && path.extension().is_none() && path.with_extension("py").is_file())
}

fn is_folder_of_them(path: &Path) -> bool {
    let files = std::fs::read_dir(path).into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|file| file.extension().is_some_and(|ending| ending == "py"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
