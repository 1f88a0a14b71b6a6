//! A draft is a finding whose figures are known and whose words are not.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::Lang;
use indexmap::IndexMap;

use super::kind::FindingText;

/// A finding whose figures are known and whose words are not.
#[derive(Debug)]
pub(crate) struct Draft(Finding);

impl Draft {
    pub(crate) fn new(id: &str, severity: Severity) -> Self {
        Self(Finding {
            id: id.to_owned(),
            severity,
            evidence: String::new(),
            remedy: String::new(),
            figures: IndexMap::new(),
            labels: IndexMap::new(),
        })
    }

    pub(crate) fn severity(self, severity: Severity) -> Self {
        Self(Finding { severity, ..self.0 })
    }

    pub(crate) fn figure(mut self, name: &str, value: f64) -> Self {
        self.0.figures.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn label(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.labels.insert(name.to_owned(), text.into());
        self
    }

    /// The finding in English, which is what records keep.
    pub(crate) fn finding(self, text: fn(Lang, &Finding) -> FindingText) -> Finding {
        let FindingText { evidence, remedies, .. } = text(Lang::En, &self.0);
        Finding { evidence, remedy: remedies.join(" "), ..self.0 }
    }
}

/// A figure of a finding, zero where a record does not have it.
pub(crate) fn figure(finding: &Finding, name: &str) -> f64 {
    finding.figures.get(name).copied().unwrap_or_default()
}

/// A label of a finding, empty where a record does not have it.
pub(crate) fn label<'a>(finding: &'a Finding, name: &str) -> &'a str {
    finding.labels.get(name).map_or("", String::as_str)
}

/// Whether a finding has that figure.
pub(crate) fn has(finding: &Finding, name: &str) -> bool {
    finding.figures.contains_key(name)
}
