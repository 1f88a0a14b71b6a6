//! The run's own NATS: one server with JetStream, whose data lasts as long as its pod.

use serde_json::{Value, json};

use crate::deployment::{Deployment, NATS_PORT, Resources};
use crate::manifest::Manifest;
use crate::network;
use crate::pod::{container_security, pod_security};

/// The image of NATS unless another is asked for.
pub const NATS_IMAGE: &str = "nats:2.14.8";
/// Where it tells how it is.
const HEALTH_PORT: u16 = 8222;
const SIZE: Resources = Resources { cpu_millis: 1000, memory_mib: 1024 };

/// Its manifests.
pub(crate) fn manifests(deployment: &Deployment) -> Vec<Manifest> {
    vec![network::of_nats(deployment), service(deployment), stateful_set(deployment)]
}

/// A headless service: its name leads to the pod itself, without an address between that would have to be balanced.
fn service(deployment: &Deployment) -> Manifest {
    Manifest::new(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": deployment.metadata("nats", "nats"),
        "spec": {
            "clusterIP": "None",
            "selector": deployment.labels("nats"),
            "ports": [{ "name": "client", "port": NATS_PORT, "targetPort": "client" }],
        },
    }))
}

fn stateful_set(deployment: &Deployment) -> Manifest {
    let labels = deployment.labels("nats");
    Manifest::new(json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": deployment.metadata("nats", "nats"),
        "spec": {
            "serviceName": deployment.called("nats"),
            "replicas": 1,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "securityContext": pod_security(),
                    "containers": [container(deployment)],
                    "volumes": [{ "name": "data", "emptyDir": { "sizeLimit": "2Gi" } }],
                },
            },
        },
    }))
}

fn container(deployment: &Deployment) -> Value {
    let probe = json!({ "httpGet": { "path": "/healthz", "port": "health" }, "periodSeconds": 2 });
    json!({
        "name": "nats",
        "image": deployment.nats_image,
        "args": ["-js", "-sd", "/data", "-p", NATS_PORT.to_string(), "-m", HEALTH_PORT.to_string()],
        "ports": [{ "name": "client", "containerPort": NATS_PORT }, { "name": "health", "containerPort": HEALTH_PORT }],
        "readinessProbe": probe,
        "resources": SIZE.json(),
        "securityContext": container_security(),
        "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
    })
}
