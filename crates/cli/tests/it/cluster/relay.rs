//! A way between agents and their bus that takes time, and that can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Forwards connections to a server until the process ends.
pub struct Relay {
    pub address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Relay {
    /// To this port of this machine; each direction takes `delay`.
    pub fn to(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { address: listener.local_addr().unwrap(), cut: Arc::default() };
        let cut = Arc::clone(&relay.cut);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                carry(client.try_clone().unwrap(), server.try_clone().unwrap(), delay, &cut);
                carry(server, client, delay, &cut);
            }
        });
        relay
    }

    /// From now on nothing gets through, and nobody is told.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }
}

/// Carries what is read from one side to the other, in order, each piece `delay` after it came.
fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration, cut: &Arc<AtomicBool>) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now() + delay, buffer[..size].to_vec())).is_err() {
                break;
            }
        }
    });
    let cut = Arc::clone(cut);
    std::thread::spawn(move || {
        for (due, piece) in pieces {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if !cut.load(Ordering::Relaxed) && to.write_all(&piece).is_err() {
                break;
            }
        }
        // Whoever is told nothing is not told of an end either.
        if !cut.load(Ordering::Relaxed) {
            let _ = to.shutdown(Shutdown::Both);
        }
    });
}
