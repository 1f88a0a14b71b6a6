//! A duet as a test: the same test, loaded once for each variant.

use std::sync::Arc;

use flashcrowd_engine::{Behaviour, ScenarioConfig};
use flashcrowd_http::Shared;
use flashcrowd_metrics::{Builtin, Registry, View as MetricView};
use flashcrowd_record::{DuetAnswer, Expected, Results, Source, TestInfo, TimelineLine};
use flashcrowd_test::{LoadError, Options, TargetMetrics, Test};
use serde_json::Value;

use crate::pair_behaviour::PairBehaviour;
use crate::pair_vu::VARIANT;
use crate::shared_trial::SharedTrial;

/// The view of metrics by variant, for the record.
const VARIANTS: &str = "variants";

/// Why two tests are no duet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DuetError {
    /// They have other metrics.
    #[error("the test defines other metrics at b than at a ({0}): a duet runs the same test at both")]
    Metrics(String),
    /// They have other scenarios.
    #[error("the test has other scenarios at b than at a ({0}): a duet runs the same test at both")]
    Scenarios(String),
}

/// The same test at both variants.
pub struct Duet {
    a: Box<dyn Test>,
    b: Box<dyn Test>,
    trial: Arc<SharedTrial>,
    target: String,
}

impl Duet {
    /// Of the same test, loaded for A and for B.
    pub fn new(
        [a, b]: [Box<dyn Test>; 2],
        trial: Arc<SharedTrial>,
        target: String,
    ) -> Result<Self, DuetError> {
        let metrics = |test: &dyn Test| test.registry().all();
        let (of_a, of_b) = (metrics(a.as_ref()), metrics(b.as_ref()));
        let other = of_a.iter().zip(&of_b).find(|(a, b)| (&a.name, a.kind) != (&b.name, b.kind));
        let missing = of_a.get(of_b.len()).or(of_b.get(of_a.len()));
        if let Some(metric) = other.map(|(a, _)| a).or(missing) {
            return Err(DuetError::Metrics(metric.name.to_string()));
        }
        let scenarios = |test: &dyn Test| test.scenarios().to_vec();
        let (of_a, of_b) = (scenarios(a.as_ref()), scenarios(b.as_ref()));
        if of_a != of_b {
            let other = of_a.iter().zip(&of_b).find(|(a, b)| a != b).map(|(a, _)| a.name.clone());
            return Err(DuetError::Scenarios(other.unwrap_or_default()));
        }
        Ok(Self { a, b, trial, target })
    }
}

impl Test for Duet {
    fn info(&self) -> TestInfo {
        self.a.info()
    }

    fn options(&self) -> &Options {
        self.a.options()
    }

    fn registry(&self) -> &Registry {
        self.a.registry()
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        let variants = [self.a.behaviour(), self.b.behaviour()];
        Arc::new(PairBehaviour { variants, trial: self.trial.clone() })
    }

    fn prepare(&self) -> Result<(), LoadError> {
        self.a.prepare()?;
        self.b.prepare()
    }

    fn http(&self) -> Option<&Arc<Shared>> {
        self.a.http()
    }

    fn sources(&self) -> Vec<Source> {
        self.a.sources()
    }

    fn scenarios(&self) -> &[ScenarioConfig] {
        self.a.scenarios()
    }

    fn has_setup(&self) -> bool {
        self.a.has_setup()
    }

    fn has_teardown(&self) -> bool {
        self.a.has_teardown()
    }

    fn setup_data(&self) -> Option<Value> {
        self.a.setup_data()
    }

    /// What the test itself promises is of one target; a duet promises that B is not worse than A.
    fn expected(&self) -> Vec<Expected> {
        let margin = self.trial.with(|trial| trial.margin());
        vec![Expected { name: "duet".to_owned(), target: format!("<= {}%", margin * 100.0) }]
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn target(&self) -> Option<String> {
        Some(self.target.clone())
    }

    fn target_metrics(&self) -> TargetMetrics {
        TargetMetrics::default()
    }

    fn views(&self) -> Vec<MetricView> {
        let mut views = self.a.views();
        views.push(MetricView {
            name: VARIANTS,
            metrics: vec![Builtin::HTTP_REQS, Builtin::HTTP_REQ_FAILED, Builtin::HTTP_REQ_DURATION],
            tags: vec![VARIANT],
        });
        views
    }

    fn complete(&self, results: &mut Results, timeline: &[TimelineLine]) {
        self.a.complete(results, timeline);
        let duet = self.trial.with(|trial| trial.result());
        debug_assert!(duet.answer != DuetAnswer::Unknown || duet.obstacle.is_some());
        results.duet = Some(duet);
    }
}
