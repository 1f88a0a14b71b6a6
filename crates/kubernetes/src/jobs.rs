//! The agents are an Indexed Job, of which all pods run at once; the lead is a Job of one pod.

use serde_json::json;

use crate::deployment::{Deployment, Resources};
use crate::manifest::Manifest;
use crate::pod::{Pod, RESULTS};

/// How long pods wait for the bus and for each other: images are pulled and nodes are added meanwhile.
const WAIT: &str = "10m";
/// What the lead needs besides a little for every agent.
const LEAD: Resources = Resources { cpu_millis: 1000, memory_mib: 512 };

/// The Job of the agents.
pub(crate) fn agents(deployment: &Deployment) -> Manifest {
    let Deployment { agents, resources, .. } = *deployment;
    let mut args = vec!["agent".to_owned(), "--name".to_owned(), "agent-$(JOB_COMPLETION_INDEX)".to_owned()];
    args.extend(on_bus(deployment));
    let pod = Pod { component: "agent", args, resources, leads: false };
    Manifest::new(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": deployment.metadata("agents", "agent"),
        "spec": {
            "completionMode": "Indexed",
            "completions": agents,
            "parallelism": agents,
            // One that is lost does not come back into its run, and what becomes of the others the lead decides.
            "backoffLimitPerIndex": 0,
            "maxFailedIndexes": agents,
            "ttlSecondsAfterFinished": 86_400,
            "template": pod.template(deployment),
        },
    }))
}

/// The Job of the lead, whose end is that of the run.
pub(crate) fn lead(deployment: &Deployment) -> Manifest {
    let mut args = vec!["run".to_owned(), deployment.test.path()];
    args.extend(["--agents".to_owned(), deployment.agents.to_string()]);
    args.extend(on_bus(deployment));
    if deployment.claims.results.is_some() {
        args.extend(["--record".to_owned(), format!("{RESULTS}/{}", deployment.name)]);
    }
    args.extend(deployment.args.iter().map(|arg| literal(arg)));
    let memory_mib = LEAD.memory_mib + deployment.agents as u64;
    let pod = Pod { component: "lead", args, resources: Resources { memory_mib, ..LEAD }, leads: true };
    Manifest::new(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": deployment.metadata("lead", "lead"),
        "spec": {
            // A run that failed has told something: it is not repeated unasked.
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": 86_400,
            "template": pod.template(deployment),
        },
    }))
}

fn on_bus(deployment: &Deployment) -> Vec<String> {
    let args = ["--bus", &deployment.bus_url(), "--run-name", &deployment.name, "--bus-wait", WAIT];
    args.map(str::to_owned).to_vec()
}

/// An argument that Kubernetes expands no variables in.
fn literal(arg: &str) -> String {
    arg.replace("$(", "$$(")
}
