//! A target is a server inside the test: one that mirrors requests, or one that misbehaves.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A server on a port of its own.
pub struct Target {
    address: SocketAddr,
    seen: Arc<Seen>,
}

/// What a server has counted.
#[derive(Default)]
struct Seen {
    connections: AtomicU64,
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

/// A request as it came over the wire.
pub struct Request {
    /// The first line and the headers, each with its line end, without the empty line.
    pub head: String,
    pub body: Vec<u8>,
}

impl Target {
    /// A server that gives each connection to `serve`.
    pub fn raw(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::with(move |stream, _| serve(stream))
    }

    /// A server that answers each request with these bytes, over connections that stay open.
    pub fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::with(move |stream, seen| {
            let mut reader = BufReader::new(&stream);
            while let Some(request) = Request::read(&mut reader) {
                seen.requests.fetch_add(1, Ordering::SeqCst);
                seen.received.fetch_add(request.size(), Ordering::SeqCst);
                let bytes = answer(&request);
                seen.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                if (&stream).write_all(&bytes).is_err() {
                    break;
                }
            }
        })
    }

    fn with(serve: impl Fn(TcpStream, &Seen) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::<Seen>::default());
        let (serve, counting) = (Arc::new(serve), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_nodelay(true).unwrap();
                counting.connections.fetch_add(1, Ordering::SeqCst);
                let (serve, seen) = (serve.clone(), counting.clone());
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Self { address, seen }
    }

    /// A port that nobody listens on.
    pub fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address and port.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Connections it has taken.
    pub fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Requests it has read.
    pub fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Bytes of all requests, and of all answers.
    pub fn bytes(&self) -> (u64, u64) {
        (self.seen.received.load(Ordering::SeqCst), self.seen.sent.load(Ordering::SeqCst))
    }
}

impl Request {
    /// The next request of a connection, if there is one.
    pub fn read(reader: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut head = String::new();
        loop {
            let before = head.len();
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
            if &head[before..] == "\r\n" {
                head.truncate(before);
                break;
            }
        }
        let mut request = Self { head, body: Vec::new() };
        let length = request.header("Content-Length").or(request.header("content-length"));
        let length = length.map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// The value of a header, whose name must be written like this.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The path, with its query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn size(&self) -> u64 {
        (self.head.len() + 2 + self.body.len()) as u64
    }
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
        302 => "Found",
        401 => "Unauthorized",
        404 => "Not Found",
        _ => "Whatever",
    }
}

/// `"hello gzip"`, compressed.
pub const GZIPPED: [u8; 30] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 72, 175, 202, 44, 0, 0, 25, 106, 210, 223,
    10, 0, 0, 0,
];

/// How long requests that are to be there at the same time wait for each other.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Where requests wait for each other.
#[derive(Default)]
struct Meeting {
    came: Mutex<HashMap<u64, u64>>,
    all_there: Condvar,
}

impl Meeting {
    /// Waits until as many requests as given are there; whether they came.
    fn of(&self, count: u64) -> bool {
        let mut came = self.came.lock().unwrap();
        let place = came.entry(count).or_default();
        *place += 1;
        let last = place.div_ceil(count) * count;
        self.all_there.notify_all();
        let there = |came: &mut HashMap<u64, u64>| came[&count] < last;
        !self.all_there.wait_timeout_while(came, LONGEST_WAIT, there).unwrap().1.timed_out()
    }
}

/// A server for everything that clients do: it tells what it was asked, redirects, sets cookies and so on.
pub fn mirror() -> Target {
    let meeting = Meeting::default();
    Target::answering(move |request| {
        let path = request.path().split('?').next().unwrap();
        let mut parts = path[1..].split('/');
        match (parts.next().unwrap(), parts.next()) {
            ("status", Some(status)) => answer(status.parse().unwrap(), &[], ""),
            ("redirect", Some(left)) => match left.parse::<u32>().unwrap() {
                0 => answer(200, &[], "arrived"),
                n => answer(302, &[("Location", &format!("/redirect/{}", n - 1))], ""),
            },
            ("cookies", None) => answer(
                200,
                &[("Set-Cookie", "fresh=1; Path=/; HttpOnly"), ("Set-Cookie", "old=2; Max-Age=60")],
                "baked",
            ),
            ("gzip", None) => answer(200, &[("Content-Encoding", "gzip")], GZIPPED),
            ("json", None) => answer(200, &[], r#"{"a":{"b":[1,{"c":"deep"}]},"n":null}"#),
            ("broken", None) => answer(200, &[], "{\"a\":\n x}"),
            ("binary", None) => answer(200, &[], [0, 255, 7]),
            ("slow", Some(millis)) => {
                std::thread::sleep(Duration::from_millis(millis.parse().unwrap()));
                answer(200, &[], "at last")
            }
            ("together", Some(count)) => match meeting.of(count.parse().unwrap()) {
                true => answer(200, &[], "all there"),
                false => answer(500, &[], "alone"),
            },
            ("digest", None) => digest(request),
            _ => answer(200, &[("X-many", "1"), ("x-MANY", "2")], told(request)),
        }
    })
}

/// The request itself, line for line.
fn told(request: &Request) -> Vec<u8> {
    let mut text = request.head.replace("\r\n", "\n").into_bytes();
    if !request.body.is_empty() {
        text.extend(b"\n");
        text.extend(&request.body);
    }
    text
}

fn digest(request: &Request) -> Vec<u8> {
    let challenge = r#"Digest realm="shop", qop="auth", algorithm=MD5, nonce="abc""#;
    match request.header("Authorization") {
        Some(given) if given.starts_with("Digest username=\"ann\"") => answer(200, &[], "come in"),
        _ => answer(401, &[("WWW-Authenticate", challenge)], ""),
    }
}
