//! What is asked of a duet: its arguments, checked and resolved.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flashcrowd_engine::duration;
use flashcrowd_http::{Origin, OriginOverride, Target};

use crate::args::DuetArgs;
use crate::environment::Environment;
use crate::front_ends::front_end;
use crate::run::Config;

/// How long a script runs at most that does not say how much is run.
const USUAL_LENGTH: &str = "5m";

/// A probability of a false answer beyond this is none that anybody would want.
const LARGEST_ALPHA: f64 = 0.5;

/// What is asked of a duet.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The run as the flags have it, without a duration that only limits the duet.
    pub(super) config: Config,
    /// The same with the duration, for a script that does not say how much is run.
    pub(super) with_duration: Config,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
    /// Where A and B are, without a slash at the end.
    pub(super) urls: [String; 2],
    /// The difference that does not matter.
    pub(super) margin: f64,
    /// The probability of a false answer.
    pub(super) alpha: f64,
    /// By what everything is drawn.
    pub(super) seed: u64,
    /// How long it may take.
    pub(super) limit: Option<Duration>,
    /// How the variants are told to the test.
    pub(super) told: Told,
}

/// How a test is told where its target is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// By its `host`.
    Host,
    /// By this variable.
    Variable(String),
    /// Not at all: this origin is replaced.
    From(Origin),
}

impl Asked {
    /// Resolves the arguments; all problems at once.
    pub fn resolve(args: &DuetArgs, environment: &Environment) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let urls = [("--a", &args.a), ("--b", &args.b)].map(|(flag, url)| address(flag, url, &mut problems));
        let margin = percent(&args.margin).filter(|margin| *margin > 0.0 && *margin <= 1.0);
        if margin.is_none() {
            problems.push(format!("--margin is '{}': use a percentage above 0, such as 2%", args.margin));
        }
        let alpha = args.alpha.trim().parse().ok().filter(|alpha| *alpha > 0.0 && *alpha <= LARGEST_ALPHA);
        if alpha.is_none() {
            problems.push(format!("--alpha is '{}': use a probability up to 0.5, such as 0.01", args.alpha));
        }
        let typed_seed = args.run.load.seed.as_deref();
        let seed = typed_seed.map(|seed| seed.trim().parse());
        if matches!(seed, Some(Err(_))) {
            let seed = typed_seed.unwrap_or_default();
            problems.push(format!("--seed is '{seed}': use a whole number from 0 to {}", u64::MAX));
        }
        let takes_host = front_end(&args.run.script).flags().contains(&"--host");
        let told = told(args, takes_host, &mut problems);
        let load = &args.run.load;
        let is_ordered = load.vus.is_some() || load.iterations.is_some() || !load.stage.is_empty();
        let typed = load.duration.as_deref();
        let limit = typed.map(duration::parse);
        if let (Some(Err(error)), Some(typed)) = (&limit, typed) {
            problems.push(format!("--duration is '{typed}': {error}"));
        }
        let resolve = |duration: Option<&str>| Config::resolve_for(&args.run, duration, environment);
        let config = resolve(typed.filter(|_| is_ordered && !takes_host));
        let with_duration = resolve(typed.or(Some(USUAL_LENGTH)).filter(|_| !takes_host));
        match (config, with_duration, margin, alpha) {
            (Ok((config, warnings)), Ok((with_duration, _)), Some(margin), Some(alpha))
                if problems.is_empty() =>
            {
                let limit = limit.and_then(Result::ok);
                let seed = seed.and_then(Result::ok).unwrap_or_else(any_seed);
                Ok(Self { config, with_duration, warnings, urls, margin, alpha, seed, limit, told })
            }
            (config, ..) => {
                problems.extend(config.err().unwrap_or_default());
                Err(problems)
            }
        }
    }

    /// What replaces an origin of the test, for the variant at this URL.
    pub(super) fn origin_override(&self, url: &str) -> Option<OriginOverride> {
        match &self.told {
            Told::From(from) => Some(OriginOverride { from: from.clone(), to: url.to_owned() }),
            Told::Host | Told::Variable(_) => None,
        }
    }
}

fn told(args: &DuetArgs, takes_host: bool, problems: &mut Vec<String>) -> Told {
    if args.run.plan.host.is_some() {
        problems.push("--host has no place here: --a and --b say where the two variants are".to_owned());
    }
    let told = match &args.from {
        None if takes_host => return Told::Host,
        None => return Told::Variable(args.variable.clone()),
        Some(_) if takes_host => {
            problems.push(
                "--from is for scripts: the requests of a plan go to its host, which --a and --b set"
                    .to_owned(),
            );
            return Told::Host;
        }
        Some(from) => Target::parse(from.trim()),
    };
    match (told, &args.from) {
        (Ok(target), _) => Told::From(Origin::clone(&target.origin)),
        (Err(_), from) => {
            let from = from.as_deref().unwrap_or_default();
            problems.push(format!(
                "--from is '{from}': write the origin as the script has it, such as https://shop.test"
            ));
            Told::Host
        }
    }
}

/// An address as requests need it, without a slash at its end.
fn address(flag: &str, typed: &str, problems: &mut Vec<String>) -> String {
    let url = typed.trim().trim_end_matches('/');
    match Target::parse(url) {
        Ok(_) if !url.contains(['?', '#', ' ']) => {}
        _ => problems.push(format!("{flag} is '{typed}': write a URL such as http://localhost:8080")),
    }
    url.to_owned()
}

/// `2%` or `2` as a share.
fn percent(typed: &str) -> Option<f64> {
    let number = typed.trim().trim_end_matches('%').trim();
    number.parse::<f64>().ok().map(|percent| percent / 100.0).filter(|share| share.is_finite())
}

#[expect(clippy::disallowed_methods, reason = "any seed will do; nothing is timed by it")]
fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}
