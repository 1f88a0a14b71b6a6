//! What is expected of a run, as plans list it: `response_time_p99: < 500ms`.

use flashcrowd_diagnosis::{Expectation, ExpectationError, Needs};

use super::reader::{Reader, suggestion};
use crate::yaml::{Content, Entry, Node};

/// What expectations can be about.
pub(crate) struct Known<'p> {
    /// The names of all requests.
    pub(crate) calls: Vec<&'p str>,
    /// How many steps there are; zero where that is not known.
    pub(crate) steps: usize,
    /// How many of them have more load than all before.
    pub(crate) growing: usize,
    /// Whether a request has checks.
    pub(crate) has_checks: bool,
    /// Whether stocks are counted.
    pub(crate) has_audit: bool,
    /// Whether the target's own metrics are read.
    pub(crate) has_metrics: bool,
    /// Whether it is another test that is judged, of which nothing is known.
    pub(crate) is_elsewhere: bool,
}

impl Known<'_> {
    /// Of another test than the plan's own.
    pub(crate) fn elsewhere() -> Self {
        let (calls, steps, growing) = (Vec::new(), 0, 0);
        Self {
            calls,
            steps,
            growing,
            has_checks: true,
            has_audit: true,
            has_metrics: true,
            is_elsewhere: true,
        }
    }

    /// Why an expectation cannot be measured in a run of this plan, and what to do about it.
    fn lacks(&self, needs: Needs, name: &str) -> Option<String> {
        let growing = self.growing;
        let lack = match needs {
            _ if self.is_elsewhere => return None,
            Needs::Checks if !self.has_checks => {
                "needs a request with checks: write 'checks:' below one, such as '- status: 200'".to_owned()
            }
            Needs::GrowingSteps if self.steps > 0 && growing < 2 => {
                format!(
                    "needs at least two steps, each with more load than all before: this plan has {growing}"
                )
            }
            Needs::TargetMetrics if !self.has_metrics => {
                "is measured by the target's own metrics: leave 'metrics: off' out".to_owned()
            }
            Needs::Audit if !self.has_audit => "needs a stock that is counted: write 'audit:'".to_owned(),
            Needs::DynamoDb => "needs DynamoDB, which plans do not call: write 'error_rate'".to_owned(),
            Needs::Duet => {
                "needs two variants: leave it out, and run 'flashcrowd duet PLAN --a URL --b URL'".to_owned()
            }
            _ => return None,
        };
        Some(format!("'{name}' {lack}"))
    }
}

impl Reader<'_> {
    /// Expectations as a list or as an object.
    pub(crate) fn expected(&mut self, node: &Node, known: &Known<'_>) -> Vec<Expectation> {
        let mut all = Vec::new();
        match &node.content {
            Content::Map(entries) => self.expect_all(entries, known, &mut all),
            Content::List(items) => {
                for item in items {
                    match item.map() {
                        Some(entries) => self.expect_all(entries, known, &mut all),
                        None => {
                            let message = format!(
                                "{} is no expectation: write one such as 'error_rate: < 1%'",
                                item.told()
                            );
                            self.wrong(item.place, message);
                        }
                    }
                }
            }
            Content::Scalar(_) => {
                let message = format!(
                    "{} is no list of expectations: write '- error_rate: < 1%' on the next line",
                    node.told()
                );
                self.wrong(node.place, message);
            }
        }
        all
    }

    fn expect_all(&mut self, entries: &[Entry], known: &Known<'_>, all: &mut Vec<Expectation>) {
        for entry in entries {
            // A name that is unknown is told even where its target is missing.
            let target = if entry.value.is_null() { None } else { self.text(&entry.value, "target") };
            match Expectation::parse(&entry.name, target.as_deref().unwrap_or_default()) {
                Ok(expectation) if target.is_some() => {
                    self.check_scope(entry, known);
                    if let Some(message) = known.lacks(expectation.needs(), entry.name.trim()) {
                        self.wrong(entry.place, message);
                    }
                    all.push(expectation);
                }
                Err(ExpectationError::Name(message)) => self.wrong(entry.place, message),
                Err(ExpectationError::Target(message)) if target.is_some() => {
                    self.wrong(entry.value.place, message)
                }
                Ok(_) | Err(_) if entry.value.is_null() => {
                    self.wrong(
                        entry.place,
                        format!("'{}' is empty: write what it has to be, such as '< 1%' or true", entry.name),
                    );
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Reports a request or a step that an expectation is about and that is not there.
    fn check_scope(&mut self, entry: &Entry, known: &Known<'_>) {
        let name = entry.name.trim();
        let (name, step) = match name.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
            Some((name, step)) => {
                (name.trim(), step.trim().trim_start_matches("step").trim().parse::<usize>().ok())
            }
            None => (name, None),
        };
        if let Some(step) = step.filter(|step| known.steps > 0 && *step > known.steps) {
            let message = format!("there is no step {step}: the plan has {}", known.steps);
            self.wrong(entry.place, message);
        }
        let request = name.split_once('{').and_then(|(_, request)| request.strip_suffix('}')).map(str::trim);
        let Some(request) = request.filter(|_| !known.is_elsewhere) else { return };
        if known.calls.iter().all(|call| *call != request) {
            let near = suggestion(request, known.calls.iter().copied());
            let message = format!(
                "nothing asks for '{request}': write the name of a request as it stands in the plan{near}"
            );
            self.wrong(entry.place, message);
        }
    }
}
