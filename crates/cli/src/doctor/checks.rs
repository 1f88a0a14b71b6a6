//! The checks of a machine, in one table: what was found, what is wanted, why, and the command that mends it.

use flashcrowd_text::{Lang, figure};
use serde::Serialize;

use super::machine::{Cpu, Machine};
use super::words;

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It bends some runs.
    Warning,
    /// It bends every run of any size.
    Bad,
    /// This machine has nothing of the kind, or does not tell.
    Unknown,
}

/// A check of a machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Its name.
    pub id: &'static str,
    /// What it came to.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What is wanted.
    pub wanted: String,
    /// Why that is.
    pub why: String,
    /// The command that mends it, where it is not as it should be and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// What is looked at: the machine, and its CPU time over a moment.
struct Look<'a> {
    machine: &'a Machine,
    cpu: Option<Cpu>,
    lang: Lang,
}

/// A row of the table.
struct Row {
    id: &'static str,
    /// What was found, and what it comes to; none where it is not known.
    look: fn(&Look<'_>) -> Option<(String, State)>,
    wanted: fn(Lang) -> String,
    why: fn(Lang) -> String,
    fix: Option<&'static str>,
}

/// Fewer files than this bend every run, fewer than that larger ones.
const FILES: (f64, f64) = (4_096.0, 65_536.0);

/// How much CPU time others may use or take.
const OTHERS: f64 = 0.25;
const STOLEN: f64 = 0.02;

/// How many of a control group's periods may be throttled.
const THROTTLED: f64 = 0.01;

/// Memory that is available: for a run at all, and for larger ones.
const MEMORY: (f64, f64) = (512e6, 2e9);

/// Ports for connections to one address, and how long each rests after its connection was closed.
const PORTS: f64 = 28_000.0;
const REST: f64 = 60.0;

const TABLE: [Row; 15] = [
    Row {
        id: "open-files",
        look: |look| {
            let (now, most) = look.machine.files()?;
            let state = worse(most < FILES.0, most < FILES.1);
            let found = match now < most {
                true => words::files(look.lang, &count(most), &count(now)),
                false => count(most),
            };
            Some((found, state))
        },
        wanted: |_| format!("≥ {}", count(FILES.1)),
        why: words::why_files,
        fix: Some("ulimit -n 1048576   # systemd: LimitNOFILE=1048576; docker run --ulimit nofile=1048576"),
    },
    Row {
        id: "cpu-quota",
        look: |look| {
            let cores = look.machine.cores()? as f64;
            let quota = look.machine.quota().unwrap_or(cores);
            let found = words::quota(look.lang, &figure::number(quota), &figure::number(cores));
            Some((found, worse(quota < 1.0, quota < cores)))
        },
        wanted: words::all_cores,
        why: words::why_quota,
        fix: Some("docker run --cpus N   # Kubernetes: no limits.cpu; requests.cpu as many as are used"),
    },
    Row {
        id: "cpu-throttling",
        look: |look| {
            let stat = look.machine.group("cpu.stat")?;
            let of = |name: &str| {
                stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok())
            };
            let (periods, throttled) = (of("nr_periods ")?, of("nr_throttled ")?);
            let share = if periods > 0.0 { throttled / periods } else { 0.0 };
            Some((figure::percent(share), worse(share > 10.0 * THROTTLED, share > THROTTLED)))
        },
        wanted: |_| format!("≤ {}", figure::percent(THROTTLED)),
        why: words::why_throttling,
        fix: None,
    },
    Row {
        id: "cpu-stolen",
        look: |look| share_of_cpu(look, |cpu| cpu.stolen, STOLEN),
        wanted: |_| format!("≤ {}", figure::percent(STOLEN)),
        why: words::why_stolen,
        fix: None,
    },
    Row {
        id: "cpu-others",
        look: |look| share_of_cpu(look, |cpu| cpu.busy, OTHERS),
        wanted: |_| format!("≤ {}", figure::percent(OTHERS)),
        why: words::why_others,
        fix: Some("top"),
    },
    Row {
        id: "cpu-governor",
        look: |look| {
            let governor = look.machine.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")?;
            let is_slow = matches!(governor.as_str(), "powersave" | "conservative" | "ondemand");
            Some((governor, worse(false, is_slow)))
        },
        wanted: |_| "performance".to_owned(),
        why: words::why_governor,
        fix: Some("cpupower frequency-set -g performance"),
    },
    Row {
        id: "clock",
        look: |look| {
            let clock =
                look.machine.text("sys/devices/system/clocksource/clocksource0/current_clocksource")?;
            let is_slow = matches!(clock.as_str(), "hpet" | "acpi_pm" | "jiffies" | "refined-jiffies");
            Some((clock, worse(false, is_slow)))
        },
        wanted: |_| "tsc, kvm-clock".to_owned(),
        why: words::why_clock,
        fix: Some("echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"),
    },
    Row {
        id: "memory",
        look: |look| {
            let available = look.machine.field("proc/meminfo", "MemAvailable")? * 1024.0;
            let limit = look.machine.group("memory.max").and_then(|text| text.parse::<f64>().ok());
            let used = look.machine.group("memory.current").and_then(|text| text.parse::<f64>().ok());
            let left = limit.map_or(f64::INFINITY, |limit| limit - used.unwrap_or_default());
            let free = available.min(left).max(0.0);
            Some((figure::bytes(free), worse(free < MEMORY.0, free < MEMORY.1)))
        },
        wanted: |_| format!("≥ {}", figure::bytes(MEMORY.1)),
        why: words::why_memory,
        fix: None,
    },
    Row {
        id: "swap",
        look: |look| {
            let total = look.machine.field("proc/meminfo", "SwapTotal")? * 1024.0;
            let used = total - look.machine.field("proc/meminfo", "SwapFree")? * 1024.0;
            Some((
                words::swap(look.lang, &figure::bytes(used), &figure::bytes(total)),
                worse(false, used > 0.0),
            ))
        },
        wanted: words::none_used,
        why: words::why_swap,
        fix: Some("swapoff -a"),
    },
    Row {
        id: "huge-pages",
        look: |look| {
            let text = look.machine.text("sys/kernel/mm/transparent_hugepage/enabled")?;
            let chosen =
                text.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'))?;
            Some((chosen.to_owned(), worse(false, chosen == "always")))
        },
        wanted: |_| "madvise, never".to_owned(),
        why: words::why_huge_pages,
        fix: Some("echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"),
    },
    Row {
        id: "ports",
        look: |look| {
            let ports = ports(look.machine)?;
            let found = words::ports(look.lang, &count(ports), &figure::number(ports / REST));
            Some((found, worse(ports < 1_000.0, ports < PORTS)))
        },
        wanted: |_| format!("≥ {}", count(PORTS)),
        why: words::why_ports,
        fix: Some("sysctl -w net.ipv4.ip_local_port_range='1024 65535'"),
    },
    Row {
        id: "ports-again",
        look: |look| {
            let reuse = look.machine.number("proc/sys/net/ipv4/tcp_tw_reuse")?;
            Some((figure::number(reuse), worse(false, reuse == 0.0)))
        },
        wanted: words::reuse,
        why: words::why_reuse,
        fix: Some("sysctl -w net.ipv4.tcp_tw_reuse=1"),
    },
    Row {
        id: "backlog",
        look: |look| {
            let backlog = look.machine.number("proc/sys/net/core/somaxconn")?;
            Some((count(backlog), worse(false, backlog < 1_024.0)))
        },
        wanted: |_| format!("≥ {}", count(4_096.0)),
        why: words::why_backlog,
        fix: Some("sysctl -w net.core.somaxconn=4096"),
    },
    Row {
        id: "buffers",
        look: |look| {
            let most = |path| look.machine.text(path)?.split_whitespace().last()?.parse::<f64>().ok();
            let (read, write) = (most("proc/sys/net/ipv4/tcp_rmem")?, most("proc/sys/net/ipv4/tcp_wmem")?);
            let found = format!("{} / {}", figure::bytes(read), figure::bytes(write));
            Some((found, worse(false, read.min(write) < 1e6)))
        },
        wanted: |_| format!("≥ {}", figure::bytes(4e6)),
        why: words::why_buffers,
        fix: Some("sysctl -w net.ipv4.tcp_rmem='4096 131072 6291456' net.ipv4.tcp_wmem='4096 16384 4194304'"),
    },
    Row {
        id: "connection-tracking",
        look: |look| {
            let most = look.machine.number("proc/sys/net/netfilter/nf_conntrack_max")?;
            let now = look.machine.number("proc/sys/net/netfilter/nf_conntrack_count").unwrap_or_default();
            let found = words::tracked(look.lang, &count(now), &count(most));
            Some((found, worse(now > 0.9 * most, now > 0.5 * most || most < 65_536.0)))
        },
        wanted: |_| format!("≥ {}", count(262_144.0)),
        why: words::why_tracking,
        fix: Some("sysctl -w net.netfilter.nf_conntrack_max=262144"),
    },
];

