//! RabbitMQ and Prometheus as sources: servers of Debian's packages, each started on a free port.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use flashcrowd_observe::Note;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::peers::{Peer, free_port, patiently, program, quiet};
use super::server::{Answer, Server};
use super::{here, until, watched};

/// Ends the name server of Erlang with the test.
struct Epmd(Child);

impl Drop for Epmd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A RabbitMQ, all of whose processes end with the test.
struct Rabbit(Peer);

impl Rabbit {
    fn kill(&self) {
        let group = format!("-{}", self.0.process.id());
        let _ = quiet(Command::new("kill").args(["-KILL", "--", &group])).status();
    }
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        self.kill();
    }
}

/// RabbitMQ with its management plugin at `port`.
fn rabbitmq() -> Option<(Rabbit, Epmd)> {
    let epmd = program("epmd", "rabbitmq-server")?;
    let server = std::path::Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    if !server.exists() {
        program("rabbitmq-server", "rabbitmq-server")?;
        return None;
    }
    let (folder, port, names) = (tempfile::tempdir().unwrap(), free_port(), free_port().to_string());
    let own = folder.path();
    std::fs::write(own.join("plugins"), "[rabbitmq_management].").unwrap();
    let settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n\
         collect_statistics_interval = 1000\n",
        free_port()
    );
    std::fs::write(own.join("rabbitmq.conf"), settings).unwrap();
    let mut command = Command::new(epmd);
    let epmd =
        Epmd(quiet(command.args(["-port", &names]).env("ERL_EPMD_ADDRESS", "127.0.0.1")).spawn().unwrap());
    let since = tokio::time::Instant::now();
    while std::net::TcpStream::connect(format!("127.0.0.1:{names}")).is_err() {
        assert!(since.elapsed() < Duration::from_secs(30), "epmd does not listen");
        std::thread::yield_now();
    }
    let mut command = Command::new(server);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", own);
    command.env("ERL_EPMD_PORT", names).env("RABBITMQ_NODENAME", format!("observed{port}@localhost"));
    command.env("RABBITMQ_DIST_PORT", free_port().to_string()).env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    for (name, file) in [
        ("RABBITMQ_MNESIA_BASE", "data"),
        ("RABBITMQ_LOG_BASE", "log"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
        ("RABBITMQ_CONFIG_FILE", "rabbitmq"),
    ] {
        command.env(name, own.join(file));
    }
    command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-start_epmd false");
    // The script has the Erlang machine as its child.
    let process = quiet(command.process_group(0)).spawn().unwrap();
    Some((Rabbit(Peer { process, port, _folder: folder }), epmd))
}

/// Sends a request to this machine; the head and body of its answer.
async fn sent(port: u16, request: &str, body: &str) -> Result<String, std::io::Error> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!(
        "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 2") { Ok(answer) } else { Err(std::io::Error::other(answer)) }
}

#[test]
fn rabbitmq_tells_of_its_queues() {
    let Some((rabbit, _epmd)) = &rabbitmq() else { return };
    let port = rabbit.0.port;
    here(async {
        patiently(async || sent(port, "PUT /api/queues/%2F/orders", r#"{"durable":true}"#).await).await;
        let message = r#"{"properties":{},"routing_key":"orders","payload":"1","payload_encoding":"string"}"#;
        for _ in 0..3 {
            sent(port, "POST /api/exchanges/%2F/amq.default/publish", message).await.unwrap();
        }
        let watch = watched(&format!("rabbitmq://guest:guest@127.0.0.1:{port}")).await.unwrap();
        let ready = "rabbitmq_queue_messages_ready{queue=\"orders\",vhost=\"/\"}";
        let published = "rabbitmq_queue_messages_published_total{queue=\"orders\",vhost=\"/\"}";
        until(|| watch.latest().get(ready) == Some(&3.0) && watch.latest().get(published) == Some(&3.0))
            .await;
        assert_eq!(watch.latest()["rabbitmq_queue_consumers{queue=\"orders\",vhost=\"/\"}"], 0.0);
        let wrong = format!("rabbitmq://guest:s3cret@127.0.0.1:{port}");
        let wrong = watched(&wrong).await.err().unwrap().to_string();
        assert!(wrong.contains("401") && !wrong.contains("s3cret"), "{wrong}");
        rabbit.kill();
        until(|| matches!(watch.take_notes().as_slice(), [Note::Stopped { .. }])).await;
        assert!(watch.latest().is_empty(), "{:?}", watch.latest());
    });
}

fn prometheus(target: &str) -> Option<Peer> {
    let program = program("prometheus", "prometheus")?;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let settings = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{target}']}}]}}]\n"
    );
    std::fs::write(folder.path().join("settings.yml"), settings).unwrap();
    let mut command = Command::new(program);
    command.arg(format!("--config.file={}", folder.path().join("settings.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let process = quiet(&mut command).spawn().unwrap();
    Some(Peer { process, port, _folder: folder })
}

#[test]
fn prometheus_answers_queries() {
    here(async {
        let page = "# TYPE orders_total counter\norders_total{shop=\"a\"} 5\norders_total{shop=\"b\"} 7\n";
        let server = Server::start(Answer::page(page)).await;
        let target = server.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
        let Some(mut peer) = prometheus(&target) else { return };
        let url = format!(
            "promql:http://127.0.0.1:{}?query=orders_total&all=sum(orders_total)&share=orders_total{{shop=\"a\"}}/7",
            peer.port
        );
        let all = || async {
            let watch = watched(&url).await.map_err(|error| error.to_string())?;
            let there = watch.latest().get("all") == Some(&12.0);
            if there { Ok(watch) } else { Err("nothing was scraped yet".to_owned()) }
        };
        let watch = patiently(all).await;
        let latest = watch.latest();
        let own = latest.iter().find(|(series, _)| series.starts_with("orders_total{")).unwrap();
        assert!(own.0.contains("shop=\"a\"") && *own.1 == 5.0, "{latest:?}");
        assert!(latest.iter().any(|(series, value)| series.starts_with("share{") && *value == 5.0 / 7.0));
        let wrong = format!("promql:http://127.0.0.1:{}?query=sum(", peer.port);
        let wrong = watched(&wrong).await.err().unwrap().to_string();
        assert!(wrong.contains("400") && wrong.contains("parse error"), "{wrong}");
        peer.process.kill().unwrap();
        peer.process.wait().unwrap();
        until(|| matches!(watch.take_notes().as_slice(), [Note::Stopped { .. }])).await;
    });
}

#[test]
fn what_is_no_query_is_told() {
    for (url, problem) in [
        ("promql:http://localhost:9090", "write the server and a query"),
        ("promql:localhost:9090?query=up", "write the server and a query"),
        ("promql:http://me:s3cret@localhost:9090?a b=up", "cannot be the name of a series"),
        ("rabbitmq://", "it has no host"),
    ] {
        let error = here(async { watched(url).await.err().unwrap() }).to_string();
        assert!(error.contains(problem) && !error.contains("s3cret"), "{error}");
    }
}
