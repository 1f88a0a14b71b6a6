//! Measures what a request costs: `hammer serve ADDRESS` answers every request with 100 bytes of JSON, and
//! `hammer URL [CONNECTIONS] [REQUESTS]` sends GETs from one thread and tells the CPU time each of them took, and
//! what a connection weighs that waits between two requests, parked and not.
//! Run `wrk -t1 -c50 -d5s URL` beside it for comparison.
#![expect(clippy::print_stdout, reason = "a measuring tool prints its result")]

use std::{fs, io, rc::Rc};

use flashcrowd_http::{Client, ClientConfig, FetchOptions, Request, Target, WorkerClient, fetch};
use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::{LocalSet, spawn_local},
    time::Instant,
};

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = async {
        match args.first().map(String::as_str) {
            Some("serve") => serve(args.get(1).map_or("127.0.0.1:8099", String::as_str)).await,
            Some(url) => {
                let number =
                    |index: usize, or: u64| args.get(index).and_then(|text| text.parse().ok()).unwrap_or(or);
                hammer(url, number(1, 50), number(2, 500_000)).await
            }
            None => {
                Err(io::Error::other("usage: hammer serve ADDRESS | hammer URL [CONNECTIONS] [REQUESTS]"))
            }
        }
    };
    LocalSet::new().block_on(&runtime, work)
}

async fn serve(address: &str) -> io::Result<()> {
    const BODY: &str = concat!(
        r#"{"id":1234567,"name":"a product of the practice shop","price":1999,"stock":100,"currency":"#,
        r#""EUR","x":1}"#
    );
    let answer: Rc<str> = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 20 Nov 2025 12:00:00 GMT\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into();
    let listener = TcpListener::bind(address).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let answer = Rc::clone(&answer);
        spawn_local(async move {
            let mut buffer = [0; 4096];
            stream.set_nodelay(true)?;
            while stream.read(&mut buffer).await? > 0 {
                stream.write_all(answer.as_bytes()).await?;
            }
            Ok::<_, io::Error>(())
        });
    }
}

async fn hammer(url: &str, connections: u64, requests: u64) -> io::Result<()> {
    let worker = WorkerClient::build(ClientConfig::default()).map_err(io::Error::other)?;
    let target = worker.target(url).map_err(io::Error::other)?;
    let clients: Vec<_> = (1..=connections).map(|vu| Rc::new(Client::new(Rc::clone(&worker), vu))).collect();
    let parked = weigh(&clients, &target, true).await?;
    let idle = parked + weigh(&clients, &target, false).await?;
    round(&clients, &target, 10).await;
    let each = requests / connections.max(1);
    let (started, cpu) = (Instant::now(), cpu_microseconds()?);
    let failed = round(&clients, &target, each).await;
    let (took, cpu) = (started.elapsed(), cpu_microseconds()? - cpu);
    let done = each * connections;
    println!(
        "{done} requests, {failed} failed, {:.0}/s, {:.2} us of CPU each; {idle} bytes an idle connection, {parked} parked",
        done as f64 / took.as_secs_f64(),
        cpu as f64 / done as f64
    );
    Ok(())
}

/// One request of each client after the other; how much memory each client gained.
async fn weigh(clients: &[Rc<Client>], target: &Rc<Target>, park: bool) -> io::Result<u64> {
    let before = resident()?;
    for client in clients {
        get(client, target).await;
        if park {
            client.park();
        }
    }
    Ok(resident()?.saturating_sub(before) / clients.len().max(1) as u64)
}

/// `each` requests of all clients at once; how many failed.
async fn round(clients: &[Rc<Client>], target: &Rc<Target>, each: u64) -> u64 {
    let tasks = clients.iter().map(|client| {
        let (client, target) = (Rc::clone(client), Rc::clone(target));
        spawn_local(async move {
            let mut failed = 0;
            for _ in 0..each {
                failed += u64::from(!get(&client, &target).await);
            }
            failed
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut failed = 0;
    for task in tasks {
        failed += task.await.unwrap_or(each);
    }
    failed
}

/// One request; whether it went well.
async fn get(client: &Client, target: &Rc<Target>) -> bool {
    let request = Request::new(Method::GET, Rc::clone(target));
    let options = FetchOptions::default();
    fetch(client, request, None, &options, |_, _| {}).await.exchange.status == 200
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

/// Bytes of memory in use.
fn resident() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    Ok(line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 1024)
}
