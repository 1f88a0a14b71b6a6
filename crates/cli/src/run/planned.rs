//! A planned test is a YAML plan that was read and checked: what will be run is known, and nothing has been sent.

use std::path::Path;
use std::sync::Arc;

use flashcrowd_engine::Behaviour;
use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_k6::{OptionLayer, Options};
use flashcrowd_metrics::{Registry, TagSet};
use flashcrowd_plan::{PlanBehaviour, PlanSettings, Sources, TestPlan, read};
use flashcrowd_record::{Expected, Source, TestInfo};
use serde_json::{Map, json};

use super::front_end::FrontEnd;
use super::loaded::{http, readable, told};
use super::{Config, Script};
use crate::exit::Failure;
use crate::log::Logger;

/// Options of the load with their flags, which a plan orders itself.
const ORDERED: [(&str, &str); 4] =
    [("vus", "--vus"), ("duration", "--duration"), ("iterations", "--iterations"), ("stages", "--stage")];

/// A plan that is ready to run.
pub struct Planned {
    plan: Arc<TestPlan>,
    options: Options,
    registry: Registry,
    http: Arc<Shared>,
    info: TestInfo,
}

impl Planned {
    /// Reads and checks all plans of a file; everything that is wrong with them is told at once.
    pub fn load(config: &Config, log: &Logger) -> Result<Vec<Self>, Failure> {
        let Script::File(path) = config.script() else {
            return Err(anyhow::anyhow!("a plan is a file").into());
        };
        let here = std::env::current_dir().map_err(anyhow::Error::new)?;
        readable(path, &here.join(path))?;
        let plans = read(&Sources {
            file: path.clone(),
            text: None,
            base: config.plan().base.clone(),
            host: config.plan().host.clone(),
            env: config.script_env().clone(),
        });
        let given = config.given(&ORDERED).into_iter().map(|given| {
            format!("{given} has no place beside a plan, whose steps say how much is run: leave it out")
        });
        let mut problems: Vec<String> = given.collect();
        match plans {
            Ok(plans) if problems.is_empty() => {
                plans.into_iter().map(|plan| Self::settle(plan, path, config, log)).collect()
            }
            Ok(_) => Err(Failure::Config(problems)),
            Err(found) => {
                problems.extend(found.iter().map(ToString::to_string));
                Err(Failure::Config(problems))
            }
        }
    }

    fn settle(plan: TestPlan, path: &Path, config: &Config, log: &Logger) -> Result<Self, Failure> {
        let scenarios: Map<_, _> =
            plan.scenarios.iter().map(|scenario| (scenario.name.clone(), json!(scenario))).collect();
        let (layer, mut problems, _) = OptionLayer::from_json(&json!({ "scenarios": scenarios }));
        let resolved = Options::consolidate(&config.layers(layer)).map_err(|more| {
            problems.extend(more);
            told(&problems)
        })?;
        resolved.warnings.iter().for_each(|warning| log.warn(&warning.to_string()));
        let options = resolved.options;
        let http = http(&options)?;
        let info = TestInfo { name: plan.name.clone(), source: path.display().to_string() };
        Ok(Self { plan: Arc::new(plan), options, registry: Registry::new(), http, info })
    }
}

impl FrontEnd for Planned {
    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        let settings = PlanSettings {
            http: self.http.clone(),
            system_tags: SystemTags::new(self.options.system_tags().iter().cloned()),
            run_tags: TagSet::from_pairs(self.options.tags()),
            registry: self.registry.clone(),
        };
        PlanBehaviour::new(self.plan.clone(), settings)
    }

    fn http(&self) -> &Arc<Shared> {
        &self.http
    }

    fn info(&self) -> TestInfo {
        self.info.clone()
    }

    fn sources(&self) -> Vec<Source> {
        let texts = self.plan.sources.iter();
        texts.map(|(path, text)| Source { path: path.display().to_string(), text: text.clone() }).collect()
    }

    fn expected(&self) -> Vec<Expected> {
        let expected = self.plan.expected.iter();
        expected.map(|one| Expected { name: one.name.clone(), target: one.target.clone() }).collect()
    }

    fn plan(&self) -> Option<&TestPlan> {
        Some(&self.plan)
    }
}
