//! A spool writes to a stream on a thread of its own, so that a reader who has stopped reading stops nobody else.
//!
//! As long as the stream takes what it is given, a flush waits for it: lines keep their order among streams. Once that
//! takes too long the spool no longer waits. What does not fit is dropped in whole writes, and counted.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes may wait.
const ROOM: usize = 1 << 20;
/// How long a stream may take before nobody waits for it any more.
const PATIENCE: Duration = Duration::from_millis(200);

/// The end that is written to.
#[derive(Debug)]
pub struct Spool {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something is there to be written.
    filled: Condvar,
    /// Everything is written.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    is_writing: bool,
    /// The stream has not taken everything in time, and has not since.
    is_stalled: bool,
    /// Writes that were dropped and have not been told of.
    dropped: u64,
}

impl Spool {
    /// Writes to this stream from now on.
    pub fn new(mut stream: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                let next = theirs.take();
                // A closed stream is as good as a written one: there is nobody to be told.
                let _gone = stream.write_all(&next).and_then(|()| stream.flush());
                theirs.written();
            }
        })?;
        Ok(Self { shared })
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.lock();
        if state.bytes + bytes.len() > ROOM {
            state.dropped += 1;
            return Ok(bytes.len());
        }
        if state.dropped > 0 && state.bytes < ROOM / 2 {
            let count = std::mem::take(&mut state.dropped);
            state.push(format!("{count} lines were dropped here: nobody read them in time\n").into_bytes());
        }
        state.push(bytes.to_vec());
        self.shared.filled.notify_one();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let state = self.shared.lock();
        if state.is_stalled {
            return Ok(());
        }
        let waited = self.shared.emptied.wait_timeout_while(state, PATIENCE, |state| !state.is_empty());
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_stalled = timeout.timed_out();
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next write.
    fn take(&self) -> Vec<u8> {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.waiting.pop_front() {
                state.bytes -= next.len();
                state.is_writing = true;
                return next;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn written(&self) {
        let mut state = self.lock();
        state.is_writing = false;
        if state.is_empty() {
            state.is_stalled = false;
            self.emptied.notify_all();
        }
    }
}

impl State {
    fn push(&mut self, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.waiting.push_back(bytes);
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A stream that takes a write when the test lets it, and shows it then.
    struct Gate {
        open: Receiver<()>,
        shown: Sender<String>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.open.recv().unwrap();
            self.shown.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stream_that_is_read_has_everything_when_it_is_flushed() {
        let (shown, seen) = channel();
        let (key, open) = channel();
        (0..3).for_each(|_| key.send(()).unwrap());
        let mut spool = Spool::new(Gate { open, shown }).unwrap();
        for text in ["one", "two", "three"] {
            spool.write_all(text.as_bytes()).unwrap();
            spool.flush().unwrap();
            assert_eq!(seen.try_recv().unwrap(), text);
        }
    }

    #[test]
    fn a_stream_that_nobody_reads_stops_nobody_and_what_is_lost_is_counted() {
        let (shown, seen) = channel();
        let (key, open) = channel();
        let mut spool = Spool::new(Gate { open, shown }).unwrap();
        let block = "x".repeat(ROOM / 4);
        for _ in 0..50 {
            spool.write_all(block.as_bytes()).unwrap();
            spool.flush().unwrap();
        }
        (0..10).for_each(|_| key.send(()).unwrap());
        let kept = 5;
        let all: Vec<String> = (0..kept).map(|_| seen.recv().unwrap()).collect();
        assert!(all.iter().all(|one| *one == block));
        spool.write_all(b"again\n").unwrap();
        spool.flush().unwrap();
        assert_eq!(
            seen.recv().unwrap(),
            format!("{} lines were dropped here: nobody read them in time\n", 50 - kept)
        );
        assert_eq!(seen.recv().unwrap(), "again\n");
    }
}
