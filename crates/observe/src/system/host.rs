//! This machine: CPU by mode, run queue, memory, swap, disks, network.

use procfs::{Current, CurrentSI, KernelStats, LoadAverage, Meminfo};

use super::kernel::kernel;
use crate::source::{Reading, SourceKind};

/// This machine as a kind of source.
pub(crate) const HOST: SourceKind = SourceKind {
    name: "host",
    schemes: &["host"],
    help: "CPU, run queue, memory, swap, disks and network of this machine",
    example: "host",
    open: |spec, _| kernel(spec, || read().map_err(|error| error.to_string())),
};

/// Bytes of a sector in the statistics of disks.
const SECTOR: u64 = 512;

fn read() -> procfs::ProcResult<Reading> {
    let mut reading = Reading::new();
    let mut put = |name: String, value: f64| reading.insert(name, value);
    let stats = KernelStats::current()?;
    let ticks = procfs::ticks_per_second() as f64;
    let cpu = &stats.total;
    for (mode, time) in [
        ("user", Some(cpu.user)),
        ("nice", Some(cpu.nice)),
        ("system", Some(cpu.system)),
        ("idle", Some(cpu.idle)),
        ("iowait", cpu.iowait),
        ("irq", cpu.irq),
        ("softirq", cpu.softirq),
        ("steal", cpu.steal),
    ] {
        if let Some(time) = time {
            put(format!("node_cpu_seconds_total{{mode=\"{mode}\"}}"), time as f64 / ticks);
        }
    }
    put("node_context_switches_total".to_owned(), stats.ctxt as f64);
    for (name, count) in [("running", stats.procs_running), ("blocked", stats.procs_blocked)] {
        if let Some(count) = count {
            put(format!("node_procs_{name}"), f64::from(count));
        }
    }
    put("node_load1".to_owned(), f64::from(LoadAverage::current()?.one));
    let memory = Meminfo::current()?;
    for (name, bytes) in [
        ("MemTotal", Some(memory.mem_total)),
        ("MemAvailable", memory.mem_available),
        ("SwapTotal", Some(memory.swap_total)),
        ("SwapFree", Some(memory.swap_free)),
    ] {
        if let Some(bytes) = bytes {
            put(format!("node_memory_{name}_bytes"), bytes as f64);
        }
    }
    for disk in procfs::diskstats()?.into_iter().filter(|disk| is_disk(&disk.name)) {
        let device = format!("{{device=\"{}\"}}", disk.name);
        put(format!("node_disk_io_time_seconds_total{device}"), disk.time_in_progress as f64 / 1e3);
        put(format!("node_disk_read_bytes_total{device}"), (disk.sectors_read * SECTOR) as f64);
        put(format!("node_disk_written_bytes_total{device}"), (disk.sectors_written * SECTOR) as f64);
    }
    for (name, device) in procfs::net::dev_status()? {
        let device_label = format!("{{device=\"{name}\"}}");
        put(format!("node_network_receive_bytes_total{device_label}"), device.recv_bytes as f64);
        put(format!("node_network_transmit_bytes_total{device_label}"), device.sent_bytes as f64);
        put(format!("node_network_receive_drop_total{device_label}"), device.recv_drop as f64);
    }
    Ok(reading)
}

/// Whether it is a disk, and neither a part of one nor a file in its place.
fn is_disk(name: &str) -> bool {
    let is_part = match name {
        _ if name.starts_with("nvme") || name.starts_with("mmcblk") => name.contains('p'),
        _ => name.ends_with(|c: char| c.is_ascii_digit()),
    };
    !is_part && !["loop", "ram", "zram", "sr", "dm-"].iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_disks_are_no_disks() {
        for (name, expected) in [
            ("sda", true),
            ("sda1", false),
            ("nvme0n1", true),
            ("nvme0n1p2", false),
            ("loop3", false),
            ("vdb", true),
        ] {
            assert_eq!(is_disk(name), expected, "{name}");
        }
    }

    #[test]
    fn this_machine_has_memory_and_computes() {
        let reading = read().unwrap();
        assert!(reading["node_memory_MemTotal_bytes"] > reading["node_memory_MemAvailable_bytes"]);
        let cpu = |mode: &str| reading[&format!("node_cpu_seconds_total{{mode=\"{mode}\"}}")];
        assert!(cpu("user") + cpu("idle") > 0.0 && reading["node_procs_running"] >= 1.0, "{reading:?}");
    }
}
