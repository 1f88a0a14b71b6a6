//! Where a run can be watched, resolved from flags and k6's variables.

use std::path::PathBuf;

use flashcrowd_engine::duration;
use flashcrowd_web::Place;

use crate::args::LiveArgs;
use crate::environment::{Environment, switch};

/// k6's port of the page.
const PORT: u16 = 5665;

/// k6's port of the REST API.
const API_PORT: u16 = 6565;

/// What the environment calls the page's settings, after its prefix.
const VARIABLE: &str = "WEB_DASHBOARD";

/// Where a run can be watched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveConfig {
    /// Where its page is.
    pub page: Option<Place>,
    /// Whether it has the whole terminal.
    pub tui: bool,
    /// Where the REST API is.
    pub api: Option<Place>,
    /// Whether both go on when the run is over.
    pub lingers: bool,
    /// Browsers are told every so many seconds.
    pub period: u64,
    /// Whether a browser is opened.
    pub opens: bool,
    /// The file that the report is written to.
    pub export: Option<PathBuf>,
}

impl LiveConfig {
    /// Resolves flags and variables; adds what is wrong with them.
    pub fn resolve(args: &LiveArgs, environment: &Environment, problems: &mut Vec<String>) -> Self {
        let setting = |name: &str| environment.setting(&format!("{VARIABLE}_{name}"));
        let by_variable = switch(&flag(""), None, environment, false, problems);
        let mut place = match &args.web {
            Some(address) if !address.is_empty() => parsed("--web", address, PORT, problems),
            Some(_) => by_environment(environment, problems).or(Some(usual())),
            None if by_variable => by_environment(environment, problems),
            None => None,
        };
        let address = args.address.as_deref().map(|address| ("--address".to_owned(), address));
        let address =
            address.or_else(|| environment.setting("ADDRESS")).filter(|(_, address)| !address.is_empty());
        let mut api = address.and_then(|(name, address)| parsed(&name, address, API_PORT, problems));
        if let Some(token) = &args.web_token {
            for place in place.iter_mut().chain(&mut api) {
                match token.as_str() {
                    "none" => place.is_public = true,
                    token => place.token = Some(token.to_owned()),
                }
            }
        }
        let lingers = switch("--linger", args.linger.as_deref(), environment, false, problems);
        let has_nothing = place.is_none() && api.is_none();
        for flag in [("--web-token", args.web_token.is_some()), ("--linger", lingers)] {
            if flag.1 && has_nothing {
                problems.push(format!("{}: nothing is served: add --web or --address", flag.0));
            }
        }
        let export = by_variable.then(|| setting("EXPORT").map(|(_, path)| PathBuf::from(path))).flatten();
        Self {
            page: place,
            tui: args.tui,
            api,
            lingers,
            period: setting("PERIOD").map_or(1, |(name, value)| period(&name, value, problems)),
            opens: by_variable && switch(&flag("_OPEN"), None, environment, false, problems),
            export: args.web_export.clone().or(export),
        }
    }

    /// Whether the run has to be shown at all.
    pub fn is_wanted(&self) -> bool {
        self.can_be_steered() || self.export.is_some()
    }

    /// Whether a report is made of the run when it is over.
    pub fn makes_report(&self) -> bool {
        self.page.is_some() || self.export.is_some()
    }

    /// Whether somebody can pause the run and let it go on.
    pub fn can_be_steered(&self) -> bool {
        self.tui || self.page.is_some() || self.api.is_some()
    }
}

/// The name by which [`switch`] finds a variable of the page.
fn flag(rest: &str) -> String {
    format!("--{VARIABLE}{rest}")
}

fn usual() -> Place {
    Place { port: PORT, ..Place::default() }
}

/// Where k6's variables put the page; none where its port is -1.
fn by_environment(environment: &Environment, problems: &mut Vec<String>) -> Option<Place> {
    let setting = |name: &str| environment.setting(&format!("{VARIABLE}_{name}"));
    let host = setting("HOST").map_or_else(String::new, |(_, host)| host.to_owned());
    let port = match setting("PORT") {
        None => PORT,
        Some((_, "-1")) => return None,
        Some((name, text)) => text.parse().unwrap_or_else(|_| {
            problems.push(format!("{name} is '{text}': use a port, 0 for any that is free, or -1 for none"));
            PORT
        }),
    };
    Some(Place { host, port, ..Place::default() })
}

