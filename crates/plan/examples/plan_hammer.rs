//! Measures what a request of a plan costs: `plan_hammer URL [USERS] [REQUESTS]` runs a plan of one GET on one thread, and
//! tells the CPU time that each request took, beside those of the example `hammer` of the HTTP client.
#![expect(clippy::print_stdout, reason = "a measuring tool prints its result")]

use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use flashcrowd_engine::{TestConfig, Watchers, parse_scenarios, run_here};
use flashcrowd_http::{ClientConfig, SystemTags};
use flashcrowd_metrics::{Builtin, Plan, Registry, Stat, TagSet, View};
use flashcrowd_plan::{
    Body, Call, Mix, Part, PlanBehaviour, PlanSettings, TargetMetrics, Template, TestPlan,
};
use http::Method;
use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::Instant;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(url) = args.first() else {
        return Err(io::Error::other("usage: plan_hammer URL [USERS] [REQUESTS]"));
    };
    let number = |index: usize, or: u64| args.get(index).and_then(|text| text.parse().ok()).unwrap_or(or);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, hammer(url, number(1, 50), number(2, 500_000)))
}

async fn hammer(url: &str, users: u64, requests: u64) -> io::Result<()> {
    let plan = plan(url, users, requests / users.max(1));
    let registry = Registry::new();
    let tags = ["proto", "status", "method", "name", "group", "check", "scenario", "expected_response"];
    let settings = PlanSettings {
        http: ClientConfig::default().build().map_err(io::Error::other)?,
        system_tags: SystemTags::new(tags.map(str::to_owned)),
        run_tags: TagSet::empty(),
        registry: registry.clone(),
        log: Arc::new(()),
    };
    let mut kept = Plan::new(registry);
    kept.views.push(View { name: "requests", metrics: Vec::new(), tags: vec!["method", "name", "status"] });
    let test = TestConfig::new(plan.scenarios.clone(), Arc::new(kept));
    let behaviour = PlanBehaviour::new(Arc::new(plan), settings);
    let (started, cpu) = (Instant::now(), cpu_microseconds()?);
    let result = run_here(test, behaviour, Arc::default(), Watchers::none()).await;
    let (took, cpu) = (started.elapsed(), cpu_microseconds()? - cpu);
    let count =
        |metric, stat| result.totals.metric(metric).and_then(|sink| sink.stat(stat, 1.0)).unwrap_or_default();
    let done = count(Builtin::HTTP_REQS, Stat::Count);
    println!(
        "{done} requests, {:.0} failed, {:.0}/s, {:.2} us of CPU each",
        count(Builtin::HTTP_REQ_FAILED, Stat::Rate) * done,
        done / took.as_secs_f64(),
        cpu as f64 / done
    );
    Ok(())
}

fn plan(url: &str, users: u64, each: u64) -> TestPlan {
    let scenarios = json!({"all": {"executor": "per-vu-iterations", "vus": users, "iterations": each}});
    let call = Call {
        name: "GET".to_owned(),
        method: Method::GET,
        path: Template { parts: vec![Part::Text(url.to_owned())] },
        headers: Vec::new(),
        body: Body::None,
        timeout: Duration::from_secs(60),
        checks: Vec::new(),
        saves: Vec::new(),
        sells: Vec::new(),
    };
    TestPlan {
        name: "hammer".to_owned(),
        description: String::new(),
        host: String::new(),
        scenarios: parse_scenarios(&scenarios).unwrap_or_default(),
        seed: None,
        find: flashcrowd_test::FindSettings::default(),
        mixes: vec![Mix { scenario: 0, from: Duration::ZERO, tasks: vec![(0, 1.0)] }],
        tasks: vec![call],
        on_start: Vec::new(),
        headers: Vec::new(),
        data: Vec::new(),
        saved: 0,
        wait: Duration::ZERO..=Duration::ZERO,
        expected: Vec::new(),
        audits: Vec::new(),
        metrics: TargetMetrics::Off,
        charts: Vec::new(),
        resend: true,
        stop_at_breaking_point: false,
        sources: Vec::new(),
    }
}

/// User and system time of this process.
fn cpu_microseconds() -> io::Result<u64> {
    const MICROSECONDS_PER_TICK: u64 = 10_000;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = |index: usize| {
        after_name.split(' ').nth(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    Ok((ticks(11) + ticks(12)) * MICROSECONDS_PER_TICK)
}
