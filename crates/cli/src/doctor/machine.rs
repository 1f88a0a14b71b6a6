//! The machine as Linux describes it, in files below `/proc` and `/sys`.

use std::fs;
use std::path::PathBuf;

/// Where the files of a machine are.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

/// The CPU time of all cores since the machine started, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cpu {
    /// Spent on programs and the kernel.
    pub busy: f64,
    /// Not used.
    pub idle: f64,
    /// What other machines on the same hardware had.
    pub stolen: f64,
}

impl Machine {
    /// A machine whose files are below this folder: `/`, or a copy.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The text of a file; none where there is no such file.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok().map(|text| text.trim().to_owned())
    }

    /// The first number of a file.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.text(path)?.split_whitespace().next()?.parse().ok()
    }

    /// The number behind a word at the beginning of a line.
    pub(super) fn field(&self, path: &str, name: &str) -> Option<f64> {
        let text = self.text(path)?;
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.trim_start_matches(':').split_whitespace().next()?.parse().ok()
    }

    /// How many cores the machine has.
    pub(super) fn cores(&self) -> Option<usize> {
        let text = self.text("proc/stat")?;
        let is_core = |line: &&str| {
            line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        Some(text.lines().filter(is_core).count()).filter(|cores| *cores > 0)
    }

    /// What it says now.
    pub fn cpu(&self) -> Option<Cpu> {
        let text = self.text("proc/stat")?;
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal
        let [user, nice, system, idle, waiting, irq, softirq, stolen] = *ticks.first_chunk()?;
        Some(Cpu { busy: user + nice + system + irq + softirq, idle: idle + waiting, stolen })
    }

    /// A file of this process's control group (version 2).
    pub(super) fn group(&self, file: &str) -> Option<String> {
        let text = self.text("proc/self/cgroup")?;
        let path = text.lines().find_map(|line| line.strip_prefix("0::"))?.trim_start_matches('/').to_owned();
        // In a container the group is the root of what is seen.
        let own = self.text(&format!("sys/fs/cgroup/{path}/{file}"));
        own.or_else(|| self.text(&format!("sys/fs/cgroup/{file}")))
    }

    /// How many cores this process's control group may use, if that is limited.
    pub(super) fn quota(&self) -> Option<f64> {
        if let Some(text) = self.group("cpu.max") {
            let (quota, period) = text.split_once(' ')?;
            return Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?);
        }
        // Version 1, as a container sees its own group.
        let of = |file: &str| self.number(&format!("sys/fs/cgroup/cpu/cpu.cfs_{file}_us"));
        of("quota").filter(|quota| *quota > 0.0).zip(of("period")).map(|(quota, period)| quota / period)
    }

    /// How many files this process may open: now, and at most.
    pub(super) fn files(&self) -> Option<(f64, f64)> {
        let text = self.text("proc/self/limits")?;
        let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
        let mut limits = line
            .split_whitespace()
            .map(|word| if word == "unlimited" { Some(f64::INFINITY) } else { word.parse().ok() });
        Some((limits.next()??, limits.next()??))
    }
}
