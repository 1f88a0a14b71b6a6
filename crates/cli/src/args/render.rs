//! Render arguments say how a run is laid out on a cluster.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use flashcrowd_kubernetes::{NATS_IMAGE, SecretKey, Target};

const EXAMPLES: &str = "\
Examples:
  flashcrowd render k8s script.js --agents 8 --cpu 2 --memory 4Gi --image registry.example/flashcrowd:0.1.0 \\
      --target shop/app=shop:8080 | kubectl apply -f -
  flashcrowd render k8s plan.yaml --agents 4 --cpu 1 --memory 2Gi --image registry.example/flashcrowd:0.1.0 \\
      --target 10.0.0.0/8:443 --secret-env API_TOKEN=shop/token -o manifests
  flashcrowd render k8s script.js --agents 8 --cpu 2 --memory 4Gi --image registry.example/flashcrowd:0.1.0 \\
      --target app=shop:8080 -- -u 10000 -d 10m --on-loss continue

What is behind -- goes to run. The verdict is the exit code of the pod of the job NAME-lead; its log has the summary.

Exit codes: 0 the manifests were written, 104 invalid options, 107 the test cannot be loaded, 255 anything else.";

/// `render`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RenderArgs {
    /// For what.
    #[command(subcommand)]
    pub platform: Platform,
}

/// What manifests are for.
#[derive(Debug, Subcommand)]
pub enum Platform {
    /// Kubernetes 1.29 or newer
    K8s(Box<K8sArgs>),
}

/// `render k8s`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct K8sArgs {
    /// The test: a k6 script or a YAML plan
    #[arg(value_name = "TEST")]
    pub script: PathBuf,
    /// What makes the load.
    #[command(flatten)]
    pub agent: AgentSizeArgs,
    /// What the run may reach: CIDR:PORT, or [NAMESPACE/]LABEL=VALUE:PORT for pods. Can be repeated
    #[arg(long, value_name = "PLACE", required = true)]
    pub target: Vec<Target>,
    /// The name of the run, which all objects are called after
    #[arg(long, value_name = "NAME", default_value = "flashcrowd")]
    pub run_name: String,
    /// The namespace of all objects [default: that of kubectl]
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// A variable of the test from a Secret; its value is never read here. Can be repeated
    #[arg(long, value_name = "NAME=SECRET/KEY")]
    pub secret_env: Vec<String>,
    /// A NATS server that is there already: nats://HOST:PORT or tls://HOST:PORT [default: one is rendered, too]
    #[arg(long, value_name = "URL")]
    pub bus: Option<String>,
    /// The credentials of that server, a JWT and the seed of an nkey, in a Secret
    #[arg(long, value_name = "SECRET/KEY", requires = "bus")]
    pub bus_creds: Option<SecretKey>,
    /// The PersistentVolumeClaim that the record is kept on, in a folder of the run's name
    #[arg(long, value_name = "CLAIM")]
    pub results: Option<String>,
    /// The image of NATS
    #[arg(long, value_name = "IMAGE", default_value = NATS_IMAGE)]
    pub nats_image: String,
    /// Write a file for each object into this folder [default: all to standard output]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What the run is started with besides
    #[arg(last = true, value_name = "ARGUMENTS OF RUN", allow_hyphen_values = true)]
    pub run: Vec<String>,
}

/// What makes the load.
#[derive(Debug, Args)]
pub struct AgentSizeArgs {
    /// How many agents make the load
    #[arg(long, value_name = "N")]
    pub agents: NonZeroUsize,
    /// Cores of each agent, such as 2 or 500m
    #[arg(long, value_name = "CORES", value_parser = cpu)]
    pub cpu: u64,
    /// Memory of each agent, such as 2Gi or 512Mi
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: u64,
    /// The image with flashcrowd, of this version
    #[arg(long, value_name = "IMAGE")]
    pub image: String,
}

/// Thousandths of a core.
fn cpu(text: &str) -> Result<u64, String> {
    let millis = match text.strip_suffix('m') {
        Some(millis) => millis.parse().ok(),
        None => text.parse::<u64>().ok().and_then(|cores| cores.checked_mul(1000)),
    };
    millis
        .filter(|millis| (100..=1_000_000).contains(millis))
        .ok_or_else(|| "use cores or thousandths of one: 2, 500m".to_owned())
}

/// MiB.
fn memory(text: &str) -> Result<u64, String> {
    let amount = |suffix: &str, of: u64| text.strip_suffix(suffix)?.parse::<u64>().ok()?.checked_mul(of);
    let mib = amount("Mi", 1).or_else(|| amount("Gi", 1024));
    mib.filter(|mib| (64..=1 << 24).contains(mib)).ok_or_else(|| "use 64Mi or more: 512Mi, 2Gi".to_owned())
}
