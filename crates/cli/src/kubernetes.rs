//! A run on Kubernetes: the command line and the test become a deployment.

use std::sync::Arc;

use clap::Parser as _;
use flashcrowd_kubernetes::{Claims, Deployment, Manifest, Resources, SecretEnv, TestFile};
use flashcrowd_record::{is_secret_name, without_secrets};

use crate::args::K8sArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::{Config, Only, Typed, load, refused, whole};

/// Flags of `run` that the deployment has itself.
const OWN: [&str; 7] =
    ["--agents", "--bus", "--run-name", "--bus-creds", "--bus-ca", "--bus-wait", "--record"];

/// The manifests of the run that was asked for.
pub fn manifests(context: &Context, args: &K8sArgs) -> Result<Vec<Manifest>, Failure> {
    let mut problems = problems(args);
    let env = secret_env(args, &mut problems);
    if !problems.is_empty() {
        return Err(Failure::Config(problems));
    }
    let deployment = Deployment {
        name: args.run_name.clone(),
        namespace: args.namespace.clone(),
        image: args.agent.image.clone(),
        agents: args.agent.agents.get(),
        resources: Resources { cpu_millis: args.agent.cpu, memory_mib: args.agent.memory },
        test: test_file(context, args)?,
        args: args.run.clone(),
        bus: args.bus.clone(),
        nats_image: args.nats_image.clone(),
        claims: Claims { env, bus_creds: args.bus_creds.clone(), results: args.results.clone() },
        targets: args.target.clone(),
    };
    flashcrowd_kubernetes::manifests(&deployment)
        .map_err(|problems| Failure::Config(problems.iter().map(ToString::to_string).collect()))
}

/// The test as agents would get it: loaded, and refused where they could not run it.
fn test_file(context: &Context, args: &K8sArgs) -> Result<TestFile, Failure> {
    let agents = args.agent.agents.to_string();
    let script = args.script.as_os_str().to_owned();
    let line = ["flashcrowd".into(), "run".into(), script, "--agents".into(), agents.into()];
    let line = line.into_iter().chain(args.run.iter().map(Into::into));
    let typed = Typed::try_parse_from(line).map_err(|error| Failure::Config(vec![error.to_string()]))?;
    let Only::Run(run) = typed.command;
    let (config, warnings) = Config::resolve(&run, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let config = config.keeping_stdin().map_err(anyhow::Error::new)?;
    let tests = load(context, &config, &Arc::new(TestLog::new(context.log.clone())))?;
    let [test] = &tests[..] else {
        let text = format!("'{}' has {} tests, and a run is of one", args.script.display(), tests.len());
        return Err(Failure::Config(vec![text]));
    };
    if let Some(why) = refused(&config, test.as_ref(), &mut []) {
        return Err(Failure::Config(vec![why]));
    }
    let file = whole(&config, test.as_ref())?;
    let content = file.content().map_err(anyhow::Error::new)?;
    Ok(TestFile { name: file.name, content })
}

/// Where variables are; a value that was given in the place of a reference is not repeated.
fn secret_env(args: &K8sArgs, problems: &mut Vec<String>) -> Vec<SecretEnv> {
    let mut parsed = |text: &String| {
        let name = text.split('=').next().unwrap_or_default();
        text.parse().map_err(|error| problems.push(format!("--secret-env {name}: {error}"))).ok()
    };
    args.secret_env.iter().filter_map(&mut parsed).collect()
}

fn problems(args: &K8sArgs) -> Vec<String> {
    let mut problems = Vec::new();
    let name = |arg: &'_ String| arg.split('=').next().unwrap_or_default().to_owned();
    let own = args.run.iter().map(name).filter(|name| OWN.contains(&name.as_str()));
    problems.extend(own.map(|name| format!("{name}: write it before the --")));
    let assigned = args.run.iter().filter_map(|arg| {
        let arg = arg.strip_prefix("--env=").or(arg.strip_prefix("-e")).unwrap_or(arg);
        arg.split_once('=').map(|(name, _)| name).filter(|name| is_secret_name(name))
    });
    problems.extend(assigned.map(|name| {
        format!("--env {name}: a secret would stand in the manifests: use --secret-env {name}=SECRET/KEY")
    }));
    let bus = args.bus.as_deref();
    if bus.is_some_and(|bus| !bus.starts_with("nats://") && !bus.starts_with("tls://")) {
        problems.push("--bus: write nats://HOST:PORT or tls://HOST:PORT".to_owned());
    }
    if bus.is_some_and(|bus| without_secrets(bus) != bus || bus.contains('@')) {
        problems.push("--bus: a secret would stand in the manifests: use --bus-creds SECRET/KEY".to_owned());
    }
    problems
}
