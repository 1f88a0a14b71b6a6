//! The table of outputs.

use crate::csv::CSV;
use crate::influxdb::INFLUXDB;
use crate::json::JSON;
use crate::opentelemetry::OPENTELEMETRY;
use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::remote_write::REMOTE_WRITE;
use crate::scrape::PROMETHEUS;

/// All kinds of outputs.
pub static OUTPUTS: &[OutputKind] = &[JSON, CSV, REMOTE_WRITE, PROMETHEUS, OPENTELEMETRY, INFLUXDB];

/// The kind that `NAME=ARGUMENT` asks for.
pub fn find(spec: &str) -> Result<&'static OutputKind, OutputError> {
    let name = spec.split_once('=').map_or(spec, |(name, _)| name);
    OUTPUTS.iter().find(|kind| kind.name == name || kind.also.contains(&name)).ok_or_else(|| {
        let examples: Vec<&str> = OUTPUTS.iter().map(|kind| kind.example).collect();
        OutputError::new(spec, format!("there is no output '{name}': use {}", examples.join(" or ")))
    })
}

/// What is wrong with outputs that are asked for in these words, before anything is opened.
pub fn check(specs: &[String]) -> Vec<OutputError> {
    let wrong = |(at, spec): (usize, &String)| {
        if specs[..at].contains(spec) {
            return Some(OutputError::new(spec, "this output is there twice"));
        }
        match find(spec) {
            Err(error) => Some(error),
            Ok(kind) if argument(spec).is_empty() && kind.needs_argument => {
                Some(OutputError::new(spec, format!("say where to, as in {}", kind.example)))
            }
            Ok(_) => None,
        }
    };
    specs.iter().enumerate().filter_map(wrong).collect()
}

/// Opens the output that `NAME=ARGUMENT` asks for.
pub fn open(spec: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    (find(spec)?.open)(spec, argument(spec), context)
}

fn argument(spec: &str) -> &str {
    spec.split_once('=').map_or("", |(_, argument)| argument)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_documented_and_found_by_its_example() {
        let mut names = HashSet::new();
        for kind in OUTPUTS {
            for name in kind.also.iter().chain([&kind.name]) {
                assert!(names.insert(*name), "{name} is there twice");
                assert_eq!(find(name).unwrap().name, kind.name);
            }
            assert!(!kind.help.is_empty() && !kind.help.ends_with('.'), "{kind:?}");
            assert_eq!(find(kind.example).unwrap().name, kind.name);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_found_before_anything_is_opened() {
        let specs = ["json=a", "json", "json=", "json=b", "json=a", "graphite=x"].map(str::to_owned);
        let found: Vec<String> = check(&specs).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "--out json: say where to, as in json=samples.json",
                "--out json=: say where to, as in json=samples.json",
                "--out json=a: this output is there twice",
                "--out graphite=x: there is no output 'graphite': use json=samples.json or csv=samples.csv or \
                 experimental-prometheus-rw or prometheus=127.0.0.1:5656 or opentelemetry or influxdb=http://localhost:8086/k6",
            ]
        );
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_known_ones() {
        assert_eq!(
            find("graphite=http://x").unwrap_err().to_string(),
            "--out graphite=http://x: there is no output 'graphite': use json=samples.json or csv=samples.csv or \
             experimental-prometheus-rw or prometheus=127.0.0.1:5656 or opentelemetry or influxdb=http://localhost:8086/k6"
        );
    }
}
