//! Four agents on machines of their own, as far as the network knows: each in its namespace, joined by Debian's NATS server.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use flashcrowd_shop::{Shop, ShopConfig};
use serde_json::Value;

use super::seen;
use crate::peers::{Debian, done, unless_in_ci};
use crate::run::{Outcome, Run, Started};

const AGENTS: usize = 4;
/// How far from its time an iteration may begin on a busy machine.
const LATE: f64 = 500.0;
/// What the kernel says where it makes no networks, as in many containers.
const REFUSALS: [&str; 3] = ["not permitted", "not supported", "Unknown device type"];
/// How far a percentile of a distribution is from that of the values.
const SKETCH_ERROR: f64 = 0.001;

/// A bridge with a namespace for each agent; gone when it is dropped.
struct Network {
    name: String,
    subnet: u8,
}

impl Network {
    /// Where the shop and the bus are.
    fn host(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 213, self.subnet, 1)
    }

    fn namespace(&self, number: usize) -> String {
        format!("{}-{number}", self.name)
    }

    /// None where namespaces cannot be made; in CI that is a failure, unless the kernel refuses.
    #[expect(clippy::print_stderr, reason = "what is left out is said")]
    fn open() -> Option<Self> {
        let id = std::process::id();
        let network = Self { name: format!("fc{}", id % 100_000), subnet: (id % 250) as u8 };
        let made = network.make();
        if let Err(why) = &made
            && REFUSALS.iter().any(|refusal| why.contains(refusal))
        {
            eprintln!("left out: {why}");
            return None;
        }
        unless_in_ci(made.map_err(|why| {
            format!("network namespaces cannot be made (as root, with Debian's package iproute2): {why}")
        }))?;
        Some(network)
    }

    fn make(&self) -> Result<(), String> {
        let (bridge, host, net) = (&self.name, self.host(), self.subnet);
        ip(&format!("link add {bridge} type bridge"))?;
        ip(&format!("addr add {host}/24 dev {bridge}"))?;
        ip(&format!("link set {bridge} up"))?;
        for number in 1..=AGENTS {
            let (namespace, here) = (self.namespace(number), format!("{bridge}v{number}"));
            ip(&format!("netns add {namespace}"))?;
            ip(&format!("link add {here} type veth peer name eth0 netns {namespace}"))?;
            ip(&format!("link set {here} master {bridge} up"))?;
            ip(&format!("-n {namespace} addr add 10.213.{net}.{}/24 dev eth0", number + 1))?;
            ip(&format!("-n {namespace} link set eth0 up"))?;
        }
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What was not made is not there.
        for number in 1..=AGENTS {
            let _ = ip(&format!("link del {}v{number}", self.name));
            let _ = ip(&format!("netns del {}", self.namespace(number)));
        }
        let _ = ip(&format!("link del {}", self.name));
    }
}

fn ip(line: &str) -> Result<(), String> {
    done(Command::new("ip").args(line.split_whitespace())).map_err(|why| format!("ip {line}: {why}"))
}

/// The executors of the sale's test, shorter; every iteration tells when it began, and how long its request took.
fn sale(target: &str) -> String {
    format!(
        "import http from 'k6/http';
        import exec from 'k6/execution';
        import {{ sleep }} from 'k6';
        export const options = {{
            summaryTrendStats: ['count', 'min', 'med', 'p(95)', 'p(99)', 'max'],
            scenarios: {{
                peak: {{
                    executor: 'ramping-arrival-rate', startRate: 10, timeUnit: '1s', preAllocatedVUs: 60, exec: 'peak',
                    stages: [{{ duration: '1s', target: 60 }}, {{ duration: '2s', target: 100 }}, {{ duration: '1s', target: 20 }}],
                }},
                load: {{
                    executor: 'ramping-vus', startVUs: 0, gracefulRampDown: '5s', exec: 'load',
                    stages: [{{ duration: '1s', target: 13 }}, {{ duration: '2s', target: 13 }}, {{ duration: '1s', target: 0 }}],
                }},
                each: {{ executor: 'per-vu-iterations', vus: 10, iterations: 3, exec: 'load' }},
                stock: {{ executor: 'shared-iterations', vus: 8, iterations: 150, exec: 'load' }},
            }},
        }};
        function once() {{
            const {{ name, iterationInTest, startTime }} = exec.scenario;
            const at = Date.now() - startTime;
            const answer = http.get('{target}/v1/products/1');
            console.log(`ran ${{name}} ${{iterationInTest}} ${{at}} ${{answer.timings.duration}}`);
        }}
        export function peak() {{ once(); }}
        export function load() {{ once(); sleep(0.2); }}"
    )
}

