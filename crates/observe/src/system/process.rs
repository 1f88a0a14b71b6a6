//! Processes of this machine, by number or by name: those of one name together, as a server and its workers are.

use procfs::process::Process;
use procfs::{CurrentSI, KernelStats, ProcError};

use super::kernel::{kernel, rest};
use crate::source::{Reading, SourceError, SourceKind};

/// Processes as a kind of source.
pub(crate) const PROCESS: SourceKind = SourceKind {
    name: "process",
    schemes: &["process", "pid"],
    help: "CPU, memory, threads and open files of a process, or of all of a name together",
    example: "process:java",
    open: |spec, _| {
        let which = rest(spec).trim().to_owned();
        if which.is_empty() {
            return Err(SourceError::new(spec, "name a process, such as process:java or process:1234"));
        }
        kernel(spec, move || read(&which))
    },
};

fn read(which: &str) -> Result<Reading, String> {
    let processes = find(which)?;
    let ticks = procfs::ticks_per_second() as f64;
    let page = procfs::page_size() as f64;
    let booted = KernelStats::current().map_err(|error| error.to_string())?.btime as f64;
    let mut started = f64::INFINITY;
    let [mut cpu, mut memory, mut threads, mut files, mut most] = [0.0; 5];
    for process in &processes {
        // One that ended just now has nothing to tell.
        let Ok(stat) = process.stat() else { continue };
        cpu += (stat.utime + stat.stime) as f64 / ticks;
        memory += stat.rss as f64 * page;
        threads += stat.num_threads as f64;
        started = started.min(booted + stat.starttime as f64 / ticks);
        if let (Ok(count), Ok(limits)) = (process.fd_count(), process.limits()) {
            files += count as f64;
            most += match limits.max_open_files.soft_limit {
                procfs::process::LimitValue::Value(most) => most as f64,
                procfs::process::LimitValue::Unlimited => f64::INFINITY,
            };
        }
    }
    if !started.is_finite() {
        return Err(gone(which));
    }
    let mut reading = Reading::from([
        ("process_cpu_seconds_total".to_owned(), cpu),
        ("process_resident_memory_bytes".to_owned(), memory),
        ("process_threads".to_owned(), threads),
        ("process_start_time_seconds".to_owned(), started),
        ("process_count".to_owned(), processes.len() as f64),
    ]);
    // Files of another user's processes cannot be counted.
    if files > 0.0 && most.is_finite() {
        reading.extend([("process_open_fds".to_owned(), files), ("process_max_fds".to_owned(), most)]);
    }
    Ok(reading)
}

/// The processes that are meant; never the one that asks.
fn find(which: &str) -> Result<Vec<Process>, String> {
    if let Ok(pid) = which.parse::<i32>() {
        return match Process::new(pid) {
            Ok(process) => Ok(vec![process]),
            Err(ProcError::NotFound(_)) => Err(gone(which)),
            Err(error) => Err(error.to_string()),
        };
    }
    let own = std::process::id() as i32;
    let all = procfs::process::all_processes().map_err(|error| error.to_string())?;
    let is_meant = |process: &Process| process.pid != own && is_called(process, which);
    let found: Vec<Process> = all.flatten().filter(is_meant).collect();
    if found.is_empty() { Err(gone(which)) } else { Ok(found) }
}

/// Whether its program is called so: by the kernel, which keeps fifteen characters, or by its command line.
fn is_called(process: &Process, name: &str) -> bool {
    let by_kernel = process.stat().is_ok_and(|stat| stat.comm == name);
    by_kernel
        || process.cmdline().is_ok_and(|words| {
            words
                .first()
                .and_then(|program| program.rsplit('/').next())
                .is_some_and(|program| program == name)
        })
}

fn gone(which: &str) -> String {
    match which.parse::<i32>() {
        Ok(_) => format!("there is no process {which}"),
        Err(_) => format!("no process is called {which}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_by_number_and_by_name() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        // The kernel counts the memory of one that just started a little later.
        let by_number = loop {
            let reading = read(&child.id().to_string()).unwrap();
            if reading["process_resident_memory_bytes"] > 0.0 {
                break reading;
            }
        };
        assert_eq!(by_number["process_count"], 1.0);
        assert!(by_number["process_open_fds"] >= 3.0, "{by_number:?}");
        assert!(by_number["process_start_time_seconds"] > 1.6e9, "{by_number:?}");
        assert!(read("sleep").unwrap()["process_count"] >= 1.0);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(read(&child.id().to_string()), Err(format!("there is no process {}", child.id())));
        assert_eq!(read("no-such-program"), Err("no process is called no-such-program".to_owned()));
    }
}
