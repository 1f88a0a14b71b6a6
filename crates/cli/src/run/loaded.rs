//! A loaded test is a script that was read and checked: what will be run is known, and nothing has been sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use flashcrowd_engine::{Problem, TestConfig, ThresholdSpec};
use flashcrowd_http::{Proxies, SystemTags};
use flashcrowd_k6::{Description, OptionLayer, Options, Program, Settings, describe};
use flashcrowd_metrics::{Builtin, Plan, Registry, Selector, SinkKey, TagSet, View};
use flashcrowd_report::SummaryMode;

use super::{Config, Script};
use crate::exit::Failure;
use crate::log::{Logger, ScriptLog};

/// The sub-metric that every summary shows.
const EXPECTED: &str = "http_req_duration{expected_response:true}";

/// A test that is ready to run.
pub struct Loaded {
    /// The script.
    pub program: Arc<Program>,
    /// What it exports.
    pub description: Description,
    /// Its options, resolved.
    pub options: Options,
    log: Arc<ScriptLog>,
}

impl Loaded {
    /// Reads and checks a test; everything that is wrong with it is told at once.
    pub fn load(config: &Config, log: &Logger) -> Result<Self, Failure> {
        let (path, text) = script(config.script())?;
        let env = config.script_env().clone();
        let script_log = Arc::new(ScriptLog::new(log.clone()));
        let program = Arc::new(Program::new(&path, text, env, Registry::new(), script_log.clone()));
        let description = match describe(&program) {
            Ok(description) => description,
            Err(_) if program.aborted().is_some() => {
                return Err(Failure::Aborted(program.aborted().unwrap_or_default().to_owned()));
            }
            Err(error) => return Err(Failure::Script(error.text)),
        };
        if description.functions.is_empty() {
            let text = "no exported functions in script: write export default function () { ... }";
            return Err(anyhow::anyhow!(text).into());
        }
        let options = options(config, &program.registry, &description, log)?;
        Ok(Self { program, description, options, log: script_log })
    }

    /// Gives the script what it needs in order to run.
    pub fn settle(&self) -> Result<(), Failure> {
        let options = &self.options;
        if let Some(path) = options.console_output() {
            self.log.console_to(Path::new(path))?;
        }
        let wrong = |error: &dyn std::fmt::Display| Failure::Config(vec![error.to_string()]);
        let mut client = options.client_config();
        client.proxies = Proxies::from_env().map_err(|error| wrong(&error))?;
        self.program.set_settings(Settings {
            system_tags: SystemTags::new(options.system_tags().iter().cloned()),
            throw: options.throw(),
            discard_response_bodies: options.discard_response_bodies(),
            max_redirects: options.max_redirects(),
            batch: options.batch(),
            batch_per_host: options.batch_per_host(),
            no_cookies_reset: options.no_cookies_reset(),
            no_vu_connection_reuse: options.no_vu_connection_reuse(),
            rps: options.rps(),
            http_debug: options.http_debug(),
            http: client.build().map_err(|error| wrong(&error))?,
            run_tags: self.run_tags(),
            options: options.to_json(),
            setup_timeout: options.setup_timeout(),
            teardown_timeout: options.teardown_timeout(),
            handle_summary_timeout: options.handle_summary_timeout(),
        });
        Ok(())
    }

    /// The engine's side of the test.
    pub fn test(&self, config: &Config) -> TestConfig {
        let (plan, thresholds) = self.plan(config);
        let mut test = TestConfig::new(self.options.scenarios().to_vec(), Arc::new(plan));
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        test.workers = config.workers().map_or_else(cores, std::num::NonZero::get);
        test.share = self.options.share().clone();
        test.thresholds = thresholds;
        test.no_setup = self.options.no_setup() || !self.exports("setup");
        test.no_teardown = self.options.no_teardown() || !self.exports("teardown");
        test.min_iteration_duration = self.options.min_iteration_duration().unwrap_or_default();
        test.run_tags = self.run_tags();
        test.tag_scenarios = self.options.system_tags().iter().any(|tag| tag == "scenario");
        test
    }