/// What iterations told: when each of a scenario began, by its number, and how long all requests took.
#[derive(Default)]
struct Told {
    began: BTreeMap<String, BTreeMap<u64, f64>>,
    took: Vec<f64>,
}

impl Told {
    fn of<'a>(logs: impl Iterator<Item = &'a str>) -> Self {
        let mut told = Self::default();
        for line in logs.flat_map(str::lines).filter_map(|line| line.strip_prefix("ran ")) {
            let [name, number, began, took] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let of = told.began.entry(name.to_owned()).or_default();
            let before = of.insert(number.parse().unwrap(), began.parse().unwrap());
            assert!(before.is_none(), "{name} {number} ran twice");
            told.took.push(took.parse().unwrap());
        }
        told.took.sort_by(f64::total_cmp);
        told
    }

    /// The values between which a percentile lies.
    fn around(&self, part: f64) -> (f64, f64) {
        let at = part * (self.took.len() - 1) as f64;
        (self.took[at.floor() as usize], self.took[at.ceil() as usize])
    }

    fn numbers(&self, scenario: &str) -> Vec<u64> {
        self.began[scenario].keys().copied().collect()
    }
}

fn times(results: &Value) -> &Value {
    let metrics = results["metrics"].as_array().unwrap();
    &metrics.iter().find(|metric| metric["name"] == "http_req_duration").unwrap()["stats"]
}

fn count(results: &Value, name: &str) -> u64 {
    let metrics = results["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["name"] == name).unwrap()["stats"]["count"].as_f64().unwrap() as u64
}

fn passed(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let results = outcome.json("rec/result.json");
    for scenario in results["scenarios"].as_array().unwrap() {
        assert_eq!((&scenario["dropped"], &scenario["interrupted"]), (&0.into(), &0.into()), "{scenario}");
    }
    results
}

#[test]
fn four_machines_are_one_process() {
    let Some(network) = Network::open() else { return };
    let host = network.host();
    let port = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().port();
    let store = tempfile::tempdir().unwrap();
    let Some(nats) = Debian::start("nats-server", "nats-server", |command, port| {
        command.args(["-p", &port.to_string(), "-js", "-sd"]).arg(store.path());
    }) else {
        return;
    };
    let shop =
        Shop::spawn_threads(ShopConfig { listen: (host, port).into(), ..ShopConfig::fast() }, 1).unwrap();
    let run = || Run::new().script(&sale(&shop.url())).args("--record rec --log-format raw");

    let alone = run().start().end_within(Duration::from_secs(40));
    let of_one = passed(&alone);
    let before = seen(&shop);
    assert_eq!(before, count(&of_one, "http_reqs"));

    let bus = format!("--bus nats://{host}:{} --run-name machines", nats.port);
    let agent = |number| {
        let run = Run::of(&format!("agent {bus} --name machine-{number} --log-format raw"));
        run.through("ip", &["netns", "exec", &network.namespace(number)]).start()
    };
    let agents: Vec<Started> = (1..=AGENTS).map(agent).collect();
    let lead = run().args(&format!("--agents {AGENTS} {bus}")).start().end_within(Duration::from_secs(50));
    let of_four = passed(&lead);
    let agents: Vec<Outcome> =
        agents.into_iter().map(|one| one.end_within(Duration::from_secs(10))).collect();
    assert!(agents.iter().all(|agent| agent.code == Some(0)), "{agents:?}");

    let one = Told::of([alone.stderr.as_str()].into_iter());
    let four = Told::of(agents.iter().map(|agent| agent.stderr.as_str()));
    for scenario in ["peak", "each", "stock"] {
        assert_eq!(four.numbers(scenario), one.numbers(scenario), "{scenario}");
    }
    let each_ran = agents.iter().filter(|agent| agent.stderr.contains("ran peak "));
    assert_eq!(each_ran.count(), AGENTS, "{agents:?}");
    for (number, began) in &four.began["peak"] {
        let scheduled = one.began["peak"][number];
        assert!(
            (began - scheduled).abs() < LATE,
            "iteration {number} of peak: {began} ms, alone {scheduled} ms"
        );
    }
    assert_eq!(seen(&shop) - before, count(&of_four, "http_reqs"));
    assert_eq!(four.took.len() as u64, count(&of_four, "http_reqs"));
    for (name, part) in [("min", 0.0), ("med", 0.5), ("p(95)", 0.95), ("p(99)", 0.99), ("max", 1.0)] {
        let reported = times(&of_four)[name].as_f64().unwrap();
        let (low, high) = four.around(part);
        let may_be = low * (1.0 - SKETCH_ERROR)..=high * (1.0 + SKETCH_ERROR);
        assert!(may_be.contains(&reported), "{name} is {reported}, of the values {low} to {high}");
    }
}
