//! Manifests of Kubernetes: valid by its own schemas, and a run when their commands are carried out.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{script, seen, shop};
use crate::peers::{Debian, done, python};
use crate::run::{Outcome, Run, Started};

/// It has the schemas of Kubernetes in it; PyYAML, which it needs, is the reader of YAML here.
const VALIDATOR: [&str; 1] = ["kubernetes-validate==1.37.0"];
/// The oldest version that the manifests are for, and the newest that the validator knows.
const VERSIONS: [&str; 2] = ["1.29", "1.37"];

const SIZED: &str =
    "--cpu 2 --memory 512Mi --image registry.example/flashcrowd:0.1.0 --target 10.0.0.0/8:443";
const READ: &str =
    "import json, sys, yaml; json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout)";

fn render(script: &str, line: &str) -> Outcome {
    Run::of("render k8s script.js").script(script).args(SIZED).args(line).go()
}

/// The documents as Python reads them, each valid by Kubernetes' schemas; none without Python.
fn documents(outcome: &Outcome) -> Option<Vec<Value>> {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let python = python("kubernetes", &VALIDATOR)?;
    let file = outcome.path("manifests.yaml");
    std::fs::write(&file, &outcome.stdout).unwrap();
    for version in VERSIONS {
        let validator = python.with_file_name("kubernetes-validate");
        done(Command::new(validator).args(["--strict", "-k", version]).arg(&file)).unwrap();
    }
    let read = Command::new(&python).args(["-c", READ]).arg(&file).output().unwrap();
    Some(serde_json::from_slice(&read.stdout).unwrap())
}

fn find<'d>(documents: &'d [Value], kind: &str, name: &str) -> &'d Value {
    let is_it = |one: &&Value| one["kind"] == kind && one["metadata"]["name"] == name;
    documents.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name} in {documents:#?}"))
}

