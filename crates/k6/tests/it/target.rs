//! A target is a server inside the tests that keeps every request and answers as a test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server on a thread of its own, which ends with the process.
pub struct Target {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// The first line and the headers, without the empty line.
    pub head: String,
    pub body: Vec<u8>,
}

impl Target {
    /// Answers each request with these bytes, over connections that stay open; no bytes close the connection.
    pub fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::<Seen>::default());
        let (answer, kept) = (Arc::new(answer), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                kept.connections.fetch_add(1, Ordering::SeqCst);
                let (answer, kept) = (answer.clone(), kept.clone());
                std::thread::spawn(move || serve(&stream, &kept, &*answer));
            }
        });
        Self { address, seen }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address and port.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The connections it has taken.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most requests that it has answered at the same time.
    pub fn most_under_way(&self) -> usize {
        self.seen.most_under_way.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, seen: &Seen, answer: &dyn Fn(&Request) -> Vec<u8>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        seen.requests.lock().unwrap().push(request.clone());
        let under_way = seen.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        let bytes = answer(&request);
        seen.under_way.fetch_sub(1, Ordering::SeqCst);
        let mut stream = stream;
        if bytes.is_empty() || stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

impl Request {
    fn read(reader: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        head.truncate(head.len() - 2);
        let mut request = Self { head, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// The value of a header.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    }

    /// All of it, line by line.
    pub fn shown(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let head = self.head.trim_end().replace("\r\n", "\n");
        if body.is_empty() { head } else { format!("{head}\n\n{body}") }
    }

    /// The path, with its query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// A target that answers nobody until so many have asked at the same time, and then everybody.
pub fn gathering(requests: usize) -> Target {
    let asked = AtomicUsize::new(0);
    Target::answering(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        // Gives up after ten seconds, so that a test of too few requests fails instead of hanging.
        for _ in 0..2000 {
            if asked.load(Ordering::SeqCst) >= requests {
                break;
            }
            pause(5);
        }
        // For one that should not have been sent to come.
        pause(20);
        answer(200, &[], "gathered")
    })
}

/// Lets a thread of a target wait for this many milliseconds.
#[expect(clippy::disallowed_methods, reason = "the thread serves one connection and has nothing else to do")]
pub fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// An answer with a length, and these headers.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        _ => "Whatever",
    }
}
