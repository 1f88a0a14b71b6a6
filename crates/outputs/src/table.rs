//! The table of outputs.

use crate::json::JSON;
use crate::output::{Output, OutputContext, OutputError, OutputKind};

/// All kinds of outputs.
pub static OUTPUTS: &[OutputKind] = &[JSON];

/// The kind that `NAME=ARGUMENT` asks for.
pub fn find(spec: &str) -> Result<&'static OutputKind, OutputError> {
    let name = spec.split_once('=').map_or(spec, |(name, _)| name);
    OUTPUTS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let examples: Vec<&str> = OUTPUTS.iter().map(|kind| kind.example).collect();
        OutputError::new(spec, format!("there is no output '{name}': use {}", examples.join(" or ")))
    })
}

/// Opens the output that `NAME=ARGUMENT` asks for.
pub fn open(spec: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let argument = spec.split_once('=').map_or("", |(_, argument)| argument);
    (find(spec)?.open)(spec, argument, context)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_documented_and_found_by_its_example() {
        let mut names = HashSet::new();
        for kind in OUTPUTS {
            assert!(names.insert(kind.name), "{} is there twice", kind.name);
            assert!(!kind.help.is_empty() && !kind.help.ends_with('.'), "{kind:?}");
            assert_eq!(find(kind.example).unwrap().name, kind.name);
        }
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_known_ones() {
        assert_eq!(
            find("influx=http://x").unwrap_err().to_string(),
            "--out influx=http://x: there is no output 'influx': use json=samples.json"
        );
    }
}
