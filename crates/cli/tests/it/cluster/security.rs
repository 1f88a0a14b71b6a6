//! Who may do what on the bus: `deploy/nats/nats.conf` with real keys, TLS, and a party that wants more than it may.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::jetstream::object_store::Config;
use async_nats::{Client, ConnectOptions, Subscriber, jetstream};
use futures_util::StreamExt as _;
use nkeys::KeyPair;
use tokio::time::timeout;

use super::{script, seen, shop};
use crate::peers::Debian;
use crate::run::{Outcome, Run, Started};

const SHORT: Duration = Duration::from_millis(500);
const WAIT: Duration = Duration::from_secs(10);

/// A server as the example configures it, with keys that were made for it.
struct Guarded {
    url: String,
    folder: tempfile::TempDir,
    _server: Debian,
}

impl Guarded {
    fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut conf = std::fs::read_to_string(root.join("deploy/nats/nats.conf")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for party in ["LEAD_A", "AGENTS_A", "LEAD_B", "AGENTS_B"] {
            let key = KeyPair::new_user();
            let placeholder = format!("NKEY_OF_{party}");
            assert!(conf.contains(&placeholder), "{placeholder}");
            conf = conf.replace(&placeholder, &key.public_key());
            std::fs::write(folder.path().join(party), key.seed().unwrap()).unwrap();
        }
        let conf = conf.replace("/data", folder.path().to_str().unwrap());
        let file = folder.path().join("nats.conf");
        std::fs::write(&file, conf).unwrap();
        let server = Debian::start("nats-server", "nats-server", |command, port| {
            command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-c"]).arg(&file);
        })?;
        let url = format!("nats://127.0.0.1:{}", server.port);
        Some(Self { url, folder, _server: server })
    }

    fn seed(&self, party: &str) -> PathBuf {
        self.folder.path().join(party)
    }

    /// The flags of a process with the key of that party.
    fn flags(&self, party: &str, run: &str) -> String {
        format!("--bus {} --run-name {run} --bus-creds {}", self.url, self.seed(party).display())
    }

    fn agents(&self, party: &str, run: &str, count: usize) -> Vec<Started> {
        let agent = |number: usize| {
            Run::of("agent --name").arg(&format!("m-{number}")).args(&self.flags(party, run)).start()
        };
        (1..=count).map(agent).collect()
    }

    async fn client(&self, party: &str) -> Client {
        let seed = std::fs::read_to_string(self.seed(party)).unwrap();
        ConnectOptions::with_nkey(seed).connect(&self.url).await.unwrap()
    }
}

fn go(bus: &Guarded, agents: &[&str], run: &str, lead: &str) -> (Outcome, Vec<Outcome>, u64) {
    let shop = shop();
    let started: Vec<Started> = agents.iter().flat_map(|party| bus.agents(party, run, 2)).collect();
    let line = format!("--agents 2 {}", bus.flags(lead, run));
    let outcome =
        Run::new().script(&script(&shop.url())).args(&line).start().end_within(Duration::from_secs(50));
    let agents = started.into_iter().map(|agent| agent.end_within(Duration::from_secs(30))).collect();
    (outcome, agents, seen(&shop))
}

#[test]
fn a_run_needs_no_more_than_the_example_grants() {
    let Some(bus) = Guarded::start() else { return };
    let (outcome, agents, seen) = go(&bus, &["AGENTS_A"], "sale-a", "LEAD_A");
    assert_eq!(outcome.code, Some(0), "{outcome:?} {agents:?}");
    assert_eq!(seen, 201);
    assert!(agents.iter().all(|agent| agent.code == Some(0)), "{agents:?}");
}

#[test]
fn without_a_key_or_with_that_of_another_run_nothing_is_joined() {
    let Some(bus) = Guarded::start() else { return };
    let none = Run::of(&format!("agent --bus {} --run-name sale-a", bus.url))
        .start()
        .end_within(Duration::from_secs(25));
    assert_eq!(none.code, Some(255), "{none:?}");
    assert!(none.stderr.contains("cannot reach the bus"), "{none:?}");
    let other =
        Run::of("agent").args(&bus.flags("AGENTS_A", "sale-b")).start().end_within(Duration::from_secs(25));
    assert_eq!(other.code, Some(255), "{other:?}");
    assert!(other.stderr.contains("cannot reach the bus"), "{other:?}");
    let seed = std::fs::read_to_string(bus.seed("AGENTS_A")).unwrap();
    assert!(!other.stderr.contains(&seed) && !none.stderr.contains(&seed));
}

