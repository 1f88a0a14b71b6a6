//! Servers of Debian's packages behind the shop, each started on a free port with its data in a folder of its own.
#![expect(clippy::disallowed_methods, reason = "real servers are waited for, on the real clock")]

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flashcrowd_shop::ServerUrl;
use tempfile::TempDir;

/// A server that is ended with the test. Its data survives [`Peer::kill`] and [`Peer::start`].
pub struct Peer {
    process: Child,
    command: Command,
    port: u16,
    /// Its URL, with the placeholder of the port filled in.
    url: String,
    /// Its processes are a group.
    is_group: bool,
    _folder: TempDir,
}

impl Peer {
    fn new(mut command: Command, port: u16, url: String, folder: TempDir) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let peer = Self { process, command, port, url, is_group: false, _folder: folder };
        peer.wait();
        peer
    }

    pub fn url(&self) -> ServerUrl {
        self.url.parse().unwrap()
    }

    /// Ends it at once, as a power failure would.
    pub fn kill(&mut self) {
        // It may have been ended before.
        if self.is_group {
            let group = format!("-{}", self.process.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again with the data it had.
    pub fn start(&mut self) {
        self.process = self.command.spawn().unwrap();
        self.wait();
    }

    /// Waits until it takes connections.
    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(120), "{:?} does not start", self.command);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program of a package; none where it is not installed, which is a failure in CI.
#[expect(clippy::print_stderr, reason = "what is left out is said")]
fn program(name: &str, package: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.exists());
    if found.is_none() {
        let problem = format!("{name} is not installed: install the Debian package {package}");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{problem}");
        eprintln!("left out: {problem}");
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Redis that writes everything down before it answers.
pub fn redis() -> Option<Peer> {
    let (mut command, port) = (Command::new(program("redis-server", "redis-server")?), free_port());
    let folder = tempfile::tempdir().unwrap();
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always"]).current_dir(folder.path());
    Some(Peer::new(command, port, format!("redis://127.0.0.1:{port}/0"), folder))
}

/// MariaDB with an empty database `shop`.
pub fn mariadb() -> Option<Peer> {
    let (install, server) =
        (program("mariadb-install-db", "mariadb-server")?, program("mariadbd", "mariadb-server")?);
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let data = folder.path().join("data");
    let argument = format!("--datadir={}", data.display());
    let mut command = Command::new(install);
    command.args([
        "--no-defaults",
        "--user=root",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]);
    command.arg(&argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success());
    std::fs::create_dir(data.join("shop")).unwrap();
    let mut command = Command::new(server);
    command.args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--skip-log-bin"]);
    command.args(["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"]);
    command.arg(format!("--socket={}", folder.path().join("socket").display()));
    command.args([argument, format!("--port={port}")]);
    Some(Peer::new(command, port, format!("mysql://root@127.0.0.1:{port}/shop"), folder))
}

/// RabbitMQ, and the name server of Erlang that it needs.
pub fn rabbitmq() -> Option<(Peer, Peer)> {
    let epmd = program("epmd", "rabbitmq-server")?;
    let server = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
    let server = if server.exists() { server } else { program("rabbitmq-server", "rabbitmq-server")? };
    let names = free_port();
    let mut command = Command::new(epmd);
    command.args(["-port", &names.to_string()]).env("ERL_EPMD_ADDRESS", "127.0.0.1");
    let epmd = Peer::new(command, names, String::new(), tempfile::tempdir().unwrap());
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let own = folder.path();
    std::fs::write(own.join("plugins"), "[].").unwrap();
    std::fs::write(own.join("rabbitmq.conf"), format!("listeners.tcp.1 = 127.0.0.1:{port}\n")).unwrap();
    let mut command = Command::new(server);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", own);
    command.env("ERL_EPMD_PORT", names.to_string()).env("RABBITMQ_NODENAME", format!("shop{port}@localhost"));
    command.env("RABBITMQ_DIST_PORT", free_port().to_string()).env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    for (name, file) in [
        ("RABBITMQ_MNESIA_BASE", "data"),
        ("RABBITMQ_LOG_BASE", "log"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
        ("RABBITMQ_CONFIG_FILE", "rabbitmq"),
    ] {
        command.env(name, own.join(file));
    }
    // The script has the Erlang machine as its child.
    command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-start_epmd false").process_group(0);
    let mut rabbit = Peer::new(command, port, format!("amqp://guest:guest@127.0.0.1:{port}/"), folder);
    rabbit.is_group = true;
    Some((rabbit, epmd))
}
