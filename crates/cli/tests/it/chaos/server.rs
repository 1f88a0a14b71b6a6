//! A hostile server has a door for each layer that it attacks, and counts what came through.

use std::collections::{HashMap, HashSet};
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::dice::Dice;
use super::http1;
use super::tls::Tls;
use super::visit::{LONGEST, Visit};
use crate::target::Request;

/// A server, and what it has seen.
pub struct Hostile {
    seen: Arc<Seen>,
    /// The port of each door: HTTP/1, none, TLS, HTTP/2.
    pub ports: [u16; 4],
}

/// What came, by mode: each request once, however often it was sent.
#[derive(Default)]
struct Seen {
    requests: Mutex<HashMap<String, HashSet<String>>>,
    unnamed: [AtomicU64; 3],
}

impl Hostile {
    pub fn start(seed: u64) -> Self {
        let seen = Arc::<Seen>::default();
        let http1 = {
            let seen = seen.clone();
            listen(move |stream| serve_http1(&stream, seed, &seen))
        };
        let turn = AtomicU64::new(0);
        let door = {
            let seen = seen.clone();
            listen(move |stream| {
                seen.unnamed[0].fetch_add(1, Ordering::SeqCst);
                let about = format!("door {}", turn.fetch_add(1, Ordering::SeqCst));
                slam(&stream, &mut Dice::of(seed, &about));
            })
        };
        let tls = Arc::new(Tls::new());
        let (broken, counting, turn) = (tls.clone(), seen.clone(), AtomicU64::new(0));
        let handshake = listen(move |stream| {
            counting.unnamed[1].fetch_add(1, Ordering::SeqCst);
            let about = format!("tls {}", turn.fetch_add(1, Ordering::SeqCst));
            broken.break_handshake(stream, &mut Dice::of(seed, &about));
        });
        let (counting, turn) = (seen.clone(), AtomicU64::new(0));
        let http2 = listen(move |stream| {
            let about = format!("http2 {}", turn.fetch_add(1, Ordering::SeqCst));
            let seen = || {
                counting.unnamed[2].fetch_add(1, Ordering::SeqCst);
            };
            tls.break_http2(stream, &mut Dice::of(seed, &about), seen);
        });
        Self { seen, ports: [http1, door, handshake, http2] }
    }

    /// How many requests came with this mode.
    pub fn seen(&self, mode: &str) -> u64 {
        match mode {
            "door" => self.seen.unnamed[0].load(Ordering::SeqCst),
            "tls" => self.seen.unnamed[1].load(Ordering::SeqCst),
            "http2" => self.seen.unnamed[2].load(Ordering::SeqCst),
            _ => self.seen.requests.lock().unwrap().get(mode).map_or(0, |paths| paths.len() as u64),
        }
    }
}

fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, serve) = (listener.local_addr().unwrap().port(), Arc::new(serve));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(LONGEST)).unwrap();
            stream.set_write_timeout(Some(LONGEST)).unwrap();
            let serve = serve.clone();
            let thread = std::thread::Builder::new().stack_size(256 << 10);
            thread.spawn(move || serve(stream)).unwrap();
        }
    });
    port
}

/// `/mode/what` is done as the mode says.
fn serve_http1(stream: &TcpStream, seed: u64, seen: &Seen) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        let path = request.path().to_owned();
        let mode = path[1..].split('/').next().unwrap_or_default().to_owned();
        seen.requests.lock().unwrap().entry(mode.clone()).or_default().insert(path.clone());
        let dice = Dice::of(seed, &path);
        let attack =
            http1::MODES.iter().find(|(name, _)| *name == mode).expect("the script knows the modes").1;
        if attack(&mut Visit { stream, path, dice }).is_none() {
            return;
        }
    }
}

/// Does something before a word was said, and hangs up.
fn slam(stream: &TcpStream, dice: &mut Dice) {
    let mut visit = Visit { stream, path: String::new(), dice: dice.clone() };
    match dice.below(6) {
        0 => visit.reset(),
        1 => (),
        2 => visit.hang(),
        3 => {
            let noise = dice.bytes(64);
            visit.say(noise);
        }
        4 => {
            visit.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
        _ => {
            // The client's words stay unread, which resets the connection in the middle of them.
            visit.say("HTTP/1.1 100 Continue\r\n\r\n".repeat(50));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
