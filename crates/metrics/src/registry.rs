//! The registry holds all metrics of a test.

use std::sync::{Arc, RwLock};

use crate::builtin;
use crate::metric::{Contains, Kind, Metric, MetricId};

/// Why a metric could not be defined.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DefineError {
    /// The name breaks the rule for names.
    #[error(
        "invalid metric name: '{0}': a name starts with a letter or an underscore, continues with 1 to 128 letters, \
         digits or underscores"
    )]
    Name(String),
    /// The name is taken by a metric of another kind or unit.
    #[error("metric '{name}' already exists as a {have} metric and cannot also be a {want} metric")]
    Conflict {
        /// The name.
        name: String,
        /// What exists, such as `trend (time)`.
        have: String,
        /// What was asked for.
        want: String,
    },
}

/// All metrics of a test, the built-in ones first. Cloning shares the registry.
#[derive(Clone, Debug)]
pub struct Registry {
    metrics: Arc<RwLock<Vec<Metric>>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// A registry that holds the built-in metrics.
    pub fn new() -> Self {
        Self { metrics: Arc::new(RwLock::new(builtin::all())) }
    }

    /// Defines a metric, or finds the one that was defined with the same name, kind and unit.
    pub fn define(&self, name: &str, kind: Kind, contains: Contains) -> Result<MetricId, DefineError> {
        if !valid_name(name) {
            return Err(DefineError::Name(name.to_owned()));
        }
        let mut metrics = self.metrics.write().unwrap_or_else(|e| e.into_inner());
        if let Some(found) = metrics.iter().find(|m| &*m.name == name) {
            if found.kind == kind && found.contains == contains {
                return Ok(found.id);
            }
            return Err(DefineError::Conflict {
                name: name.to_owned(),
                have: describe(found.kind, found.contains),
                want: describe(kind, contains),
            });
        }
        let id = MetricId(u32::try_from(metrics.len()).expect("a test defines fewer than 2^32 metrics"));
        metrics.push(Metric { id, name: name.into(), kind, contains });
        Ok(id)
    }

    /// The metric of that name.
    pub fn find(&self, name: &str) -> Option<Metric> {
        self.read().iter().find(|m| &*m.name == name).cloned()
    }

    /// The metric with that id.
    pub fn get(&self, id: MetricId) -> Metric {
        self.read()[id.index()].clone()
    }

    /// All metrics in order of definition.
    pub fn all(&self) -> Vec<Metric> {
        self.read().clone()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Metric>> {
        self.metrics.read().unwrap_or_else(|e| e.into_inner())
    }
}

fn describe(kind: Kind, contains: Contains) -> String {
    match contains {
        Contains::Default => kind.to_string(),
        Contains::Time => format!("{kind} (time)"),
        Contains::Data => format!("{kind} (data)"),
    }
}

fn valid_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && (2..=129).contains(&name.len()) && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for (name, valid) in
            [("ab", true), ("_1", true), ("a", false), ("1a", false), ("a-b", false), ("", false)]
        {
            assert_eq!(valid_name(name), valid, "{name}");
        }
        assert!(valid_name(&"a".repeat(129)));
        assert!(!valid_name(&"a".repeat(130)));
    }

    #[test]
    fn the_same_definition_twice_is_one_metric() {
        let registry = Registry::new();
        let first = registry.define("my_trend", Kind::Trend, Contains::Time).unwrap();
        assert_eq!(registry.define("my_trend", Kind::Trend, Contains::Time), Ok(first));
        let error = registry.define("my_trend", Kind::Counter, Contains::Default).unwrap_err();
        assert_eq!(
            error.to_string(),
            "metric 'my_trend' already exists as a trend (time) metric and cannot also be a counter metric"
        );
    }
}
