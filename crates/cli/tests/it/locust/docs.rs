//! The page of documentation on Locust files says what is so: names, options, paths and refusals.

use std::collections::BTreeSet;

use super::Python;

const DOCS: &str = include_str!("../../../../../docs/locust-compatibility.md");

/// What stands in backticks in a text.
fn names(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table under a heading, by column.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let section = DOCS.split(&format!("## {heading}")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    rows.skip(1).map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// Prints every name that is none where files look for it.
const LOOK: &str = r###"
import inspect, locust, locust.clients, locust.contrib.fasthttp, locust.exception, locust.runners, locust.stats, requests
from locust import *
from locust.env import Environment
NAMES = __NAMES__
places = [locust, locust.exception, locust.stats, locust.runners, locust.contrib.fasthttp]
classes = [User, HttpUser, FastHttpUser, TaskSet, LoadTestShape, Environment, locust.runners.LocalRunner, locust.stats.RequestStats]
arguments = set()
for one in (locust.clients.HttpSession.request, requests.Session.request, locust.contrib.fasthttp.FastHttpSession.__init__):
    arguments |= set(inspect.signature(one).parameters)
environment = Environment()
runner = environment.create_local_runner()
def there(name):
    last = name.removesuffix("()").removeprefix("@").split(".")[-1]
    return (any(hasattr(one, last) for one in [*places, *classes, environment, runner, locust.clients.HttpSession]) or last in arguments
            or hasattr(locust.events, last) or hasattr(environment, last))
print("unknown", [name for name in NAMES if not there(name)])
class U(User):
    @task
    def t(self): pass
    def on_start(self): self.environment.runner.quit()
"###;

#[test]
fn every_name_that_works_is_there() {
    let Some(python) = Python::get() else { return };
    let named: BTreeSet<String> = table("What works").iter().flat_map(|row| names(row[1])).collect();
    // Options, variables, files and an argument that Locust has in words of its own are looked at elsewhere.
    let is_name = |name: &&String| {
        let first = name.trim_start_matches('@').chars().next().unwrap();
        first.is_ascii_alphabetic()
            && !name.contains('*')
            && !name.contains("Session")
            && !name.ends_with(".conf")
            && !name.ends_with(".toml")
    };
    let asked: Vec<&String> = named.iter().filter(is_name).collect();
    assert!(asked.len() > 40, "{asked:?}");
    let file = LOOK.replace("__NAMES__", &format!("{asked:?}"));
    let outcome = python.run(&file, "-t 5s").go();
    assert!(outcome.stdout.contains("unknown []"), "{outcome:?}");
}

#[test]
fn options_are_in_the_help_or_refused_as_is_said() {
    let Some(python) = Python::get() else { return };
    let help = python.page("", "--help").go().stdout;
    let mut named: BTreeSet<String> =
        names(DOCS).iter().flat_map(|name| name.split(' ')).map(str::to_owned).collect();
    named.retain(|name| name.starts_with("--"));
    let refused: BTreeSet<String> = table("What works")
        .iter()
        .filter(|row| row[0] == "command line")
        .flat_map(|row| names(row[2]))
        .collect();
    assert!(named.len() > 25 && refused.len() > 4, "{named:?} {refused:?}");
    for name in &named {
        assert_ne!(
            help.contains(&format!("{name} ")) || help.contains(&format!("{name}\n")),
            refused.contains(name),
            "{name}: {help}"
        );
    }
    let file = "from locust import User, task\nclass U(User):\n    @task\n    def t(self):\n        pass\n";
    for name in &refused {
        let outcome = python.run(file, name).arg("x").go();
        assert!(outcome.code == Some(2) && outcome.stderr.contains(name), "{name}: {outcome:?}");
    }
}

#[test]
fn what_is_refused_raises_and_the_codes_are_those_of_the_program() {
    let Some(python) = Python::get() else { return };
    let file = r#"
from locust import PytestUser_ as PytestUser
"#;
    assert_eq!(python.run(file, "-t 1s").go().code, Some(1), "an import that fails");
    let file = r#"
from locust import User, events, task
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.user.users import PytestUser
def refused(name, call):
    try:
        call()
    except NotImplementedError:
        print("refused", name)
environment = Environment()
for name in ("create_master_runner", "create_worker_runner", "create_web_ui"):
    refused(name, getattr(environment, name))
refused("PytestUser", lambda: PytestUser(environment))
for name in ("ssl_context_factory", "proxy_host"):
    refused(name, lambda: FastHttpSession("http://a", events.request, None, **{name: "x"}))
class U(User):
    @task
    def t(self): self.environment.runner.quit()
"#;
    let outcome = python.run(file, "-t 5s").go();
    for name in [
        "create_master_runner",
        "create_worker_runner",
        "create_web_ui",
        "PytestUser",
        "ssl_context_factory",
        "proxy_host",
    ] {
        assert!(outcome.stdout.contains(&format!("refused {name}\n")), "{name}: {outcome:?}");
        assert!(DOCS.contains(&format!("`{name}`")), "{name}");
    }
    let codes: Vec<&str> = table("Exit codes").iter().map(|row| row[1]).collect();
    assert_eq!(codes, ["104", "2", "1", "that", "2", "1", "`--exit-code-on-error`, else 1", "2", "1", "0"]);
}

#[test]
fn paths_of_the_page_are_those_that_are_served() {
    let routes = include_str!("../../../../locust/src/web/routes.rs");
    let rows = table("The page");
    let paths: BTreeSet<String> = rows.iter().flat_map(|row| names(row[0])).collect();
    assert!(paths.len() >= 10, "{paths:?}");
    for path in
        paths.iter().filter_map(|path| path.split(' ').next_back()).filter(|path| path.starts_with('/'))
    {
        assert!(routes.contains(&format!("\"{path}\"")), "{path}");
    }
}
