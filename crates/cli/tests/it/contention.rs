//! One sale behind a lock in Redis, a script in Redis and rows of MariaDB: what slows it down is named, by both sides.

use std::process::Command;
use std::time::Duration;

use flashcrowd_shop::{Lock, RunningShop, Servers, Shop, ShopConfig};
use serde_json::Value;
use tempfile::TempDir;

use crate::peers::{Debian, done, unless_in_ci};
use crate::run::{Outcome, Run};

/// Users that order one product in a loop, and orders at a rate that nobody can serve, for ten seconds.
const ORDERS: &str = "
import http from 'k6/http';
import { check, sleep } from 'k6';
export const options = {
    scenarios: {
        load_test: { executor: 'ramping-vus', startVUs: 0, gracefulStop: '10s', stages: [
            { duration: '1s', target: 100 }, { duration: '3s', target: 100 }, { duration: '1s', target: 300 },
            { duration: '3s', target: 300 }, { duration: '1s', target: 0 },
        ] },
        peak_test: { executor: 'ramping-arrival-rate', startRate: 1, timeUnit: '1s', preAllocatedVUs: 20, maxVUs: 50,
            stages: [{ duration: '1s', target: 100 }, { duration: '5s', target: 300 }, { duration: '2s', target: 100 }] },
    },
};
export default function () {
    const userId = [38, 39, 40, 41][Math.floor(Math.random() * 4)];
    const order = JSON.stringify({ userId, totalAmount: 600, products: [{ productId: 4, quantity: 1 }] });
    const answer = http.post(`${__ENV.BASE_URL}/v1/orders`, order, { headers: { 'Content-Type': 'application/json' } });
    check(answer, { 'order status is 200': (r) => r.status === 200 });
    sleep(1);
}";

/// A server behind the shop, and where it keeps its data.
pub struct Peer {
    pub url: String,
    pub server: Debian,
    _folder: TempDir,
}

pub fn redis() -> Option<Peer> {
    let folder = tempfile::tempdir().unwrap();
    let server = Debian::start("redis-server", "redis-server", |command, port| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.current_dir(folder.path());
    })?;
    Some(Peer { url: format!("redis://127.0.0.1:{}", server.port), server, _folder: folder })
}

pub fn mariadb() -> Option<Peer> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let argument = format!("--datadir={}", data.display());
    let mut install = Command::new("mariadb-install-db");
    install.args([
        "--no-defaults",
        "--user=root",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]);
    let installed = done(install.arg(&argument));
    unless_in_ci(
        installed.map_err(|why| format!("MariaDB is missing (Debian package mariadb-server): {why}")),
    )?;
    std::fs::create_dir(data.join("shop")).unwrap();
    let server = Debian::start("mariadbd", "mariadb-server", |command, port| {
        command.args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--skip-log-bin"]);
        command.arg(format!("--socket={}", folder.path().join("socket").display()));
        command.args([argument, format!("--port={port}")]);
    })?;
    Some(Peer { url: format!("mysql://root@127.0.0.1:{}", server.port), server, _folder: folder })
}

/// Sells under load, observed on both sides.
fn sell(config: ShopConfig, peer: &Peer, observed: &str) -> (RunningShop, Outcome) {
    let shop = Shop::spawn_threads(config, 1).unwrap();
    let metrics = format!("{}/metrics", shop.url());
    let outcome = Run::of("run orders.js -q --record r --observe")
        .arg(&metrics)
        .arg("--observe")
        .arg(&format!("{}{observed}", peer.url))
        .env("BASE_URL", &shop.url())
        .file("orders.js", ORDERS)
        .go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    (shop, outcome)
}

fn finding(outcome: &Outcome, id: &str) -> Option<Value> {
    let result = outcome.json("r/result.json");
    result["findings"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned()
}

/// The fastest and the average order that was served, in milliseconds.
fn times(outcome: &Outcome) -> (f64, f64) {
    let result = outcome.json("r/result.json");
    let metrics = result["metrics"].as_array().unwrap();
    let times = metrics.iter().find(|one| one["name"] == "http_req_duration").unwrap();
    (times["stats"]["min"].as_f64().unwrap(), times["stats"]["avg"].as_f64().unwrap())
}

fn config(lock: Lock, peer: &Peer) -> ShopConfig {
    let servers = match lock {
        Lock::MySql => {
            Servers { mysql: Some(format!("{}/shop", peer.url).parse().unwrap()), ..Servers::default() }
        }
        _ => Servers { redis: Some(peer.url.parse().unwrap()), ..Servers::default() },
    };
    ShopConfig { lock, servers, app_threads: 40, listen: ShopConfig::fast().listen, ..ShopConfig::default() }
}

#[test]
fn a_lock_in_redis_is_named_by_both_sides_and_a_script_is_not() {
    let Some(peer) = redis() else { return };
    let (_shop, outcome) = sell(config(Lock::RedisLock, &peer), &peer, "?keys=lock:*");
    let (fastest, average) = times(&outcome);
    assert!(fastest < 50.0 && average > 700.0, "fastest {fastest} ms, average {average} ms");
    let found = finding(&outcome, "lock-contention").unwrap_or_else(|| panic!("{}", outcome.stdout));
    let evidence = found["evidence"].as_str().unwrap();
    assert!(evidence.contains("the target's own counters") && evidence.contains("Redis held"), "{evidence}");
    assert!(evidence.contains("(lock:*)"), "{evidence}");
    let (_shop, outcome) = sell(config(Lock::RedisLua, &peer), &peer, "?keys=lock:*");
    assert_eq!(finding(&outcome, "lock-contention"), None);
    let (_, without) = times(&outcome);
    assert!(without < average / 3.0, "{without} ms, with a lock {average} ms");
}

#[test]
fn the_pool_of_a_database_is_named() {
    let Some(peer) = mariadb() else { return };
    // What is done inside of the transaction is not fast either.
    let write = flashcrowd_shop::Latency::Fixed(Duration::from_millis(10));
    let config = ShopConfig { db_pool: 10, read: write, write, ..config(Lock::MySql, &peer) };
    let (_shop, outcome) = sell(config, &peer, "");
    let found = finding(&outcome, "pool-saturation").unwrap_or_else(|| panic!("{}", outcome.stdout));
    assert_eq!(
        (&found["labels"]["pool"], &found["figures"]["size"]),
        (&"db_pool_connections".into(), &10.0.into())
    );
}
