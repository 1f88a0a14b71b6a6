//! The environment is the variables of this process; `FLASHCROWD_X` takes precedence over `K6_X`.

use std::collections::BTreeMap;

/// Prefixes, by precedence.
const PREFIXES: [&str; 2] = ["FLASHCROWD_", "K6_"];

/// All variables.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process; invalid UTF-8 is replaced.
    pub fn of_process() -> Self {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        Self(std::env::vars_os().map(|(key, value)| (text(key), text(value))).collect())
    }

    /// All variables.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// A variable by its full name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A setting by its name without prefix: the variable's full name and its value, unless that is empty.
    pub fn setting(&self, name: &str) -> Option<(String, &str)> {
        PREFIXES.iter().map(|prefix| format!("{prefix}{name}")).find_map(|full| {
            let value = self.get(&full)?;
            Some((full, value))
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

/// A flag that is on or off, or the environment's word for it.
pub fn switch(
    flag: &str,
    typed: Option<&str>,
    environment: &Environment,
    default: bool,
    problems: &mut Vec<String>,
) -> bool {
    let name = flag.trim_start_matches('-').replace('-', "_").to_uppercase();
    let typed = typed.map(|value| (flag.to_owned(), value));
    match typed.or_else(|| environment.setting(&name)) {
        None => default,
        Some((_, "true" | "1" | "t" | "T" | "TRUE" | "True")) => true,
        Some((_, "false" | "0" | "f" | "F" | "FALSE" | "False")) => false,
        Some((name, value)) => {
            problems.push(format!("{name} is '{value}': use true or false"));
            default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_take_precedence_and_empty_is_unset() {
        let environment =
            Environment::from([("K6_A", "1"), ("FLASHCROWD_A", "2"), ("K6_B", "3"), ("FLASHCROWD_B", "")]);
        assert_eq!(environment.setting("A"), Some(("FLASHCROWD_A".to_owned(), "2")));
        assert_eq!(environment.setting("B"), Some(("K6_B".to_owned(), "3")));
        assert_eq!(environment.setting("C"), None);
    }
}