#[test]
fn manifests_are_valid_and_say_what_was_asked_for() {
    let outcome = render(
        &script("http://shop"),
        "--agents 3 --run-name sale --namespace load --secret-env API_TOKEN=shop/token --target sales/app=shop:8080 \
         --results kept -- -e STAGE=$(HOME) --on-loss continue",
    );
    let Some(documents) = documents(&outcome) else { return };
    let kinds: Vec<&str> = documents.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    let expected = ["ConfigMap", "NetworkPolicy", "NetworkPolicy", "Service", "StatefulSet", "Job", "Job"];
    assert_eq!(kinds, expected);
    assert!(documents.iter().all(|one| one["metadata"]["namespace"] == "load"));

    let job = &find(&documents, "Job", "sale-agents")["spec"];
    assert_eq!(
        (&job["completionMode"], &job["completions"], &job["parallelism"]),
        (&"Indexed".into(), &3.into(), &3.into())
    );
    assert_eq!(job["backoffLimitPerIndex"], 0);
    for (kind, name) in [("Job", "sale-agents"), ("Job", "sale-lead"), ("StatefulSet", "sale-nats")] {
        let pod = &find(&documents, kind, name)["spec"]["template"]["spec"];
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        let container = &pod["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(container["resources"]["limits"], container["resources"]["requests"], "{name}");
    }
    let agent = &job["template"]["spec"]["containers"][0];
    assert_eq!(agent["resources"]["limits"], serde_json::json!({ "cpu": "2000m", "memory": "512Mi" }));
    let from = serde_json::json!({ "secretKeyRef": { "name": "shop", "key": "token" } });
    assert_eq!(agent["env"][0], serde_json::json!({ "name": "API_TOKEN", "valueFrom": from }));
    let lead = &find(&documents, "Job", "sale-lead")["spec"]["template"]["spec"]["containers"][0];
    let args: Vec<&str> = lead["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    // Kubernetes makes one dollar of two, and expands nothing.
    assert!(
        args.ends_with(&["--record", "/results/sale", "-e", "STAGE=$$(HOME)", "--on-loss", "continue"]),
        "{args:?}"
    );
    assert_eq!(find(&documents, "Service", "sale-nats")["spec"]["clusterIP"], "None");
}

#[test]
fn pods_reach_the_bus_dns_and_the_target_and_nobody_reaches_them() {
    let outcome = render(&script("http://shop"), "--agents 2 --target sales/app=shop:8080");
    let Some(documents) = documents(&outcome) else { return };
    let policy = &find(&documents, "NetworkPolicy", "flashcrowd-run")["spec"];
    assert_eq!(policy["policyTypes"], serde_json::json!(["Ingress", "Egress"]));
    assert_eq!(policy["ingress"], serde_json::json!([]));
    let ports = |rule: &Value| {
        rule["ports"].as_array().unwrap().iter().map(|one| one["port"].as_u64().unwrap()).collect()
    };
    let egress = policy["egress"].as_array().unwrap();
    let reached: Vec<Vec<u64>> = egress.iter().map(ports).collect();
    assert_eq!(reached, [vec![53, 53], vec![4222], vec![443, 443], vec![8080, 8080]]);
    assert!(egress.iter().all(|rule| !rule["to"].as_array().unwrap().is_empty()), "{policy}");
    assert_eq!(egress[2]["to"][0]["ipBlock"]["cidr"], "10.0.0.0/8");
    // The policy selects the pods of both jobs, and what it lets out to is the pod of NATS.
    let labels =
        |kind, name: &str| find(&documents, kind, name)["spec"]["template"]["metadata"]["labels"].clone();
    for (name, part) in [("flashcrowd-agents", "agent"), ("flashcrowd-lead", "lead")] {
        let labels = labels("Job", name);
        assert_eq!(labels["app.kubernetes.io/component"], part);
        for (key, value) in policy["podSelector"]["matchLabels"].as_object().unwrap() {
            assert_eq!(&labels[key], value, "{name}");
        }
        let values = policy["podSelector"]["matchExpressions"][0]["values"].as_array().unwrap();
        assert!(values.contains(&part.into()));
    }
    let nats = labels("StatefulSet", "flashcrowd-nats");
    assert_eq!(egress[1]["to"][0]["podSelector"]["matchLabels"], nats);
    assert_eq!(find(&documents, "Service", "flashcrowd-nats")["spec"]["selector"], nats);
    let nats_policy = &find(&documents, "NetworkPolicy", "flashcrowd-nats")["spec"];
    assert_eq!(nats_policy["egress"], serde_json::json!([]));
    assert_eq!(
        nats_policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"],
        labels("Job", "flashcrowd-agents")
    );
}

/// Starts what a container is started with; the name of the bus is that of a port here.
fn start(job: &Value, port: u16, index: usize, test: Option<(&str, &Path)>) -> Started {
    let args = job["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    args.iter()
        .map(|arg| arg.as_str().unwrap())
        .fold(Run::of(""), |run, arg| {
            let arg = arg.replace("nats://flashcrowd-nats:4222", &format!("nats://127.0.0.1:{port}"));
            let arg = arg.replace("$(JOB_COMPLETION_INDEX)", &index.to_string());
            match test {
                Some((name, file)) if arg == format!("/test/{name}") => run.arg(file.to_str().unwrap()),
                _ => run.arg(&arg),
            }
        })
        .start()
}

#[test]
fn what_the_manifests_start_is_the_run() {
    let shop = shop();
    let text = script(&shop.url()).replacen(
        "const mine",
        "import { two } from './lib/two.js'; if (two !== 2) throw new Error(`two is ${two}`);\n const mine",
        1,
    );
    let outcome = Run::of("render k8s script.js")
        .script(&text)
        .file("lib/two.js", "export const two = 2;")
        .args(SIZED)
        .args("--agents 2")
        .go();
    let Some(documents) = documents(&outcome) else { return };
    let map = find(&documents, "ConfigMap", "flashcrowd-test");
    let (name, content) = map["binaryData"].as_object().unwrap().iter().next().unwrap();
    let archive = outcome.path("from-the-map.tar");
    std::fs::write(&archive, decoded(content.as_str().unwrap())).unwrap();

    // Agents are there before the bus is.
    let store = tempfile::tempdir().unwrap();
    let (mut agents, mut at) = (Vec::new(), 0);
    let server = Debian::start("nats-server", "nats-server", |command, port| {
        let job = find(&documents, "Job", "flashcrowd-agents");
        agents.extend((0..2).map(|index| start(job, port, index, None)));
        at = port;
        std::thread::sleep(Duration::from_millis(1500));
        command.args(["-js", "-sd"]).arg(store.path()).args(["-p", &port.to_string(), "-a", "127.0.0.1"]);
    });
    let Some(_server) = server else { return };
    let lead = start(find(&documents, "Job", "flashcrowd-lead"), at, 0, Some((name, &archive)));
    let lead = lead.end_within(Duration::from_secs(40));
    assert_eq!(lead.code, Some(0), "{lead:?}");
    assert_eq!(seen(&shop), 201);
    for agent in agents {
        let agent = agent.end_within(Duration::from_secs(10));
        assert_eq!(agent.code, Some(0), "{agent:?}");
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[test]
fn secrets_are_names_and_what_cannot_be_is_refused() {
    let large = "open('data.json'); export default function () {}";
    let data = vec![b'x'; (1 << 20) + 1];
    let too_large =
        Run::of("render k8s script.js --agents 2").script(large).file("data.json", data).args(SIZED).go();
    assert_eq!(too_large.code, Some(104), "{too_large:?}");
    assert!(too_large.stderr.contains("and a ConfigMap holds 1024 KiB"), "{too_large:?}");
    for (line, expected) in [
        ("--agents 2 -- -e API_TOKEN=sEkReT", "--env API_TOKEN: a secret would stand in the manifests"),
        ("--agents 2 -- --env=API_TOKEN=sEkReT", "use --secret-env API_TOKEN=SECRET/KEY"),
        ("--agents 2 --secret-env API_TOKEN=sEkReT", "use NAME=SECRET/KEY"),
        ("--agents 2 --bus nats://user:sEkReT@nats:4222", "--bus: a secret would stand in the manifests"),
        ("--agents 2 --run-name Sale", "--run-name is 'Sale'"),
        ("--agents 2 --target shop.example:443", "network policies know no host names"),
        ("--agents 2 -- --agents 4", "--agents: write it before the --"),
    ] {
        let outcome = render(&script("http://shop"), line);
        // Clap refuses what is no value of a flag.
        let code = if outcome.stderr.starts_with("error: invalid value") { 255 } else { 104 };
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains(expected), "{line}: {outcome:?}");
        assert!(outcome.stdout.is_empty(), "{line}: {outcome:?}");
        assert!(!outcome.stderr.contains("sEkReT"), "{line}: {outcome:?}");
    }
}

#[test]
fn a_folder_has_a_file_for_each_object() {
    let outcome = render(
        &script("http://shop"),
        "--agents 2 --bus tls://nats.example:4333 --bus-creds bus/creds -o made",
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let mut names: Vec<String> = std::fs::read_dir(outcome.path("made"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "01-flashcrowd-test-configmap.yaml",
        "02-flashcrowd-run-networkpolicy.yaml",
        "03-flashcrowd-agents-job.yaml",
        "04-flashcrowd-lead-job.yaml",
    ];
    assert_eq!(names, expected);
    let job = std::fs::read_to_string(outcome.path("made/03-flashcrowd-agents-job.yaml")).unwrap();
    assert!(job.contains("tls://nats.example:4333") && job.contains("FLASHCROWD_BUS_CREDS"), "{job}");
}