    /// Whether the script exports a function of that name.
    pub fn exports(&self, name: &str) -> bool {
        self.description.functions.iter().any(|function| function == name)
    }

    fn run_tags(&self) -> TagSet {
        TagSet::from_pairs(self.options.tags())
    }

    /// What is kept of the samples, and what is asked of it.
    fn plan(&self, config: &Config) -> (Plan, Vec<ThresholdSpec>) {
        let registry = &self.program.registry;
        let mut plan = Plan::new(registry.clone());
        let mut specs = Vec::new();
        for threshold in self.options.thresholds() {
            let Some(metric) = registry.find(&threshold.selector.metric) else { continue };
            let key = match threshold.selector.tags.is_empty() {
                true => SinkKey::Metric(metric.id),
                false => SinkKey::Sub(plan.add_sub(&threshold.name, &metric, threshold.selector.clone())),
            };
            let thresholds = if config.no_thresholds() { Vec::new() } else { threshold.thresholds.clone() };
            specs.push(ThresholdSpec { metric: threshold.name.clone(), key, thresholds });
        }
        if let Ok(selector) = Selector::parse(EXPECTED) {
            plan.add_sub(EXPECTED, &registry.get(Builtin::HTTP_REQ_DURATION), selector);
        }
        plan.views = views(config.summary());
        (plan, specs)
    }
}

/// The ways in which metrics are split for the record and the full summary.
fn views(mode: SummaryMode) -> Vec<View> {
    let mut views = vec![View {
        name: "requests",
        metrics: vec![Builtin::HTTP_REQS, Builtin::HTTP_REQ_FAILED, Builtin::HTTP_REQ_DURATION],
        tags: vec!["scenario", "group", "name", "method", "status", "error_code"],
    }];
    if mode == SummaryMode::Full {
        views.push(View { name: "groups", metrics: Vec::new(), tags: vec!["group"] });
        views.push(View { name: "scenarios", metrics: Vec::new(), tags: vec!["scenario"] });
    }
    views
}

/// The script's path, and its text where that does not come from a file.
fn script(script: &Script) -> Result<(PathBuf, Option<String>), Failure> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    match script {
        Script::Stdin => {
            let text =
                std::io::read_to_string(std::io::stdin()).context("cannot read the script from stdin")?;
            Ok((here.join("-"), Some(text)))
        }
        Script::BuiltIn { name, text } => Ok((here.join(name), Some((*text).to_owned()))),
        Script::File(path) => {
            let full = here.join(path);
            readable(path, &full)?;
            Ok((full, None))
        }
    }
}

fn readable(path: &Path, full: &Path) -> Result<(), Failure> {
    let shown = path.display();
    match std::fs::metadata(full) {
        Ok(about) if about.is_dir() => {
            Err(anyhow::anyhow!("cannot run '{shown}': it is a folder, give the script in it").into())
        }
        Ok(_) => match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml" | "py") => {
                let text = "this version runs k6 scripts (.js) only";
                Err(anyhow::anyhow!("cannot run '{shown}': {text}").into())
            }
            _ => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(anyhow::anyhow!("cannot run '{shown}': no such file").into())
        }
        Err(error) => Err(anyhow::anyhow!("cannot run '{shown}': {error}").into()),
    }
}

fn options(
    config: &Config,
    registry: &Registry,
    description: &Description,
    log: &Logger,
) -> Result<Options, Failure> {
    let (layer, mut problems, warnings) = OptionLayer::from_json(&description.options);
    warnings.iter().for_each(|warning| log.warn(&warning.to_string()));
    let resolved = Options::consolidate(&config.layers(layer)).map_err(|more| {
        problems.extend(more);
        told(&problems)
    })?;
    resolved.warnings.iter().for_each(|warning| log.warn(&warning.to_string()));
    problems.extend(resolved.options.check_thresholds(registry));
    problems.extend(resolved.options.check_exports(&description.functions));
    if problems.is_empty() { Ok(resolved.options) } else { Err(told(&problems)) }
}

fn told(problems: &[Problem]) -> Failure {
    Failure::Config(problems.iter().map(ToString::to_string).collect())
}
