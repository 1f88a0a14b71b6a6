//! A loaded test is a script that was read and checked: what will be run is known, and nothing has been sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use flashcrowd_engine::{Behaviour, Problem};
use flashcrowd_http::{Proxies, Shared, SystemTags};
use flashcrowd_k6::{Description, K6Behaviour, OptionLayer, Options, Program, Settings, describe};
use flashcrowd_metrics::{Registry, TagSet, View};
use flashcrowd_record::{Source, TestInfo};
use serde_json::Value;

use super::facts;
use super::front_end::FrontEnd;
use super::{Config, Script};
use crate::exit::Failure;
use crate::log::{Logger, ScriptLog};

/// A test that is ready to run.
pub struct Loaded {
    /// The script.
    pub program: Arc<Program>,
    /// What it exports.
    pub description: Description,
    /// Its options, resolved.
    pub options: Options,
    http: Arc<Shared>,
    info: TestInfo,
    log: Arc<ScriptLog>,
    is_built_in: bool,
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
        let http = http(&options)?;
        let info = facts::test(config);
        let is_built_in = matches!(config.script(), Script::BuiltIn { .. });
        Ok(Self { program, description, options, http, info, log: script_log, is_built_in })
    }

    /// Gives the script what it needs in order to run.
    pub fn settle(&self) -> Result<(), Failure> {
        let options = &self.options;
        if let Some(path) = options.console_output() {
            self.log.console_to(Path::new(path))?;
        }
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
            http: self.http.clone(),
            run_tags: TagSet::from_pairs(options.tags()),
            options: options.to_json(),
            setup_timeout: options.setup_timeout(),
            teardown_timeout: options.teardown_timeout(),
            handle_summary_timeout: options.handle_summary_timeout(),
        });
        Ok(())
    }

    /// Whether the script exports a function of that name.
    pub fn exports(&self, name: &str) -> bool {
        self.description.functions.iter().any(|function| function == name)
    }
}

impl FrontEnd for Loaded {
    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.program.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        K6Behaviour::new(self.program.clone())
    }

    fn http(&self) -> &Arc<Shared> {
        &self.http
    }

    fn info(&self) -> TestInfo {
        self.info.clone()
    }

    fn sources(&self) -> Vec<Source> {
        let texts = self.program.sources().into_iter();
        let mut sources: Vec<Source> = texts.map(|(path, text)| Source { path, text }).collect();
        sources.sort_by_key(|source| source.path != self.program.entry);
        sources
    }

    fn target_is_here(&self) -> bool {
        // What is built in is the demo, whose shop is in this process.
        self.is_built_in
    }

    fn views(&self) -> Vec<View> {
        self.program.views()
    }

    fn has_setup(&self) -> bool {
        self.exports("setup")
    }

    fn has_teardown(&self) -> bool {
        self.exports("teardown")
    }

    fn setup_data(&self) -> Option<Value> {
        self.program.setup_data().and_then(|json| serde_json::from_str(json).ok())
    }
}

/// How requests are sent, with the proxies of the environment.
pub fn http(options: &Options) -> Result<Arc<Shared>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Config(vec![error.to_string()]);
    let mut client = options.client_config();
    client.proxies = Proxies::from_env().map_err(|error| wrong(&error))?;
    client.build().map_err(|error| wrong(&error))
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

/// Whether a test can be read from there.
pub fn readable(path: &Path, full: &Path) -> Result<(), Failure> {
    let shown = path.display();
    match std::fs::metadata(full) {
        Ok(about) if about.is_dir() => {
            Err(anyhow::anyhow!("cannot run '{shown}': it is a folder, give the script in it").into())
        }
        Ok(_) => match path.extension().and_then(|extension| extension.to_str()) {
            Some("py") => {
                let text = "this version runs k6 scripts (.js) and plans (.yaml)";
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

/// Problems of options, told as one failure.
pub fn told(problems: &[Problem]) -> Failure {
    Failure::Config(problems.iter().map(ToString::to_string).collect())
}
