//! Real servers as sources: Redis, MariaDB and PostgreSQL of Debian's packages, each started on a free port.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flashcrowd_observe::Note;
use sqlx::{Connection, MySqlConnection, PgConnection};
use tempfile::TempDir;

use super::{here, until, watched};

/// A server that is ended with the test.
pub struct Peer {
    pub process: Child,
    pub port: u16,
    /// Where it keeps its data.
    pub _folder: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program of a package; none where it is not installed, which is a failure in CI.
#[expect(clippy::print_stderr, reason = "what is left out is said")]
pub fn program(name: &str, package: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    // Debian keeps PostgreSQL's programs by version.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.exists());
    if found.is_none() {
        let problem = format!("{name} is not installed: install the Debian package {package}");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{problem}");
        eprintln!("left out: {problem}");
    }
    found
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// Tries until it comes about; a minute is enough on a busy machine, too.
pub async fn patiently<T, E: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> T {
    let start = tokio::time::Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(60), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn redis(port: u16) -> Option<Peer> {
    let program = program("redis-server", "redis-server")?;
    let folder = tempfile::tempdir().unwrap();
    let port_text = port.to_string();
    let mut command = Command::new(program);
    command.args(["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--maxclients", "50"]);
    let process = quiet(command.current_dir(folder.path())).spawn().unwrap();
    Some(Peer { process, port, _folder: folder })
}

#[test]
fn redis_tells_of_its_clients_and_keys_and_may_be_gone_for_a_while() {
    let Some(mut peer) = redis(free_port()) else { return };
    let address = format!("redis://127.0.0.1:{}", peer.port);
    here(async {
        let client = redis::Client::open(address.as_str()).unwrap();
        let mut connection = patiently(async || client.get_multiplexed_async_connection().await).await;
        for key in ["lock:1", "lock:2", "stock:1"] {
            let () = redis::cmd("SET").arg(key).arg(1).query_async(&mut connection).await.unwrap();
        }
        let watch = watched(&format!("{address}?keys=lock:*")).await.unwrap();
        let first = watch.latest();
        assert_eq!(first["redis_keys_count{db=\"db0\",key=\"lock:*\"}"], 2.0);
        assert_eq!((first["redis_db_keys{db=\"db0\"}"], first["redis_config_maxclients"]), (3.0, 50.0));
        assert!(first["redis_connected_clients"] >= 2.0 && first["redis_commands_processed_total"] >= 3.0);
        peer.process.kill().unwrap();
        peer.process.wait().unwrap();
        until(|| matches!(watch.take_notes().as_slice(), [Note::Stopped { .. }])).await;
        assert!(watch.latest().is_empty());
        peer = redis(peer.port).unwrap();
        until(|| matches!(watch.take_notes().as_slice(), [Note::Resumed { .. }])).await;
        assert_eq!(watch.latest()["redis_keys_count{db=\"db0\",key=\"lock:*\"}"], 0.0);
    });
}

fn mariadb() -> Option<Peer> {
    let (install, server) =
        (program("mariadb-install-db", "mariadb-server")?, program("mariadbd", "mariadb-server")?);
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let data = format!("--datadir={}", folder.path().join("data").display());
    let mut command = Command::new(install);
    command.args([
        "--no-defaults",
        "--user=root",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]);
    assert!(quiet(command.arg(&data)).status().unwrap().success());
    let mut command = Command::new(server);
    command.args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--max-connections=20"]);
    command.args(["--innodb-buffer-pool-size=8M", "--skip-log-bin", "--innodb-lock-wait-timeout=1"]);
    command.arg(format!("--socket={}", folder.path().join("socket").display()));
    let process = quiet(command.args([&data, &format!("--port={port}")])).spawn().unwrap();
    Some(Peer { process, port, _folder: folder })
}

#[test]
fn mariadb_tells_of_connections_and_of_rows_that_are_waited_for() {
    let Some(peer) = mariadb() else { return };
    let address = format!("mysql://root@127.0.0.1:{}", peer.port);
    here(async {
        let mut first = patiently(async || MySqlConnection::connect(&address).await).await;
        let mut second = MySqlConnection::connect(&address).await.unwrap();
        let watch = watched(&address.replace("mysql:", "mariadb:")).await.unwrap();
        let latest = watch.latest();
        assert_eq!(latest["mysql_global_variables_max_connections"], 20.0);
        assert_eq!(latest["mysql_global_status_threads_connected"], 3.0);
        assert_eq!(latest["mysql_global_status_innodb_row_lock_waits"], 0.0);
        for statement in [
            "CREATE DATABASE shop",
            "CREATE TABLE shop.stock (id INT PRIMARY KEY, pieces INT) ENGINE=InnoDB",
            "INSERT INTO shop.stock VALUES (1, 100)",
            "BEGIN",
            "SELECT * FROM shop.stock WHERE id = 1 FOR UPDATE",
        ] {
            sqlx::raw_sql(statement).execute(&mut first).await.unwrap();
        }
        let waits =
            sqlx::raw_sql("UPDATE shop.stock SET pieces = 99 WHERE id = 1").execute(&mut second).await;
        assert!(waits.unwrap_err().to_string().contains("timeout"));
        let waited = || watch.latest().get("mysql_global_status_innodb_row_lock_waits") == Some(&1.0);
        until(waited).await;
    });
    let wrong = here(async { watched(&address.replace("root@", "root:s3cret@")).await.err().unwrap() });
    assert!(wrong.to_string().contains("Access denied") && !wrong.to_string().contains("s3cret"), "{wrong}");
    drop(peer);
}

fn postgres() -> Option<Peer> {
    let (init, server) = (program("initdb", "postgresql")?, program("postgres", "postgresql")?);
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    // It refuses to be run by root.
    let as_nobody = |program: &PathBuf| {
        let is_root =
            std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        if !is_root {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command
    };
    std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).ok();
    let data = folder.path().join("data");
    let mut command = as_nobody(&init);
    command.args(["--auth=trust", "--username=shop", "--no-sync", "-D"]).arg(&data);
    assert!(quiet(command.current_dir(folder.path())).status().unwrap().success());
    let mut command = as_nobody(&server);
    command.args(["-c", "max_connections=20", "-c", "fsync=off", "-p", &port.to_string(), "-k"]);
    command.arg(folder.path()).arg("-D").arg(&data);
    let process = quiet(command.current_dir(folder.path())).spawn().unwrap();
    Some(Peer { process, port, _folder: folder })
}

#[test]
fn postgresql_tells_of_connections_and_of_those_that_wait_for_a_lock() {
    let Some(peer) = postgres() else { return };
    let address = format!("postgres://shop@127.0.0.1:{}/postgres", peer.port);
    here(async {
        let mut first = patiently(async || PgConnection::connect(&address).await).await;
        let watch = watched(&address).await.unwrap();
        let latest = watch.latest();
        assert_eq!(latest["pg_settings_max_connections"], 20.0);
        assert_eq!(latest["pg_stat_activity_count{state=\"idle\"}"], 1.0);
        assert_eq!(latest["pg_stat_activity_lock_waits"], 0.0);
        for statement in ["CREATE TABLE stock (pieces INT)", "BEGIN", "LOCK TABLE stock"] {
            sqlx::raw_sql(statement).execute(&mut first).await.unwrap();
        }
        let blocked = tokio::task::spawn_local(async move {
            let mut second = PgConnection::connect(&address).await?;
            sqlx::raw_sql("SELECT * FROM stock").execute(&mut second).await
        });
        until(|| watch.latest().get("pg_stat_activity_lock_waits") == Some(&1.0)).await;
        sqlx::raw_sql("COMMIT").execute(&mut first).await.unwrap();
        blocked.await.unwrap().unwrap();
        until(|| watch.latest().get("pg_stat_activity_lock_waits") == Some(&0.0)).await;
    });
    drop(peer);
}