/// Reads `HOST:PORT`, `:PORT`, `PORT` or `HOST`.
pub(super) fn parsed(name: &str, text: &str, port: u16, problems: &mut Vec<String>) -> Option<Place> {
    let (host, typed) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", Some(text)),
        _ => (text, None),
    };
    let port = match typed.map(str::parse) {
        None => Some(port),
        Some(port) => port.ok(),
    };
    if port.is_none() {
        problems.push(format!("{name} is '{text}': use HOST:PORT, such as 127.0.0.1:{PORT}"));
    }
    Some(Place { host: host.to_owned(), port: port?, ..Place::default() })
}

/// Seconds, one at least.
fn period(name: &str, text: &str, problems: &mut Vec<String>) -> u64 {
    match duration::parse(text) {
        Ok(period) => period.as_secs().max(1),
        Err(_) => {
            problems.push(format!("{name} is '{text}': use a time such as 10s"));
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: &str, port: u16) -> Option<Place> {
        Some(Place { host: host.to_owned(), port, ..Place::default() })
    }

    #[test]
    fn addresses_in_all_their_forms() {
        for (text, found) in [
            ("0.0.0.0:80", place("0.0.0.0", 80)),
            (":9000", place("", 9000)),
            ("9000", place("", 9000)),
            ("localhost", place("localhost", 5665)),
            ("[::1]:81", place("[::1]", 81)),
            ("::1", place("::1", 5665)),
            ("*:0", place("*", 0)),
        ] {
            let mut problems = Vec::new();
            assert_eq!(parsed("--web", text, PORT, &mut problems), found, "{text}");
            assert!(problems.is_empty(), "{text}");
        }
        let mut problems = Vec::new();
        assert_eq!(parsed("--web", "localhost:http", PORT, &mut problems), None);
        assert_eq!(problems, ["--web is 'localhost:http': use HOST:PORT, such as 127.0.0.1:5665"]);
    }

    #[test]
    fn flags_and_k6s_variables() {
        let resolve = |web: Option<&str>, variables: &[(&str, &str)]| {
            let args = LiveArgs { web: web.map(str::to_owned), ..LiveArgs::default() };
            let environment = match variables {
                [] => Environment::default(),
                [one] => Environment::from([*one]),
                [one, two] => Environment::from([*one, *two]),
                all => Environment::from([all[0], all[1], all[2]]),
            };
            let mut problems = Vec::new();
            let found = LiveConfig::resolve(&args, &environment, &mut problems);
            assert!(problems.is_empty(), "{problems:?}");
            found
        };
        let on = ("K6_WEB_DASHBOARD", "true");
        assert!(!resolve(None, &[]).is_wanted());
        assert_eq!(resolve(Some(""), &[]).page, place("", 5665));
        assert_eq!(resolve(None, &[on]).page, place("", 5665));
        assert_eq!(resolve(Some(":1"), &[on]).page, place("", 1));
        let steered = resolve(None, &[("K6_ADDRESS", "localhost"), ("K6_LINGER", "true")]);
        assert_eq!((steered.api, steered.page, steered.lingers), (place("localhost", 6565), None, true));
        let moved = [on, ("K6_WEB_DASHBOARD_HOST", "0.0.0.0"), ("K6_WEB_DASHBOARD_PORT", "7")];
        assert_eq!(resolve(None, &moved).page, place("0.0.0.0", 7));
        let written = [on, ("K6_WEB_DASHBOARD_PORT", "-1"), ("K6_WEB_DASHBOARD_EXPORT", "r.html")];
        let written = resolve(None, &written);
        assert_eq!((written.page, written.export), (None, Some(PathBuf::from("r.html"))));
        assert!(
            !resolve(None, &[("K6_WEB_DASHBOARD_EXPORT", "r.html")]).is_wanted(),
            "as in k6, it has to be on"
        );
        assert_eq!(resolve(None, &[on, ("K6_WEB_DASHBOARD_PERIOD", "10s")]).period, 10);
    }
}
