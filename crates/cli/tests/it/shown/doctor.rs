//! What `doctor` finds on a machine that is set up well, and on one that is not.

use serde_json::Value;

use crate::run::{Outcome, Run};

/// The files of a machine that is set up well.
const FILES: [(&str, &str); 16] = [
    ("proc/self/limits", "Limit  Soft Limit  Hard Limit  Units\nMax open files  1024  1048576  files\n"),
    ("proc/self/cgroup", "0::/own.slice\n"),
    ("proc/stat", "cpu  10 0 10 960 0 0 0 0 0 0\ncpu0 5 0 5 480 0 0 0 0\ncpu1 5 0 5 480 0 0 0 0\n"),
    ("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"),
    ("sys/fs/cgroup/own.slice/cpu.max", "max 100000\n"),
    ("sys/fs/cgroup/own.slice/cpu.stat", "usage_usec 1\nnr_periods 1000\nnr_throttled 0\n"),
    ("sys/fs/cgroup/own.slice/memory.max", "max\n"),
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
    ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
    ("proc/sys/net/ipv4/tcp_tw_reuse", "2\n"),
    ("proc/sys/net/core/somaxconn", "4096\n"),
    ("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"),
    ("proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n"),
    ("proc/sys/net/netfilter/nf_conntrack_max", "262144\n"),
];

/// Looks at such a machine, some of whose files are others.
fn doctor(others: &[(&str, &str)], flags: &str) -> Outcome {
    let run = Run::of("doctor --root machine").args(flags);
    let files = FILES.iter().chain(others);
    files.fold(run, |run, (path, text)| run.file(&format!("machine/{path}"), text)).go()
}

fn state(outcome: &Outcome, id: &str) -> (String, Option<String>) {
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let check = document["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
    (check["state"].as_str().unwrap().to_owned(), check["fix"].as_str().map(str::to_owned))
}

#[test]
fn a_machine_that_is_set_up_well_has_nothing_to_mend() {
    let outcome = doctor(&[], "--strict");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    insta::assert_snapshot!(outcome.stdout);
}

/// A file that is otherwise, the check that finds it, what it is, and what mends it.
const WRONG: [(&str, &str, &str, &str, &str); 17] = [
    ("open-files", "proc/self/limits", "Max open files  1024  1024  files\n", "bad", "ulimit -n 1048576"),
    (
        "open-files",
        "proc/self/limits",
        "Max open files  1024  20000  files\n",
        "warning",
        "ulimit -n 1048576",
    ),
    ("cpu-quota", "sys/fs/cgroup/own.slice/cpu.max", "50000 100000\n", "bad", "--cpus"),
    ("cpu-quota", "sys/fs/cgroup/own.slice/cpu.max", "150000 100000\n", "warning", "--cpus"),
    ("cpu-throttling", "sys/fs/cgroup/own.slice/cpu.stat", "nr_periods 100\nnr_throttled 30\n", "bad", ""),
    ("cpu-stolen", "proc/stat", "cpu  10 0 10 900 0 0 0 50\ncpu0 1\ncpu1 1\n", "warning", ""),
    ("cpu-others", "proc/stat", "cpu  900 0 10 90 0 0 0 0\ncpu0 1\ncpu1 1\n", "bad", "top"),
    (
        "cpu-governor",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "powersave\n",
        "warning",
        "cpupower",
    ),
    ("clock", "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n", "warning", "tsc"),
    ("memory", "sys/fs/cgroup/own.slice/memory.max", "268435456\n", "bad", ""),
    (
        "swap",
        "proc/meminfo",
        "MemAvailable: 6000000 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n",
        "warning",
        "swapoff",
    ),
    (
        "huge-pages",
        "sys/kernel/mm/transparent_hugepage/enabled",
        "[always] madvise never\n",
        "warning",
        "madvise",
    ),
    ("ports", "proc/sys/net/ipv4/ip_local_port_range", "50000\t50999\n", "warning", "ip_local_port_range"),
    ("ports-again", "proc/sys/net/ipv4/tcp_tw_reuse", "0\n", "warning", "tcp_tw_reuse=1"),
    ("backlog", "proc/sys/net/core/somaxconn", "128\n", "warning", "somaxconn=4096"),
    ("buffers", "proc/sys/net/ipv4/tcp_rmem", "4096 87380 212992\n", "warning", "tcp_rmem"),
    (
        "connection-tracking",
        "proc/sys/net/netfilter/nf_conntrack_max",
        "8192\n",
        "warning",
        "nf_conntrack_max",
    ),
];

#[test]
fn each_thing_that_bends_a_run_is_found_with_what_mends_it() {
    for (id, path, text, state_of, fix) in WRONG {
        let outcome = doctor(&[(path, text)], "--json");
        let (found, mends) = state(&outcome, id);
        assert_eq!(
            (found.as_str(), outcome.code),
            (state_of, Some(if state_of == "bad" { 99 } else { 0 })),
            "{id}: {text}"
        );
        assert!(mends.unwrap_or_default().contains(fix), "{id}: {outcome:?}");
        assert_eq!(doctor(&[(path, text)], "--json --strict").code, Some(99), "{id}");
    }
}

#[test]
fn quotas_of_older_control_groups_are_known_too() {
    let run = Run::of("doctor --root machine --json")
        .file("machine/proc/stat", "cpu  1 0 1 98 0 0 0 0\ncpu0 1\ncpu1 1\n");
    let run = run.file("machine/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
    let outcome = run.file("machine/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n").go();
    assert_eq!(state(&outcome, "cpu-quota").0, "warning", "{outcome:?}");
}

#[test]
fn where_nothing_is_known_nothing_is_said_and_korean_is_spoken() {
    let nothing = Run::of("doctor --root nowhere --json --strict").go();
    assert_eq!(nothing.code, Some(0), "{nothing:?}");
    assert_eq!(nothing.stdout.matches("\"unknown\"").count(), 15, "{nothing:?}");
    let korean = doctor(&[("proc/self/limits", "Max open files  1024  1024  files\n")], "--lang ko");
    assert!(korean.stdout.contains("연결 하나가 파일 하나를 씁니다"), "{korean:?}");
}

#[test]
fn a_run_that_needs_more_files_than_there_may_be_is_warned() {
    let script = "export const options = { vus: 300, iterations: 300 }; export default () => {};";
    let run = Run::new().script(script).through("prlimit", &["--nofile=200:200"]);
    let outcome = run.go();
    assert!(
        outcome.stderr.contains("may open 200 files, and 300 virtual users need a connection each"),
        "{outcome:?}"
    );
}