#[test]
fn an_agent_of_one_run_neither_hears_nor_reaches_another() {
    let Some(bus) = Guarded::start() else { return };
    block_on(async {
        let (mine, theirs, their_lead) =
            (bus.client("AGENTS_A").await, bus.client("AGENTS_B").await, bus.client("LEAD_B").await);
        let mut orders = theirs.subscribe("flashcrowd.sale-b.agents").await.unwrap();
        let mut reports = their_lead.subscribe("flashcrowd.sale-b.lead").await.unwrap();
        let mut heard = Vec::new();
        for subject in
            ["flashcrowd.sale-b.agents", "flashcrowd.sale-b.lead", "flashcrowd.>", ">", "_INBOX.>", "$JS.>"]
        {
            heard.push(mine.subscribe(subject).await.unwrap());
        }
        for client in [&mine, &theirs, &their_lead] {
            client.flush().await.unwrap();
        }
        // What is published in run B arrives there, and nowhere else.
        assert!(arrives(&their_lead, "flashcrowd.sale-b.agents", &mut orders).await);
        assert!(arrives(&theirs, "flashcrowd.sale-b.lead", &mut reports).await);
        for messages in &mut heard {
            // A subscription that is refused ends or stays silent.
            assert!(!matches!(timeout(SHORT, messages.next()).await, Ok(Some(_))));
        }
        // What is published by run A's agent does not arrive in run B.
        for subject in ["flashcrowd.sale-b.agents", "flashcrowd.sale-b.lead"] {
            mine.publish(subject, "forged".into()).await.unwrap();
        }
        mine.flush().await.unwrap();
        assert!(!has_forged(&mut orders).await);
        assert!(!has_forged(&mut reports).await);
        // The objects of run B are not there for run A.
        let store = object_store(&their_lead, "flashcrowd-sale-b").await;
        store.put("test", &mut &b"the test of B"[..]).await.unwrap();
        let got = timeout(WAIT, jetstream::new(mine.clone()).get_object_store("flashcrowd-sale-b")).await;
        assert!(!matches!(got, Ok(Ok(_))));
    });
}

#[test]
fn an_agent_gives_no_orders_and_changes_no_test() {
    let Some(bus) = Guarded::start() else { return };
    block_on(async {
        let (lead, agent, other) =
            (bus.client("LEAD_A").await, bus.client("AGENTS_A").await, bus.client("AGENTS_A").await);
        let mut orders = other.subscribe("flashcrowd.sale-a.agents").await.unwrap();
        assert!(arrives(&lead, "flashcrowd.sale-a.agents", &mut orders).await);
        agent.publish("flashcrowd.sale-a.agents", "forged".into()).await.unwrap();
        agent.flush().await.unwrap();
        assert!(!has_forged(&mut orders).await);

        let store = object_store(&lead, "flashcrowd-sale-a").await;
        store.put("test", &mut &b"the test"[..]).await.unwrap();
        let seen = object_store(&agent, "flashcrowd-sale-a").await;
        let put = timeout(Duration::from_secs(2), seen.put("test", &mut &b"forged"[..])).await;
        assert!(!matches!(put, Ok(Ok(_))));
        let context = jetstream::new(agent.clone());
        let deleted = timeout(Duration::from_secs(2), context.delete_object_store("flashcrowd-sale-a")).await;
        assert!(!matches!(deleted, Ok(Ok(_))));
        let mut object = timeout(WAIT, seen.get("test")).await.unwrap().unwrap();
        let mut content = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut object, &mut content).await.unwrap();
        assert_eq!(content, b"the test");
    });
}

/// Whether what is published arrives; the server may not know yet who listens, so that it is told again.
async fn arrives(from: &Client, subject: &'static str, at: &mut Subscriber) -> bool {
    for _ in 0..100 {
        from.publish(subject, "true".into()).await.unwrap();
        if let Ok(Some(message)) = timeout(Duration::from_millis(100), at.next()).await {
            return message.payload == "true";
        }
    }
    false
}

/// Whether something that was forged is among what arrives.
async fn has_forged(at: &mut Subscriber) -> bool {
    while let Ok(Some(message)) = timeout(SHORT, at.next()).await {
        if message.payload == "forged" {
            return true;
        }
    }
    false
}

async fn object_store(client: &Client, bucket: &str) -> jetstream::object_store::ObjectStore {
    let config =
        Config { bucket: bucket.to_owned(), max_age: Duration::from_secs(86_400), ..Config::default() };
    timeout(WAIT, jetstream::new(client.clone()).create_object_store(config)).await.unwrap().unwrap()
}

fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn over_tls_only_a_server_of_that_authority_is_talked_to() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (cert, secret) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, own.pem()).unwrap();
    std::fs::write(&secret, key.serialize_pem()).unwrap();
    let server = Debian::start("nats-server", "nats-server", |command, port| {
        command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(folder.path());
        command.arg("--tls").arg("--tlscert").arg(&cert).arg("--tlskey").arg(&secret);
    });
    let Some(server) = server else { return };
    let flags = format!("--bus tls://localhost:{} --run-name sale", server.port);
    let unknown = Run::of("agent").args(&flags).start().end_within(Duration::from_secs(25));
    assert_eq!(unknown.code, Some(255), "{unknown:?}");
    assert!(unknown.stderr.contains("cannot reach the bus"), "{unknown:?}");
    let ca = format!("{flags} --bus-ca {}", cert.display());
    let shop = shop();
    let agents: Vec<Started> =
        (0..2).map(|number| Run::of(&format!("agent --name m-{number} {ca}")).start()).collect();
    let line = format!("--agents 2 {ca}");
    let outcome =
        Run::new().script(&script(&shop.url())).args(&line).start().end_within(Duration::from_secs(40));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(seen(&shop), 201);
    for agent in agents {
        assert_eq!(agent.end_within(WAIT).code, Some(0));
    }
    // A server without TLS is none of that authority.
    let plain = Debian::start("nats-server", "nats-server", |command, port| {
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    });
    let Some(plain) = plain else { return };
    let line = format!("agent --bus nats://localhost:{} --bus-ca {}", plain.port, cert.display());
    let outcome = Run::of(&line).start().end_within(Duration::from_secs(25));
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
}
