//! A control group (version 2): what a container uses, and how long it was throttled.

use std::fs;
use std::path::{Path, PathBuf};

use super::kernel::{kernel, rest};
use crate::source::{Reading, SourceError, SourceKind};

/// Control groups as a kind of source.
pub(crate) const CGROUP: SourceKind = SourceKind {
    name: "cgroup",
    schemes: &["cgroup"],
    help: "CPU, throttled time and memory of a control group",
    example: "cgroup:/system.slice/docker.service",
    open: |spec, _| {
        let folder = folder(rest(spec));
        if !folder.join("cgroup.controllers").exists() && !folder.join("cpu.stat").exists() {
            let problem = format!("{} is no control group of version 2", folder.display());
            return Err(SourceError::new(spec, problem));
        }
        kernel(spec, move || read(&folder))
    },
};

const ROOT: &str = "/sys/fs/cgroup";

fn folder(path: &str) -> PathBuf {
    match Path::new(path) {
        path if path.starts_with(ROOT) => path.to_owned(),
        path => Path::new(ROOT).join(path.strip_prefix("/").unwrap_or(path)),
    }
}

fn read(folder: &Path) -> Result<Reading, String> {
    let text = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let cpu = text("cpu.stat").ok_or("the control group is gone")?;
    let field = |text: &str, name: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line?.trim().parse().ok()
    };
    let number = |file: &str| text(file)?.trim().parse::<f64>().ok();
    let mut reading = Reading::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            reading.insert(name.to_owned(), value);
        }
    };
    put("container_cpu_usage_seconds_total", field(&cpu, "usage_usec").map(|micros| micros / 1e6));
    put("container_cpu_cfs_periods_total", field(&cpu, "nr_periods"));
    put("container_cpu_cfs_throttled_periods_total", field(&cpu, "nr_throttled"));
    put(
        "container_cpu_cfs_throttled_seconds_total",
        field(&cpu, "throttled_usec").map(|micros| micros / 1e6),
    );
    put("container_memory_usage_bytes", number("memory.current"));
    put("container_spec_memory_limit_bytes", number("memory.max"));
    put("container_processes", number("pids.current"));
    // `max` or two numbers: microseconds of CPU in each period of so many.
    let quota = text("cpu.max").and_then(|line| {
        let (quota, period) = line.trim().split_once(' ')?;
        Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
    });
    put("container_spec_cpu_cores", quota);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_group_are_read() {
        let folder = std::env::temp_dir().join(format!("cgroup-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |file: &str, text: &str| fs::write(folder.join(file), text).unwrap();
        write(
            "cpu.stat",
            "usage_usec 2500000\nuser_usec 1\nnr_periods 10\nnr_throttled 4\nthrottled_usec 300000\n",
        );
        write("cpu.max", "150000 100000\n");
        write("memory.current", "1048576\n");
        write("memory.max", "max\n");
        let reading = read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let expected = [
            ("container_cpu_usage_seconds_total", 2.5),
            ("container_cpu_cfs_periods_total", 10.0),
            ("container_cpu_cfs_throttled_periods_total", 4.0),
            ("container_cpu_cfs_throttled_seconds_total", 0.3),
            ("container_memory_usage_bytes", 1_048_576.0),
            ("container_spec_cpu_cores", 1.5),
        ];
        assert_eq!(reading, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert!(read(&folder).is_err());
    }

    #[test]
    fn paths_are_those_of_the_mounted_tree() {
        for path in ["system.slice", "/system.slice", "/sys/fs/cgroup/system.slice"] {
            assert_eq!(folder(path), Path::new("/sys/fs/cgroup/system.slice"));
        }
    }
}
