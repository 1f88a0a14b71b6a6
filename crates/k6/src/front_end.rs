//! The front end of k6 scripts: a script becomes a test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flashcrowd_engine::Behaviour;
use flashcrowd_http::Shared;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_modules::{Archive, LARGEST_SOURCE, Sources, name_of, normalise, text_of};
use flashcrowd_record::{Results, Source, TestInfo, TimelineLine};
use flashcrowd_test::{
    FrontEnd, Interrupt, LoadError, Log, OptionLayer, Options, Origin, Problem, Request, SummaryFiles, Test,
};
use serde_json::Value;

use crate::behaviour::K6Behaviour;
use crate::load::{collect, describe, handle_summary};
use crate::machine::Description;
use crate::modules;
use crate::program::{Program, read_whole};
use crate::settings::Settings;

/// Reads k6 scripts.
#[derive(Clone, Copy, Debug)]
pub struct K6;

impl FrontEnd for K6 {
    fn name(&self) -> &'static str {
        "script"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["js", "mjs", "cjs", "ts", "mts", "cts", "tar"]
    }

    fn load(&self, request: &Request) -> Result<Vec<Box<dyn Test>>, LoadError> {
        Ok(vec![Box::new(Script::load(request)?)])
    }
}

/// A script that is loaded and checked.
pub struct Script {
    program: Arc<Program>,
    description: Description,
    options: Options,
    http: Arc<Shared>,
    info: TestInfo,
    interrupt: Interrupt,
    log: Arc<dyn Log>,
}

impl Script {
    /// Runs the script's top level once, and checks its options.
    pub fn load(request: &Request) -> Result<Self, LoadError> {
        let (path, text) = text(request)?;
        let log = request.log.clone();
        let archive = archive(&path, request)?;
        let mut env = archive.as_ref().map(|archive| archive.env.clone()).unwrap_or_default();
        env.extend(request.env.clone());
        let archived_options = archive.as_ref().map(|archive| archive.options.clone());
        let sources = match archive {
            Some(archive) => Ok(Sources::archived(archive, modules::BUILTIN)),
            None => {
                let entry = name_of(&normalise(&path));
                Sources::new(entry, text, modules::BUILTIN, request.remote.clone())
            }
        };
        let sources = sources.map_err(|error| LoadError::Script(error.to_string()))?;
        let limit = request.layers.init_timeout();
        let mut program = Program::new(sources, env, Registry::new(), limit, log.clone());
        log.secrets().note(request.secrets.values());
        program.secrets = request.secrets.clone();
        let program = Arc::new(program);
        let loaded =
            collect(&program, &request.interrupt).and_then(|()| describe(&program, &request.interrupt));
        let mut description = match loaded {
            Ok(description) => description,
            Err(error) => {
                return Err(match program.aborted() {
                    Some(message) => LoadError::Aborted(message.to_owned()),
                    None if error.interrupted => LoadError::Interrupted,
                    None => LoadError::Script(error.text),
                });
            }
        };
        program.sources.finish().iter().for_each(|warning| request.warn(warning));
        missing_names(&program).iter().for_each(|warning| request.warn(warning));
        if description.functions.is_empty() {
            let text = "no exported functions in script: write export default function () { ... }";
            return Err(LoadError::Other(text.to_owned()));
        }
        if let Some(options) = archived_options.filter(Value::is_object) {
            description.options = options;
        }
        let options = options(request, &program.registry, &description)?;
        let http = options.client_with(request.origin_override.clone())?;
        let info = TestInfo { name: request.origin.stem(), source: request.origin.to_string() };
        let interrupt = request.interrupt.clone();
        Ok(Self { program, description, options, http, info, interrupt, log })
    }

    fn exports(&self, name: &str) -> bool {
        self.description.functions.iter().any(|function| function == name)
    }
}

impl Test for Script {
    fn info(&self) -> TestInfo {
        self.info.clone()
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.program.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        K6Behaviour::new(self.program.clone())
    }

    fn prepare(&self) -> Result<(), LoadError> {
        if let Some(path) = self.options.console_output() {
            let opened = self.log.console_to(Path::new(path));
            opened.map_err(|error| LoadError::Other(format!("cannot write the log to {path}: {error}")))?;
        }
        self.program.set_settings(Settings::of(&self.options, self.http.clone()));
        Ok(())
    }

