//! A visit is one request that is about to be wronged, or a connection before any.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::dice::Dice;

/// Nobody is kept waiting longer, so that the threads of a server come to their end.
pub const LONGEST: Duration = Duration::from_secs(4);

/// One request, and what it is wronged with.
pub struct Visit<'a> {
    pub stream: &'a TcpStream,
    pub path: String,
    pub dice: Dice,
}

impl Visit<'_> {
    /// Says something; whether the client still takes it.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let mut stream = self.stream;
        stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Says it again and again, with pauses, until the client has had enough. That is what bounds the load of a test.
    pub fn repeat(&mut self, bytes: impl AsRef<[u8]>, pause: Duration) {
        let started = Instant::now();
        while started.elapsed() < LONGEST && self.say(bytes.as_ref()) {
            std::thread::sleep(pause);
        }
    }

    /// Waits until the client goes.
    pub fn hang(&mut self) {
        let mut stream = self.stream;
        let _ = stream.read(&mut [0]);
    }

    /// Ends the connection with a reset, whatever was read.
    pub fn reset(&mut self) {
        let _ = SockRef::from(self.stream).set_linger(Some(Duration::ZERO));
        let _ = self.stream.shutdown(Shutdown::Read);
    }
}
