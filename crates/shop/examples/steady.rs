//! A steady server is a target whose behaviour never changes: what is found in a run against it is found by mistake.
//!
//! `steady KIND [SLOWER]` listens on a free port of 127.0.0.1, prints its address, and answers `GET /0` to `GET /9` until it
//! is ended. Everything takes longer by the factor `SLOWER`.
//!
//! | kind | an answer takes |
//! | --- | --- |
//! | `fixed` | 20 ms |
//! | `queue` | 20 ms on average, exponential, on one of four workers: an M/M/4 queue under random arrivals |
//! | `swing` | 20 ms, swinging by 30% in 17 s |
//! | `cron` | 20 ms, and 120 ms in the first 0.3 s of every 10 s |
//! | `endpoint` | 10 ms, and 150 ms at `/0`, both log-normal |
#![expect(clippy::print_stdout, reason = "the address is for the script that starts it")]

use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

/// How answers are delayed.
struct Server {
    kind: String,
    slower: f64,
    start: Instant,
    /// Where in its period the swing or the job begins, in seconds.
    phase: f64,
    workers: Semaphore,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let kind = args.next().ok_or("usage: steady KIND [SLOWER]")?;
    let slower = args.next().map_or(Ok(1.0), |slower| slower.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(kind, slower))
}

async fn serve(kind: String, slower: f64) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let (start, phase) = (Instant::now(), 20.0 * fastrand::f64());
    let server = Rc::new(Server { kind, slower, start, phase, workers: Semaphore::new(4) });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let server = server.clone();
        spawn_local(async move {
            // A client that goes away is no error of the server's.
            let _gone = server.talk(stream).await;
        });
    }
}

impl Server {
    /// Answers the requests of one connection, one after the other.
    async fn talk(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.split();
        let mut reader = BufReader::new(reader);
        let (mut path, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).await? > 0 {
            if line.starts_with("GET ") {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            if line == "\r\n" {
                let status = if path == "/metrics" { "404 Not Found" } else { "200 OK" };
                self.work(&path).await;
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
                writer.write_all(answer.as_bytes()).await?;
            }
            line.clear();
        }
        Ok(())
    }

    async fn work(&self, path: &str) {
        let at = self.start.elapsed().as_secs_f64() + self.phase;
        let ms = match self.kind.as_str() {
            "queue" => -20.0 * (1.0 - fastrand::f64()).ln(),
            "swing" => 20.0 * (1.0 + 0.3 * (std::f64::consts::TAU * at / 17.0).sin()),
            "cron" if at % 10.0 < 0.3 => 120.0,
            "endpoint" => (if path == "/0" { 150.0 } else { 10.0 }) * (0.3 * normal()).exp(),
            _ => 20.0,
        };
        let _worker = match self.kind.as_str() {
            "queue" => self.workers.acquire().await.ok(),
            _ => None,
        };
        sleep(Duration::from_secs_f64(ms * self.slower / 1e3)).await;
    }
}

/// Nearly a number of the standard normal distribution.
fn normal() -> f64 {
    (0..12).map(|_| fastrand::f64()).sum::<f64>() - 6.0
}