    fn http(&self) -> Option<&Arc<Shared>> {
        Some(&self.http)
    }

    fn sources(&self) -> Vec<Source> {
        let texts = self.program.sources.texts().into_iter();
        let mut sources: Vec<Source> = texts.map(|(path, text)| Source { path, text }).collect();
        sources.sort_by_key(|source| source.path != self.program.entry);
        sources
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

    fn take_setup_data(&self, data: Option<Value>) {
        self.program.take_setup_data(data.map(|data| data.to_string()));
    }

    fn archive(&self, env: &BTreeMap<String, String>) -> Option<Result<Vec<u8>, String>> {
        let mut files: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
        for (name, text) in self.program.sources.texts() {
            files.insert(name, Arc::from(text.into_bytes()));
        }
        for (path, bytes) in self.program.opened() {
            files.insert(name_of(&path), bytes);
        }
        let entry = self.program.entry.clone();
        let archive =
            Archive { entry, options: without_nulls(self.options.to_json()), env: env.clone(), files };
        Some(archive.write().map_err(|error| error.to_string()))
    }

    fn views(&self) -> Vec<View> {
        self.program.views()
    }

    fn complete(&self, results: &mut Results, timeline: &[TimelineLine]) {
        results.capacity = self.program.dynamodb.capacity(results, timeline);
    }

    fn makes_summary(&self) -> bool {
        self.exports("handleSummary")
    }

    fn summarize(&self, data: String) -> Result<SummaryFiles, String> {
        let timeout = self.options.handle_summary_timeout();
        handle_summary(&self.program, data, timeout, &self.interrupt).map_err(|error| error.to_string())
    }
}

/// The archive at a path whose name says that it is one.
fn archive(path: &Path, request: &Request) -> Result<Option<Archive>, LoadError> {
    let is_one =
        matches!(request.origin, Origin::File(_)) && path.extension().is_some_and(|ending| ending == "tar");
    if !is_one {
        return Ok(None);
    }
    let wrong =
        |why: &dyn std::fmt::Display| LoadError::Other(format!("cannot run '{}': {why}", request.origin));
    let bytes = read_whole(path).map_err(|error| wrong(&error))?;
    Archive::read(&bytes).map(Some).map_err(|error| wrong(&error))
}

/// The script's path, and its text where that is not in the file.
fn text(request: &Request) -> Result<(PathBuf, Option<String>), LoadError> {
    let path = request.file()?;
    let text = match &request.origin {
        Origin::File(_) => None,
        Origin::Text { text, .. } => Some(text.clone()),
        Origin::Stdin => Some(
            text_of(std::io::stdin(), LARGEST_SOURCE)
                .map_err(|error| LoadError::Other(format!("cannot read the script from stdin: {error}")))?,
        ),
    };
    Ok((path, text))
}

/// Options that were set.
fn without_nulls(options: Value) -> Value {
    match options {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    }
}

/// A warning for each name that the script imports of a built-in module that has none of that name.
fn missing_names(program: &Program) -> Vec<String> {
    let missing = modules::BUILTIN.names.iter().flat_map(|module| {
        let exports = modules::exports(module);
        let wanted = program.sources.wanted(module).into_iter();
        wanted.filter(|name| !exports.contains(&name.as_str())).map(move |name| {
            format!("module '{module}' has no export '{name}': it is null in the script, as in k6")
        })
    });
    missing.collect()
}

fn options(request: &Request, registry: &Registry, script: &Description) -> Result<Options, LoadError> {
    let (own, found, warnings) = OptionLayer::from_json(&script.options);
    warnings.iter().for_each(|warning| request.warn(&warning.to_string()));
    let mut problems: Vec<Problem> = found.into_iter().map(Problem::from).collect();
    match request.options(own) {
        Ok(options) => {
            problems.extend(options.check_thresholds(registry).into_iter().map(Problem::from));
            problems.extend(options.check_exports(&script.functions).into_iter().map(Problem::from));
            if problems.is_empty() { Ok(options) } else { Err(LoadError::Problems(problems)) }
        }
        Err(more) => {
            problems.extend(more);
            Err(LoadError::Problems(problems))
        }
    }
}
