//! Measures what a call costs the client: `per_call serve ADDRESS` answers every request as a GetItem, and `per_call URL
//! [CALLS]` has 20 virtual users on two threads ask any DynamoDB for one item, over and over: once with everything, once
//! without samples, and once as plain HTTP without signatures, and tells the CPU time that each call took.
#![expect(clippy::print_stdout, reason = "a measuring tool prints its result")]

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use bytes::Bytes;
use flashcrowd_dynamodb::{
    Call, Client, Credentials, Endpoint, Fault, FaultKind, Measures, Meter, Operation, Retry, Service, Watch,
};
use flashcrowd_http::{Client as HttpClient, ClientConfig, Request, Shared, SystemTags, WorkerClient};
use flashcrowd_metrics::{Plan, Registry, Shard, TagSet};
use http::Method;
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

const THREADS: u64 = 2;
const USERS: u64 = 10;
const TABLE: &str = "PerCall";

type Failure = Box<dyn Error + Send + Sync>;

/// What is measured.
#[derive(Clone, Copy)]
enum What {
    Everything,
    WithoutSamples,
    PlainHttp,
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("serve") => alone(serve(args.get(1).map_or("127.0.0.1:8098", String::as_str))),
        Some(url) => measure(url, args.get(1).and_then(|text| text.parse().ok()).unwrap_or(200_000)),
        None => Err("usage: per_call serve ADDRESS | per_call URL [CALLS]".into()),
    }
}

fn alone<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, work)
}

async fn serve(address: &str) -> Result<(), Failure> {
    let description = "a product ".repeat(50);
    let body = format!(
        r#"{{"ConsumedCapacity":{{"TableName":"{TABLE}","CapacityUnits":0.5,"Table":{{"CapacityUnits":0.5}}}},"Item":{{"id":{{"S":"1"}},"price":{{"N":"19.99"}},"description":{{"S":"{description}"}}}}}}"#
    );
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: 1";
    let answer: Rc<str> = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into();
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
            Ok::<_, std::io::Error>(())
        });
    }
}

fn measure(url: &str, calls: u64) -> Result<(), Failure> {
    let service = Arc::new(Service {
        endpoint: Endpoint::at(url, "us-east-1")?,
        credentials: Credentials::fixed("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        retry: Retry::default(),
        sdk: None,
        timeout: Duration::from_secs(10),
    });
    let http = ClientConfig::default().build()?;
    alone(set_up(&service, &http))?;
    for (what, name) in [
        (What::Everything, "with samples"),
        (What::WithoutSamples, "without samples"),
        (What::PlainHttp, "plain HTTP"),
    ] {
        let each = calls / (THREADS * USERS);
        run(what, each / 20 + 1, &service, &http)?;
        let (started, cpu) = (Instant::now(), cpu_time());
        let failed = run(what, each, &service, &http)?;
        let (took, cpu) = (started.elapsed(), cpu_time() - cpu);
        let done = each * THREADS * USERS;
        let (rate, micros) = (done as f64 / took.as_secs_f64(), cpu.as_secs_f64() * 1e6 / done as f64);
        println!("{name}: {done} calls, {failed} failed, {rate:.0}/s, {micros:.2} us of CPU each");
    }
    Ok(())
}

/// Makes `each` calls for each virtual user; how many failed.
fn run(what: What, each: u64, service: &Arc<Service>, http: &Arc<Shared>) -> Result<u64, Failure> {
    let start = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        let thread = |_| {
            scope.spawn(|| {
                start.wait();
                alone(async { Ok(users(what, each, service, http).await) })
            })
        };
        let threads: Vec<_> = (0..THREADS).map(thread).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
        };
        threads.into_iter().map(join).sum()
    })
}

/// The virtual users of a thread.
async fn users(what: What, each: u64, service: &Arc<Service>, http: &Arc<Shared>) -> u64 {
    let http = WorkerClient::new(http.clone());
    let meter = Rc::new(meter());
    let tasks = (1..=USERS).map(|vu| {
        let (service, http, meter) = (service.clone(), http.clone(), meter.clone());
        spawn_local(async move {
            let call = get();
            if let What::PlainHttp = what {
                return plain(&service, http, &call, vu, each).await;
            }
            let client = Client::new(service, http, vu);
            match what {
                What::Everything => ask(&client, &call, each, &*meter).await,
                _ => ask(&client, &call, each, &()).await,
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut failed = 0;
    for task in tasks {
        failed += task.await.unwrap_or(each);
    }
    failed
}

async fn ask(client: &Client, call: &Call, each: u64, watch: &impl Watch) -> u64 {
    let mut failed = 0;
    for _ in 0..each {
        failed += u64::from(client.call(call, watch).await.is_err());
    }
    failed
}

async fn plain(service: &Service, http: Rc<WorkerClient>, call: &Call, vu: u64, each: u64) -> u64 {
    let (client, Ok(target)) = (HttpClient::new(http.clone(), vu), http.target(&service.endpoint.url)) else {
        return each;
    };
    let mut answered = 0;
    for _ in 0..each {
        let request = Request::new(Method::POST, target.clone()).body(call.body.clone());
        answered += u64::from(client.send(&request).await.error.is_none());
    }
    each - answered
}

fn meter() -> Meter {
    let registry = Registry::new();
    let measures = Measures::define(&registry).expect("nothing else is defined");
    let mut plan = Plan::new(registry);
    plan.views.push(measures.view());
    let shard = Rc::new(RefCell::new(Shard::new(Arc::new(plan))));
    let tags = ["name", "status", "method", "expected_response"].map(str::to_owned);
    Meter::new(shard, measures, SystemTags::new(tags), TagSet::from_pairs([("scenario", "reads")]))
}

fn request(operation: Operation, body: &str) -> Call {
    let name = format!("{} {TABLE}", operation.name()).into();
    Call { operation, table: TABLE.into(), name, body: Bytes::from(body.to_owned()) }
}

fn get() -> Call {
    request(
        Operation::GetItem,
        r#"{"TableName":"PerCall","Key":{"id":{"S":"1"}},"ReturnConsumedCapacity":"INDEXES"}"#,
    )
}

/// Makes the table and its only item, unless they are there.
async fn set_up(service: &Arc<Service>, http: &Arc<Shared>) -> Result<(), Failure> {
    let client = Client::new(service.clone(), WorkerClient::new(http.clone()), 1);
    let create = request(
        Operation::CreateTable,
        r#"{"TableName":"PerCall","BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#,
    );
    match client.call(&create, &()).await {
        Ok(_) | Err(Fault { kind: FaultKind::Busy, .. }) => {}
        Err(fault) => return Err(fault.into()),
    }
    let description = "a product ".repeat(50);
    let item =
        format!(r#"{{"id":{{"S":"1"}},"price":{{"N":"19.99"}},"description":{{"S":"{description}"}}}}"#);
    let put = request(Operation::PutItem, &format!(r#"{{"TableName":"PerCall","Item":{item}}}"#));
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        match client.call(&put, &()).await {
            Ok(_) => return Ok(()),
            Err(fault) if fault.kind != FaultKind::NotFound || Instant::now() > limit => {
                return Err(fault.into());
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(cpu.tv_sec.unsigned_abs(), u32::try_from(cpu.tv_nsec).unwrap_or(0))
}
