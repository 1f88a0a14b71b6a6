//! Output settings: language, colours, log and verbosity.

use flashcrowd_text::Lang;

use crate::args::GlobalArgs;
use crate::environment::Environment;
use crate::log::{Level, Settings};

/// Output settings, resolved from arguments and environment.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    quiet: bool,
    color: bool,
    lang: Lang,
    log: Settings,
}

impl OutputSettings {
    /// Resolves the arguments of every command; reports all problems at once.
    pub fn resolve(args: &GlobalArgs, environment: &Environment) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut log = Settings::default();
        if args.verbose {
            log.level = Level::Debug;
        }
        let typed = |flag: &str, value: &Option<String>, name: &str| {
            let typed = value.as_ref().map(|value| (flag.to_owned(), value.clone()));
            typed.or_else(|| environment.setting(name).map(|(name, value)| (name, value.to_owned())))
        };
        if let Some((name, value)) = typed("--log-format", &args.log_format, "LOG_FORMAT") {
            problems.extend(log.set_format(&name, &value).err());
        }
        if let Some((name, value)) = typed("--log-output", &args.log_output, "LOG_OUTPUT") {
            problems.extend(log.set_output(&name, &value).err());
        }
        let lang = match typed("--lang", &args.lang, "LANG") {
            None => locale(environment),
            Some((_, value)) if value == "en" => Lang::En,
            Some((_, value)) if value == "ko" => Lang::Ko,
            Some((name, value)) => {
                problems.push(format!("{name} is '{value}': use en or ko"));
                Lang::En
            }
        };
        let color = !args.no_color && environment.get("NO_COLOR").is_none() && !on(environment, "NO_COLOR");
        if problems.is_empty() { Ok(Self { quiet: args.quiet, color, lang, log }) } else { Err(problems) }
    }

    /// Whether header and progress are hidden.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether colours are enabled on terminals.
    pub fn color(&self) -> bool {
        self.color
    }

    /// The language of the output.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The settings of the log.
    pub fn log(&self) -> &Settings {
        &self.log
    }
}

fn on(environment: &Environment, name: &str) -> bool {
    environment.setting(name).is_some_and(|(_, value)| !matches!(value, "0" | "false" | "F" | "f"))
}

fn locale(environment: &Environment) -> Lang {
    Lang::detect(None, ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| environment.get(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_override_the_environment() {
        let environment =
            Environment::from([("K6_LOG_FORMAT", "json"), ("LANG", "ko_KR.UTF-8"), ("K6_NO_COLOR", "true")]);
        let ui = OutputSettings::resolve(&GlobalArgs::default(), &environment).unwrap();
        assert_eq!((ui.lang(), ui.color()), (Lang::Ko, false));
        assert_eq!(ui.log().format, crate::log::Format::Json);
        let args =
            GlobalArgs { lang: Some("en".into()), log_format: Some("raw".into()), ..GlobalArgs::default() };
        let ui = OutputSettings::resolve(&args, &environment).unwrap();
        assert_eq!((ui.lang(), ui.log().format), (Lang::En, crate::log::Format::Raw));
    }

    #[test]
    fn no_color_counts_regardless_of_its_value() {
        let ui =
            |pairs| OutputSettings::resolve(&GlobalArgs::default(), &Environment::from([pairs])).unwrap();
        assert!(!ui(("NO_COLOR", "0")).color());
        assert!(ui(("NO_COLOR", "")).color());
        assert!(ui(("K6_NO_COLOR", "false")).color());
    }

    #[test]
    fn all_problems_at_once() {
        let args =
            GlobalArgs { lang: Some("fr".into()), log_format: Some("xml".into()), ..GlobalArgs::default() };
        assert_eq!(
            OutputSettings::resolve(&args, &Environment::default()).unwrap_err(),
            ["--log-format is 'xml': use text, json or raw", "--lang is 'fr': use en or ko"]
        );
    }
}
