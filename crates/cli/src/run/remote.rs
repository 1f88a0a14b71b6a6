//! Remote settings as resolved: flags, then the environment, then the user's cache folder.

use std::path::{Path, PathBuf};

use flashcrowd_modules::{LOCK_FILE, Mirror, RemoteSettings};
use flashcrowd_test::Origin;

use crate::args::ModuleArgs;
use crate::environment::{Environment, switch};

/// Works out where modules on the network come from.
pub fn remote(args: &ModuleArgs, environment: &Environment, problems: &mut Vec<String>) -> RemoteSettings {
    let offline = switch("--offline", args.offline.as_deref(), environment, false, problems);
    let set = || environment.setting("MODULE_CACHE").map(|(_, folder)| PathBuf::from(folder));
    let cache = args.module_cache.clone().or_else(set).or_else(|| user_cache(environment));
    let given: Vec<(String, String)> = match environment.setting("MODULE_MIRROR") {
        Some((name, value)) if args.module_mirror.is_empty() => {
            value.split(',').map(|text| (name.clone(), text.trim().to_owned())).collect()
        }
        _ => args.module_mirror.iter().map(|text| ("--module-mirror".to_owned(), text.clone())).collect(),
    };
    let mut mirrors = Vec::new();
    for (name, text) in given {
        match Mirror::parse(&text) {
            Ok(mirror) => mirrors.push(mirror),
            Err(error) => problems.push(format!("{name}: {error}")),
        }
    }
    RemoteSettings { offline, cache, lock: None, mirrors }
}

/// The lock file beside a script; a script on standard input has none.
pub fn lock_beside(origin: &Origin) -> Option<PathBuf> {
    match origin {
        Origin::File(path) => Some(path.parent().unwrap_or(Path::new("")).join(LOCK_FILE)),
        Origin::Stdin | Origin::Text { .. } => None,
    }
}

/// Where this user's programs keep what can be had again.
fn user_cache(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    folder.or_else(|| absolute("LOCALAPPDATA")).map(|folder| folder.join("flashcrowd").join("modules"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(pairs: &[(&str, &str)]) -> Option<String> {
        let environment = match *pairs {
            [] => Environment::default(),
            [one] => Environment::from([one]),
            [one, two, ..] => Environment::from([one, two]),
        };
        let settings = remote(&ModuleArgs::default(), &environment, &mut Vec::new());
        settings.cache.map(|path| path.display().to_string())
    }

    #[test]
    fn the_cache_is_where_caches_are() {
        assert_eq!(cache(&[]), None);
        assert_eq!(cache(&[("HOME", "/home/a")]).as_deref(), Some("/home/a/.cache/flashcrowd/modules"));
        let both = [("HOME", "/home/a"), ("XDG_CACHE_HOME", "/cache")];
        assert_eq!(cache(&both).as_deref(), Some("/cache/flashcrowd/modules"));
        let own = [("HOME", "/home/a"), ("K6_MODULE_CACHE", "m")];
        assert_eq!(cache(&own).as_deref(), Some("m"));
    }

    #[test]
    fn mirrors_come_from_flags_or_the_environment() {
        let environment = Environment::from([
            ("FLASHCROWD_MODULE_MIRROR", "https://a.test=https://b.test, https://c.test=x"),
            ("K6_OFFLINE", "true"),
        ]);
        let mut problems = Vec::new();
        let settings = remote(&ModuleArgs::default(), &environment, &mut problems);
        assert!(settings.offline);
        assert_eq!(settings.mirrors.len(), 1);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("FLASHCROWD_MODULE_MIRROR: 'https://c.test=x' has no '='"),
            "{problems:?}"
        );
    }
}
