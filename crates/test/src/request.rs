//! A request is what a front end is asked to load, with all that was given beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::OriginOverride;
use flashcrowd_modules::RemoteSettings;

use crate::options::INIT_TIMEOUT;
use crate::{
    Interrupt, Level, LoadError, Log, Message, OptionLayer, Options, Problem, SecretSources, Source, Tier,
};

/// Where a test comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A text that this program has, under a name for people.
    Text {
        /// The name.
        name: String,
        /// The text.
        text: String,
    },
}

/// The options that were given around a test, by where they stand.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Those of the config file.
    pub file: OptionLayer,
    /// Those of the environment.
    pub env: OptionLayer,
    /// Those of the command line.
    pub cli: OptionLayer,
}

/// What a front end is asked to load.
#[derive(Clone)]
pub struct Request {
    /// Where the test comes from.
    pub origin: Origin,
    /// The variables that the test sees.
    pub env: BTreeMap<String, String>,
    /// Options that were given around it.
    pub layers: Layers,
    /// Where requests go, over what the test says.
    pub host: Option<String>,
    /// An origin of the test's whose requests go to another one.
    pub origin_override: Option<OriginOverride>,
    /// The file that plans take their requests from.
    pub base: Option<PathBuf>,
    /// Where modules on the network come from.
    pub remote: RemoteSettings,
    /// Where secrets come from.
    pub secrets: SecretSources,
    /// What ends the loading.
    pub interrupt: Interrupt,
    /// Where messages go.
    pub log: Arc<dyn Log>,
}

impl Origin {
    /// By what was typed: `-` is standard input.
    pub fn named(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path.to_owned()) }
    }

    /// The file's name, or what stands in its place.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Stdin => Path::new("-"),
            Self::Text { name, .. } => Path::new(name),
        }
    }

    /// The name without its folder and ending.
    pub fn stem(&self) -> String {
        let stem = self.path().file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| self.to_string())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

impl Layers {
    /// How long the top level of a script may take, before anything is known of the script's own options.
    pub fn init_timeout(&self) -> Duration {
        let given = [&self.cli, &self.env, &self.file].into_iter().find_map(|layer| layer.init_timeout);
        given.unwrap_or(INIT_TIMEOUT)
    }

    /// Which of these options, by name and flag, were given as flags or variables.
    pub fn given(&self, options: &[(&str, &str)]) -> Vec<String> {
        let (flags, variables) = (self.cli.to_json(), self.env.to_json());
        let named = options.iter().flat_map(|(option, flag)| {
            let flag = (!flags[*option].is_null()).then(|| (*flag).to_owned());
            let variable = (!variables[*option].is_null()).then(|| format!("K6_{}", option.to_uppercase()));
            flag.into_iter().chain(variable)
        });
        named.collect()
    }

    /// All layers with the test's own among them, the weaker first.
    fn around(&self, own: OptionLayer) -> [(Tier, OptionLayer); 4] {
        [
            (Tier::Config, self.file.clone()),
            (Tier::Script, own),
            (Tier::Env, self.env.clone()),
            (Tier::Cli, self.cli.clone()),
        ]
    }
}

impl Request {
    /// A test by itself: nothing was given around it, and nobody listens to it.
    pub fn plain(origin: Origin) -> Self {
        Self {
            origin,
            env: BTreeMap::new(),
            layers: Layers::default(),
            host: None,
            origin_override: None,
            base: None,
            remote: RemoteSettings::default(),
            secrets: SecretSources::default(),
            interrupt: Interrupt::new(),
            log: Arc::new(()),
        }
    }

    /// The test's own options, laid between those that were given around them. Warnings are logged.
    pub fn options(&self, own: OptionLayer) -> Result<Options, Vec<Problem>> {
        let resolved = Options::consolidate(&self.layers.around(own))
            .map_err(|problems| problems.into_iter().map(Problem::from).collect::<Vec<_>>())?;
        resolved.warnings.iter().for_each(|warning| self.warn(&warning.to_string()));
        Ok(resolved.options)
    }

    /// The full path of the file, if one can be read there.
    pub fn file(&self) -> Result<PathBuf, LoadError> {
        let shown = self.origin.to_string();
        let wrong = |why: &dyn fmt::Display| LoadError::Other(format!("cannot run '{shown}': {why}"));
        let here = std::env::current_dir()
            .map_err(|error| LoadError::Other(format!("cannot tell the current folder: {error}")))?;
        let full = here.join(self.origin.path());
        match std::fs::metadata(&full) {
            _ if !matches!(self.origin, Origin::File(_)) => Ok(full),
            Ok(about) if about.is_dir() => Err(wrong(&"it is a folder, give the script in it")),
            Ok(_) if full.extension().is_some_and(|ending| ending == "py") => {
                let why = "it is a Locust file, which comes first and has Locust's options behind it: \
                           flashcrowd run FILE.py [OPTIONS]";
                Err(wrong(&why))
            }
            Ok(_) => Ok(full),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(wrong(&"no such file")),
            Err(error) => Err(wrong(&error)),
        }
    }

    /// Logs a warning of the program's own.
    pub fn warn(&self, text: &str) {
        self.log.log(&Message { level: Level::Warn, source: Source::Engine, text, scenario: None });
    }
}
