//! Facts about a run that its record keeps: what was run, with which tool, on which machine.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use flashcrowd_engine::{Arrivals, ScenarioConfig, Share};
use flashcrowd_record::{HostInfo, Phase, RunInfo, Tool};
use flashcrowd_test::Test;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::settings::Settings;
use crate::system::clock;
use crate::system::process;

/// This program.
pub fn tool() -> Tool {
    Tool { name: "flashcrowd".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// A time of day as records write it.
pub fn rfc3339(at: SystemTime) -> String {
    OffsetDateTime::from(at).format(&Rfc3339).unwrap_or_default()
}

/// The seed of a test's random arrivals; none where there are none. The same for all processes that share a test.
pub(crate) fn seed(test: &dyn Test) -> Option<u64> {
    let mut arrivals = test.scenarios().iter().filter_map(|scenario| scenario.executor.arrivals());
    let options = test.options();
    arrivals.any(Arrivals::is_random).then(|| {
        let shared = (*options.share() != Share::whole()).then_some(0);
        options.seed().or(shared).unwrap_or_else(at_random)
    })
}

/// A number that is short enough to be typed.
fn at_random() -> u64 {
    RandomState::new().hash_one("seed") >> 32
}

/// What the record says of a run before it starts; secrets are taken out when it is written.
pub fn run_info(test: &dyn Test, settings: &Settings) -> RunInfo {
    if let Some(info) = test.recorded() {
        return RunInfo { secrets: settings.log.secrets(), ..info };
    }
    RunInfo {
        version: flashcrowd_record::FORMAT_VERSION,
        tool: tool(),
        test: test.info(),
        start: rfc3339(clock::now()),
        args: settings.args.clone(),
        workers: Some(settings.threads()),
        options: test.options().to_json(),
        env: settings.env.clone().into_iter().collect(),
        sources: test.sources(),
        host: host(),
        target: test.target(),
        charts: charts(test, settings),
        search: test.search(),
        phases: phases(test.scenarios()),
        expected: test.expected(),
        seed: None,
        secrets: settings.log.secrets(),
    }
}

/// The target's series that the test or its caller asked to see, each once.
pub fn charts(test: &dyn Test, settings: &Settings) -> Vec<String> {
    let mut asked = test.charts();
    for one in &settings.charts {
        if !asked.contains(one) {
            asked.push(one.clone());
        }
    }
    asked
}

/// The parts of the test that have one load each.
fn phases(scenarios: &[ScenarioConfig]) -> Vec<Phase> {
    let recorded = flashcrowd_engine::phases(scenarios).into_iter().map(|phase| Phase {
        scenario: phase.scenario,
        start: phase.start.as_secs_f64(),
        settled: phase.settled.as_secs_f64(),
        end: phase.end.as_secs_f64(),
        users: phase.users,
        rate: phase.rate,
        ramp_from: phase.ramp_from,
    });
    recorded.collect()
}

fn host() -> HostInfo {
    let of_kernel = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?;
        Some(text.trim().to_owned())
    };
    HostInfo {
        name: of_kernel("hostname").unwrap_or_default(),
        boot: of_kernel("random/boot_id"),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpus: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        memory_bytes: flashcrowd_http::machine_memory().map(|bytes| bytes as u64),
        open_files: process::file_limit(),
        local_ports: local_ports(),
        cpu_quota_millis: process::cpu_quota_millis(),
    }
}

/// The range of ports that connections are made from.
fn local_ports() -> Option<(u16, u16)> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ports = range.split_whitespace().map_while(|port| port.parse().ok());
    ports.next().zip(ports.next())
}
