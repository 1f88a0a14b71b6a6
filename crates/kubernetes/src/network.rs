//! What pods may reach: those of the run the bus, DNS and the target; NATS nobody. Nobody reaches a pod of the run.

use serde_json::{Value, json};

use crate::deployment::{Deployment, NATS_PORT};
use crate::manifest::Manifest;
use crate::target::Target;

/// The cache of DNS on each node, where there is one; it is no pod.
const NODE_DNS: &str = "169.254.20.10/32";

/// The policy of agents and lead.
pub(crate) fn of_run(deployment: &Deployment) -> Manifest {
    let mut egress = vec![dns(), bus(deployment)];
    egress.extend(deployment.targets.iter().map(Target::egress));
    let components = json!([{
        "key": "app.kubernetes.io/component",
        "operator": "In",
        "values": ["agent", "lead"],
    }]);
    policy(
        deployment,
        "run",
        &json!({
            "podSelector": { "matchLabels": instance(deployment), "matchExpressions": components },
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": egress,
        }),
    )
}

/// The policy of the run's own NATS.
pub(crate) fn of_nats(deployment: &Deployment) -> Manifest {
    policy(
        deployment,
        "nats",
        &json!({
            "podSelector": { "matchLabels": deployment.labels("nats") },
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{
                "from": [
                    { "podSelector": { "matchLabels": deployment.labels("agent") } },
                    { "podSelector": { "matchLabels": deployment.labels("lead") } },
                ],
                "ports": [{ "protocol": "TCP", "port": NATS_PORT }],
            }],
            "egress": [],
        }),
    )
}

fn policy(deployment: &Deployment, part: &str, spec: &Value) -> Manifest {
    Manifest::new(json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": deployment.metadata(part, part),
        "spec": spec,
    }))
}

fn instance(deployment: &Deployment) -> Value {
    json!({ "app.kubernetes.io/name": "flashcrowd", "app.kubernetes.io/instance": deployment.name })
}

fn dns() -> Value {
    json!({
        "to": [
            { "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } } },
            { "ipBlock": { "cidr": NODE_DNS } },
        ],
        "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
    })
}

/// The bus; one that is elsewhere has a name, and policies know none: there it is the port alone.
fn bus(deployment: &Deployment) -> Value {
    match &deployment.bus {
        None => json!({
            "to": [{ "podSelector": { "matchLabels": deployment.labels("nats") } }],
            "ports": [{ "protocol": "TCP", "port": NATS_PORT }],
        }),
        Some(url) => json!({ "ports": [{ "protocol": "TCP", "port": port_of(url) }] }),
    }
}

fn port_of(url: &str) -> u16 {
    let port = url.rsplit_once(':').map(|(_, port)| port.trim_end_matches('/'));
    port.and_then(|port| port.parse().ok()).unwrap_or(NATS_PORT)
}
