//! The front end of YAML plans: each plan of a file becomes a test.

use std::sync::Arc;

use flashcrowd_engine::Behaviour;
use flashcrowd_http::Shared;
use flashcrowd_metrics::Registry;
use flashcrowd_record::{Expected, Source, TestInfo};
use flashcrowd_test::{
    Audits, FindSettings, FrontEnd, LoadError, Log, OptionLayer, Options, Origin, Problem, Request, Stocks,
    TargetMetrics, Test,
};
use futures_util::future::LocalBoxFuture;

use crate::audit::read_stocks;
use crate::behaviour::{PlanBehaviour, PlanSettings};
use crate::model::{self, TestPlan};
use crate::read::{Sources, read};

/// Options that say how much is run, with their flags; the steps of a plan say that themselves.
const ORDERED: [(&str, &str); 4] =
    [("vus", "--vus"), ("duration", "--duration"), ("iterations", "--iterations"), ("stages", "--stage")];

/// Reads YAML plans.
#[derive(Clone, Copy, Debug)]
pub struct Plans;

impl FrontEnd for Plans {
    fn name(&self) -> &'static str {
        "plan"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["yaml", "yml"]
    }

    fn flags(&self) -> &'static [&'static str] {
        &["--host", "--base", "--no-record"]
    }

    fn load(&self, request: &Request) -> Result<Vec<Box<dyn Test>>, LoadError> {
        let Origin::File(path) = &request.origin else {
            return Err(LoadError::Other("a plan is a file".to_owned()));
        };
        request.file()?;
        let plans = read(&Sources {
            file: path.clone(),
            text: None,
            base: request.base.clone(),
            host: request.host.clone(),
            arrivals: request.layers.cli.arrivals.or(request.layers.env.arrivals),
            env: request.env.clone(),
        });
        let given = request.layers.given(&ORDERED).into_iter().map(|given| {
            Problem::new(format!(
                "{given} has no place beside a plan, whose steps say how much is run: leave it out"
            ))
        });
        let mut problems: Vec<Problem> = given.collect();
        match plans {
            Ok(plans) if problems.is_empty() => {
                plans.into_iter().map(|plan| Ok(Box::new(Planned::new(plan, request)?) as _)).collect()
            }
            Ok(_) => Err(LoadError::Problems(problems)),
            Err(found) => {
                problems.extend(found);
                Err(LoadError::Problems(problems))
            }
        }
    }
}

/// A plan that is loaded and checked.
pub struct Planned {
    plan: Arc<TestPlan>,
    options: Options,
    registry: Registry,
    http: Arc<Shared>,
    info: TestInfo,
    log: Arc<dyn Log>,
}

impl Planned {
    /// A plan with the options that were given around it.
    pub fn new(plan: TestPlan, request: &Request) -> Result<Self, LoadError> {
        let own = OptionLayer {
            seed: plan.seed,
            no_resend: (!plan.resend).then_some(true),
            ..OptionLayer::of_scenarios(plan.scenarios.clone())
        };
        let options = request.options(own).map_err(LoadError::Problems)?;
        let http = options.client_with(request.origin_override.clone())?;
        let info = TestInfo { name: plan.name.clone(), source: request.origin.to_string() };
        let (plan, log) = (Arc::new(plan), request.log.clone());
        Ok(Self { plan, options, registry: Registry::new(), http, info, log })
    }
}

impl Test for Planned {
    fn info(&self) -> TestInfo {
        self.info.clone()
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        let settings = PlanSettings {
            http: self.http.clone(),
            system_tags: self.options.system_tag_set(),
            run_tags: self.options.run_tags(),
            registry: self.registry.clone(),
            log: self.log.clone(),
        };
        PlanBehaviour::new(self.plan.clone(), settings)
    }

    fn http(&self) -> Option<&Arc<Shared>> {
        Some(&self.http)
    }

    fn sources(&self) -> Vec<Source> {
        let texts = self.plan.sources.iter();
        texts.map(|(path, text)| Source { path: path.display().to_string(), text: text.clone() }).collect()
    }

    fn expected(&self) -> Vec<Expected> {
        let expected = self.plan.expected.iter();
        expected.map(|one| Expected { name: one.name.clone(), target: one.target.clone() }).collect()
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn target(&self) -> Option<String> {
        Some(self.plan.host.clone())
    }

    fn target_metrics(&self) -> TargetMetrics {
        let host = &self.plan.host;
        let usual = || ["/metrics", "/actuator/prometheus"].map(|path| format!("{host}{path}")).into();
        match &self.plan.metrics {
            model::TargetMetrics::Off => TargetMetrics::default(),
            model::TargetMetrics::At(at) if at.iter().any(|source| source.starts_with("http")) => {
                TargetMetrics { at: at.clone(), tried: Vec::new() }
            }
            model::TargetMetrics::At(at) => TargetMetrics { at: at.clone(), tried: usual() },
            model::TargetMetrics::Auto => TargetMetrics { at: Vec::new(), tried: usual() },
        }
    }

    fn charts(&self) -> Vec<String> {
        self.plan.charts.clone()
    }

    fn audits(&self) -> Option<&dyn Audits> {
        (!self.plan.audits.is_empty()).then_some(self)
    }

    fn find(&self) -> FindSettings {
        self.plan.find.clone()
    }

    fn stops_at_breaking_point(&self) -> bool {
        self.plan.stop_at_breaking_point
    }
}

impl Audits for Planned {
    fn stocks(&self) -> Vec<(String, String)> {
        let audits = self.plan.audits.iter();
        audits.map(|audit| (audit.name.clone(), PlanBehaviour::sold_metric(&audit.name))).collect()
    }

    fn read(&self) -> LocalBoxFuture<'_, Stocks> {
        Box::pin(read_stocks(&self.plan, &self.http))
    }
}