/// Looks at everything; `cpu` is the CPU time of all programs over a moment.
pub fn checks(machine: &Machine, cpu: Option<Cpu>, lang: Lang) -> Vec<Check> {
    let look = Look { machine, cpu, lang };
    TABLE.iter().map(|row| row.check(&look)).collect()
}

impl Row {
    fn check(&self, look: &Look<'_>) -> Check {
        let (found, state) =
            (self.look)(look).unwrap_or_else(|| (words::not_there(look.lang), State::Unknown));
        let is_wrong = matches!(state, State::Warning | State::Bad);
        Check {
            id: self.id,
            state,
            found,
            wanted: (self.wanted)(look.lang),
            why: (self.why)(look.lang),
            fix: self.fix.filter(|_| is_wrong).map(str::to_owned),
        }
    }
}

/// How many connections to one address there can be at a time.
fn ports(machine: &Machine) -> Option<f64> {
    let text = machine.text("proc/sys/net/ipv4/ip_local_port_range")?;
    let (first, last) = text.split_once(char::is_whitespace)?;
    Some(last.trim().parse::<f64>().ok()? - first.trim().parse::<f64>().ok()? + 1.0)
}

fn share_of_cpu(look: &Look<'_>, part: fn(Cpu) -> f64, most: f64) -> Option<(String, State)> {
    let cpu = look.cpu?;
    let all = cpu.busy + cpu.idle + cpu.stolen;
    let share = if all > 0.0 { part(cpu) / all } else { return None };
    Some((figure::percent(share), worse(share > 3.0 * most, share > most)))
}

fn worse(is_bad: bool, is_doubtful: bool) -> State {
    match (is_bad, is_doubtful) {
        (true, _) => State::Bad,
        (false, true) => State::Warning,
        (false, false) => State::Ok,
    }
}

fn count(count: f64) -> String {
    if count.is_finite() { figure::count(count.max(0.0) as u64) } else { "∞".to_owned() }
}
