//! The script's environment is what it finds in `__ENV`.

use std::collections::BTreeMap;

use flashcrowd_test::SecretSources;

use crate::args::ScriptArgs;
use crate::environment::{Environment, switch};

/// Works out `__ENV`; `system` says whether the variables of the environment are in it unless a flag says so.
pub fn script_env(
    args: &ScriptArgs,
    environment: &Environment,
    system: bool,
    problems: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let include = args.include_system_env_vars.as_deref();
    let include = switch("--include-system-env-vars", include, environment, system, problems);
    let mut variables = if include { environment.all().clone() } else { BTreeMap::new() };
    for variable in &args.env {
        let (key, value) = match variable.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (variable.as_str(), environment.all().get(variable).map(String::as_str)),
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.is_empty() || !key.chars().all(valid) || key.starts_with(|c: char| c.is_ascii_digit()) {
            problems.push(format!(
                "--env is '{key}{}': write KEY=VALUE, with letters, digits and _ in the key",
                if value.is_some() { "=..." } else { "" }
            ));
            continue;
        }
        variables.insert(key.to_owned(), value.unwrap_or_default().to_owned());
    }
    variables
}

/// Where secrets come from: flags, then the environment.
pub fn secret_sources(
    args: &ScriptArgs,
    environment: &Environment,
    problems: &mut Vec<String>,
) -> SecretSources {
    let set = environment.setting("SECRET_SOURCE").filter(|_| args.secret_source.is_empty());
    let (name, specs) = match set {
        Some((name, value)) => (name, vec![value.to_owned()]),
        None => ("--secret-source".to_owned(), args.secret_source.clone()),
    };
    SecretSources::parse(&specs).unwrap_or_else(|found| {
        problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
        SecretSources::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_over_the_environment() {
        let environment = Environment::from([("A", "1"), ("B", "2")]);
        let check = |env: &[&str], include: Option<&str>, expected: &[(&str, &str)]| {
            let env = env.iter().map(|text| (*text).to_owned()).collect();
            let args = ScriptArgs {
                env,
                include_system_env_vars: include.map(str::to_owned),
                ..ScriptArgs::default()
            };
            let mut problems = Vec::new();
            let found = script_env(&args, &environment, true, &mut problems);
            assert_eq!(problems, Vec::<String>::new());
            let expected: BTreeMap<_, _> =
                expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(found, expected);
        };
        check(&["A=x=y", "C="], None, &[("A", "x=y"), ("B", "2"), ("C", "")]);
        check(&["B", "D"], Some("false"), &[("B", "2"), ("D", "")]);
    }

    #[test]
    fn keys_are_words() {
        let args =
            ScriptArgs { env: vec!["=x".into(), "a b=1".into(), "1A=2".into()], ..ScriptArgs::default() };
        let mut problems = Vec::new();
        script_env(&args, &Environment::default(), false, &mut problems);
        assert_eq!(problems.len(), 3);
        assert_eq!(problems[1], "--env is 'a b=...': write KEY=VALUE, with letters, digits and _ in the key");
    }
}
