//! What Linux tells of this machine, of processes on it and of control groups, under the names that node_exporter, the
//! clients of Prometheus and cAdvisor give it.

mod cgroup;
mod host;
mod kernel;
mod process;

pub(crate) use cgroup::CGROUP;
pub(crate) use host::HOST;
pub(crate) use process::PROCESS;
