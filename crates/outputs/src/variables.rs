//! The variables of an output that pushes, as k6 names them: a prefix, and what each is about.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::duration;

/// The variables that begin with a prefix.
pub(crate) struct Variables<'a> {
    prefix: &'static str,
    all: &'a BTreeMap<String, String>,
}

impl<'a> Variables<'a> {
    /// Those of an output; an error if one is there that is neither `known` nor begins with one of `families`.
    pub(crate) fn of(
        prefix: &'static str,
        all: &'a BTreeMap<String, String>,
        known: &[&str],
        families: &[&str],
    ) -> Result<Self, String> {
        let variables = Self { prefix, all };
        let is_known =
            |name: &str| known.contains(&name) || families.iter().any(|family| name.starts_with(family));
        let unknown = variables.own().map(|(name, _)| name).find(|name| !is_known(name));
        match unknown {
            None => Ok(variables),
            Some(name) => Err(format!(
                "{prefix}{name} is not supported: use {prefix}{}",
                known.join(&format!(", {prefix}"))
            )),
        }
    }

    /// All of them, without the prefix.
    pub(crate) fn own(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.all.iter().filter_map(|(name, value)| Some((name.strip_prefix(self.prefix)?, value.as_str())))
    }

    /// One of them, if it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let value = self.all.get(&format!("{}{name}", self.prefix)).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Whether one says yes.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| ["true", "1"].contains(&value))
    }

    /// How often to push.
    pub(crate) fn push_interval(&self, usual: Duration) -> Result<Duration, String> {
        self.get("PUSH_INTERVAL").map_or(Ok(usual), |text| {
            duration::parse(text).map_err(|error| format!("{}PUSH_INTERVAL: {error}", self.prefix))
        })
    }

    /// The header of a user's name and password, if there is a name.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let pair = format!("{}:{}", self.get("USERNAME")?, self.get("PASSWORD").unwrap_or_default());
        let pair = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
        Some(("Authorization".to_owned(), format!("Basic {pair}")))
    }
}
