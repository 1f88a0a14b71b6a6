//! The example workflow for GitHub Actions calls flashcrowd as flashcrowd wants to be called.

use std::path::{Path, PathBuf};
use std::process::Command;

use flashcrowd_shop::{Shop, ShopConfig};
use saphyr::{LoadableYamlNode as _, Yaml};

use crate::run::understands;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("examples/github-actions")
}

fn workflow() -> String {
    std::fs::read_to_string(folder().join("performance-test.yml")).unwrap()
}

/// What the step of that name runs.
fn script(name: &str) -> String {
    let text = workflow();
    let documents = Yaml::load_from_str(&text).unwrap();
    let steps = documents[0]["jobs"]["performance-test"]["steps"].as_sequence().unwrap();
    let text = |step: &Yaml<'_>, key: &str| step.as_mapping_get(key)?.as_str().map(str::to_owned);
    let step = steps.iter().find(|step| text(step, "name").as_deref() == Some(name));
    text(step.unwrap_or_else(|| panic!("no step '{name}'")), "run").unwrap()
}

/// The arguments of every call of flashcrowd in a script of the shell.
fn calls(script: &str) -> Vec<String> {
    let commands = script.split(['\n', '|', ';']).flat_map(|line| line.split("&&"));
    let calls = commands.filter_map(|command| command.trim().strip_prefix("flashcrowd "));
    calls.map(|call| call.split('>').next().unwrap().replace('"', "")).collect()
}

#[test]
fn every_call_is_understood() {
    let text = workflow();
    let documents = Yaml::load_from_str(&text).unwrap();
    let steps = documents[0]["jobs"]["performance-test"]["steps"].as_sequence().unwrap();
    let scripts = steps.iter().filter_map(|step| step.as_mapping_get("run")?.as_str());
    let calls: Vec<String> = scripts.flat_map(calls).collect();
    for command in ["run", "report", "compare"] {
        assert!(calls.iter().any(|call| call.starts_with(command)), "{command}: {calls:?}");
    }
    for call in &calls {
        assert!(understands(call), "{call}");
    }
    assert!(!understands("report results --formt md") && !understands("compare a b --fail-on nothing"));
}

#[test]
fn two_nights_go_as_the_workflow_says() {
    let shop = Shop::spawn_threads(ShopConfig::fast(), 1).unwrap();
    let night = tempfile::tempdir().unwrap();
    let plan = std::fs::read_to_string(folder().join("plans/nightly.yaml")).unwrap();
    let short = plan.replace("users: 100", "users: 10").replace("60s", "3s").replace("10s", "1s");
    std::fs::create_dir(night.path().join("plans")).unwrap();
    // A hundred requests a second are for a hundred users.
    std::fs::write(night.path().join("plans/nightly.yaml"), short.replace("tps: > 100", "tps: > 10"))
        .unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_flashcrowd")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let step = |name: &str| {
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", &script(name)]).current_dir(night.path()).env_clear().env("PATH", &path);
        let output =
            shell.env("TARGET", shop.url()).env("GITHUB_STEP_SUMMARY", "summary.md").output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = step("Run the performance test");
    assert!(said.contains("Verdict") && !said.contains('\u{1b}'), "{said}");
    step("Report");
    step("Make it the next night's baseline");
    step("Run the performance test");
    step("Report");
    step("Compare with the last good night");
    step("Make it the next night's baseline");
    let read = |name: &str| std::fs::read_to_string(night.path().join(name)).unwrap();
    let junit = read("results/junit.xml");
    assert_eq!(
        roxmltree::Document::parse(&junit).unwrap().root_element().attribute("tests"),
        Some("6"),
        "{junit}"
    );
    assert!(read("results/report.html").contains("Nightly Performance Test"));
    let summary = read("summary.md");
    assert_eq!(summary.matches("## Test Report: Nightly Performance Test\n").count(), 2, "{summary}");
    assert!(summary.contains("&lt; 500ms") && summary.contains("http_req_duration"), "{summary}");
}

#[test]
fn results_are_kept_whatever_the_verdict() {
    let text = workflow();
    let documents = Yaml::load_from_str(&text).unwrap();
    let steps = documents[0]["jobs"]["performance-test"]["steps"].as_sequence().unwrap();
    let text = |step: &Yaml<'_>, key: &str| {
        step.as_mapping_get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let position = |what: &str| {
        let found =
            steps.iter().position(|step| text(step, "run").contains(what) || text(step, "uses") == what);
        found.unwrap_or_else(|| panic!("no step has {what}"))
    };
    let run = position("flashcrowd run");
    for what in ["flashcrowd report", "actions/upload-artifact@v4"] {
        let step = position(what);
        assert!(step > run && text(&steps[step], "if").starts_with("always()"), "{what}");
    }
    assert!(text(&steps[run], "if").is_empty() && text(&steps[run], "run").contains("--quiet --no-color"));
    assert!(text(&steps[position("GITHUB_STEP_SUMMARY")], "run").contains("--format md"));
}

#[test]
fn the_readme_names_what_there_is() {
    let (readme, workflow) = (std::fs::read_to_string(folder().join("README.md")).unwrap(), workflow());
    for name in [
        "docker-compose.test.yml",
        "TARGET",
        "plans/nightly.yaml",
        "performance-results",
        "performance-baseline-",
    ] {
        assert!(readme.contains(name) && workflow.contains(name), "{name}");
    }
}
