//! A pod of a run: one container without privileges, on a file system that it cannot write.

use serde_json::{Value, json};

use crate::deployment::{Deployment, Resources};
use crate::reference::SecretKey;
use crate::test_file::FOLDER;

/// Nobody, as in distroless images.
const USER: u64 = 65532;
/// Where the record is kept.
pub(crate) const RESULTS: &str = "/results";
const CREDENTIALS: &str = "/etc/flashcrowd";

/// What a pod of the run differs in.
pub(crate) struct Pod<'a> {
    pub(crate) component: &'a str,
    pub(crate) args: Vec<String>,
    pub(crate) resources: Resources,
    /// Whether it has the test and keeps the record.
    pub(crate) leads: bool,
}

impl Pod<'_> {
    /// The template of a Job.
    pub(crate) fn template(&self, deployment: &Deployment) -> Value {
        let (mounts, volumes) = self.volumes(deployment);
        let container = json!({
            "name": self.component,
            "image": deployment.image,
            "args": self.args,
            "env": env(deployment),
            "resources": self.resources.json(),
            "securityContext": container_security(),
            "volumeMounts": mounts,
        });
        json!({
            "metadata": {
                "labels": deployment.labels(self.component),
                // A generator that is moved is lost to its run.
                "annotations": { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" },
            },
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 60,
                "securityContext": pod_security(),
                "topologySpreadConstraints": [{
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": { "matchLabels": deployment.labels(self.component) },
                }],
                "containers": [container],
                "volumes": volumes,
            },
        })
    }

    fn volumes(&self, deployment: &Deployment) -> (Vec<Value>, Vec<Value>) {
        let mut mounts = vec![json!({ "name": "tmp", "mountPath": "/tmp" })];
        let mut volumes = vec![json!({ "name": "tmp", "emptyDir": {} })];
        if self.leads {
            mounts.push(json!({ "name": "test", "mountPath": FOLDER, "readOnly": true }));
            volumes.push(json!({ "name": "test", "configMap": { "name": deployment.called("test") } }));
        }
        if let Some(claim) = deployment.claims.results.as_ref().filter(|_| self.leads) {
            mounts.push(json!({ "name": "results", "mountPath": RESULTS }));
            volumes.push(json!({ "name": "results", "persistentVolumeClaim": { "claimName": claim } }));
        }
        if let Some(SecretKey { secret, key }) = &deployment.claims.bus_creds {
            let items = json!([{ "key": key, "path": "bus.creds" }]);
            let secret = json!({ "secretName": secret, "items": items, "defaultMode": 0o440 });
            mounts.push(json!({ "name": "credentials", "mountPath": CREDENTIALS, "readOnly": true }));
            volumes.push(json!({ "name": "credentials", "secret": secret }));
        }
        (mounts, volumes)
    }
}

fn env(deployment: &Deployment) -> Vec<Value> {
    let secrets = deployment.claims.env.iter().map(|variable| {
        let from = json!({ "name": variable.from.secret, "key": variable.from.key });
        json!({ "name": variable.name, "valueFrom": { "secretKeyRef": from } })
    });
    let credentials = deployment.claims.bus_creds.as_ref();
    let credentials = credentials
        .map(|_| json!({ "name": "FLASHCROWD_BUS_CREDS", "value": format!("{CREDENTIALS}/bus.creds") }));
    secrets.chain(credentials).collect()
}

pub(crate) fn pod_security() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": { "type": "RuntimeDefault" },
    })
}

pub(crate) fn container_security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] },
    })
}
