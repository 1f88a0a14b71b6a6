//! A deployment is a run on a cluster: who makes its load, of what size, and what its pods may reach.

use serde_json::{Value, json};

use crate::error::Invalid;
use crate::names::is_label;
use crate::reference::{SecretEnv, SecretKey};
use crate::target::Target;
use crate::test_file::TestFile;

/// The longest name of a run: pods are called after it, and a label holds 63 characters.
const LONGEST: usize = 40;
/// Where NATS listens.
pub(crate) const NATS_PORT: u16 = 4222;

/// A run on a cluster.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The name of the run: all objects are called after it, and so is it on the bus.
    pub name: String,
    /// The namespace; that of kubectl if none.
    pub namespace: Option<String>,
    /// The image with this program.
    pub image: String,
    /// How many agents make the load.
    pub agents: usize,
    /// What each agent needs.
    pub resources: Resources,
    /// What is run.
    pub test: TestFile,
    /// Arguments of `run` besides those that all such runs have.
    pub args: Vec<String>,
    /// A bus that is there already; none where NATS is part of the deployment.
    pub bus: Option<String>,
    /// The image of NATS.
    pub nats_image: String,
    /// What pods read from Secrets.
    pub claims: Claims,
    /// What the load goes to.
    pub targets: Vec<Target>,
}

/// What pods get of objects that are there already. Only names are known here, never values.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// Variables of the test.
    pub env: Vec<SecretEnv>,
    /// The credentials of the bus.
    pub bus_creds: Option<SecretKey>,
    /// The PersistentVolumeClaim that the record is kept on.
    pub results: Option<String>,
}

/// What one agent needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_millis: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
}

impl Resources {
    /// As Kubernetes writes it. Requests are limits: the pod is of the class Guaranteed, which is evicted last, and the
    /// program starts as many threads as the limit has cores.
    pub(crate) fn json(self) -> Value {
        let amounts =
            json!({ "cpu": format!("{}m", self.cpu_millis), "memory": format!("{}Mi", self.memory_mib) });
        json!({ "requests": amounts, "limits": amounts })
    }
}

impl Deployment {
    /// Everything that is wrong with it.
    pub(crate) fn problems(&self) -> Vec<Invalid> {
        let mut problems = Vec::new();
        if !is_label(&self.name, LONGEST) {
            let wanted = "a letter, then lower-case letters, digits and -";
            problems.push(format!("--run-name is '{}': use 1 to {LONGEST} characters: {wanted}", self.name));
        }
        if let Some(namespace) = self.namespace.as_deref().filter(|name| !is_label(name, 63)) {
            problems.push(format!("--namespace is '{namespace}': use lower-case letters, digits and -"));
        }
        if self.targets.is_empty() {
            problems.push("--target is missing: agents reach nothing else than what it names".to_owned());
        }
        if self.image.trim().is_empty() || self.image.contains(char::is_whitespace) {
            problems.push(format!("--image is '{}': use REGISTRY/NAME:VERSION", self.image));
        }
        problems.extend(self.test.problem());
        problems.into_iter().map(Invalid).collect()
    }

    /// The name of one of its objects.
    pub(crate) fn called(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// What identifies its pods.
    pub(crate) fn labels(&self, component: &str) -> Value {
        json!({
            "app.kubernetes.io/name": "flashcrowd",
            "app.kubernetes.io/instance": self.name,
            "app.kubernetes.io/component": component,
        })
    }

    /// The head of one of its objects.
    pub(crate) fn metadata(&self, part: &str, component: &str) -> Value {
        let mut metadata = json!({ "name": self.called(part), "labels": self.labels(component) });
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = json!(namespace);
        }
        metadata
    }

    /// Where its processes meet.
    pub(crate) fn bus_url(&self) -> String {
        self.bus.clone().unwrap_or_else(|| format!("nats://{}:{}", self.called("nats"), NATS_PORT))
    }
}
