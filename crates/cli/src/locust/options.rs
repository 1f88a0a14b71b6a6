//! What has to be known of Locust's command line before Python reads it.

use std::path::{Path, PathBuf};

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
