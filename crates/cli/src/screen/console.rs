//! The console writes to the standard streams: lines that stay, and below them a block that is redrawn.
//!
//! All output of the binary goes through here, so that a log line never lands inside a progress bar. A closed
//! stream does not end a test: what cannot be written is dropped, and the first error of standard output is kept for
//! the exit code.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write, stderr, stdout};
use std::sync::{Mutex, MutexGuard};

use flashcrowd_text::cut;

use super::harmless::harmless;
use super::held::Held;
use super::spool::Spool;
use super::terminal::{Stream, Terminal};

/// The two streams, and the block that is drawn below their lines.
pub struct Console {
    terminal: Terminal,
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    block: Vec<String>,
    /// What the terminal gets later, while something else has it.
    held: Option<Held>,
    /// Why something is missing on standard output.
    lost: Option<io::Error>,
}

impl Console {
    /// The console of this process. Messages that nobody reads must not stop a test, so a pipe or a file has a spool; on
    /// a terminal they keep their place among what is drawn there.
    pub fn new(terminal: Terminal) -> Self {
        let spool = if terminal.stderr { None } else { Spool::new(stderr()).ok() };
        let messages: Box<dyn Write + Send> = match spool {
            Some(spool) => Box::new(spool),
            None => Box::new(stderr()),
        };
        Self::over(terminal, Box::new(stdout()), messages)
    }

    /// A console over other streams.
    pub fn over(terminal: Terminal, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self { terminal, inner: Mutex::new(Inner { out, err, block: Vec::new(), held: None, lost: None }) }
    }

    /// The properties of the streams.
    pub fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// The stream for progress: standard output if it is a terminal, else standard error.
    pub fn progress_stream(&self) -> Stream {
        if self.terminal.stdout { Stream::Out } else { Stream::Err }
    }

    /// Whether progress is redrawn in place rather than written as lines.
    pub fn redraws(&self) -> bool {
        self.is_terminal(self.progress_stream())
    }

    /// Whether text on this stream has colours.
    pub fn color(&self, stream: Stream) -> bool {
        self.terminal.color && self.is_terminal(stream)
    }

    /// Writes text that stays, with its own line ends, above the block.
    pub fn write(&self, stream: Stream, text: &str) {
        self.write_bytes(stream, text.as_bytes());
    }

    /// Writes bytes that stay, above the block.
    pub fn write_bytes(&self, stream: Stream, bytes: &[u8]) {
        let mut inner = self.lock();
        if let Some(held) = inner.held.as_mut().filter(|_| self.is_terminal(stream)) {
            held.add(stream, bytes);
            return;
        }
        let block = if self.is_terminal(stream) { std::mem::take(&mut inner.block) } else { Vec::new() };
        self.erase(&mut inner, block.len());
        let bytes = if self.is_terminal(stream) { harmless(bytes) } else { Cow::Borrowed(bytes) };
        let target = inner.stream(stream);
        let written = target.write_all(&bytes).and_then(|()| target.flush());
        if let (Stream::Out, Err(error)) = (stream, written) {
            inner.lost.get_or_insert(error);
        }
        if !block.is_empty() {
            self.paint(&mut inner, block);
        }
    }

    /// Redraws the block, each line cut to the terminal's width.
    pub fn draw(&self, text: &str) {
        let columns = usize::from(self.terminal.width);
        let block: Vec<String> = text.lines().map(|line| cut(line, columns)).collect();
        let mut inner = self.lock();
        if inner.held.is_some() {
            return;
        }
        let old = std::mem::take(&mut inner.block).len();
        self.erase(&mut inner, old);
        self.paint(&mut inner, block);
    }

    /// Keeps the block on the screen; what follows is written below it.
    pub fn keep(&self) {
        self.lock().block.clear();
    }

    /// Holds what is written to the terminal until [`Self::release`]: something else has it.
    pub fn hold(&self) {
        self.lock().held.get_or_insert_default();
    }

    /// The last lines of what is held, without colours.
    pub fn held(&self, most: usize) -> Vec<String> {
        self.lock().held.as_ref().map_or_else(Vec::new, |held| held.last_lines(most))
    }

    /// Writes what was held, and holds nothing more.
    pub fn release(&self) {
        let held = self.lock().held.take();
        for (stream, bytes) in held.into_iter().flat_map(Held::into_texts) {
            self.write_bytes(stream, &bytes);
        }
    }

    /// Why not all of standard output was written; asked once.
    pub fn lost(&self) -> Option<io::Error> {
        self.lock().lost.take()
    }

    /// Whether this stream is a terminal.
    pub fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Out => self.terminal.stdout,
            Stream::Err => self.terminal.stderr,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn erase(&self, inner: &mut Inner, lines: usize) {
        if lines > 0 {
            let target = inner.stream(self.progress_stream());
            let _gone = write!(target, "\x1b[{lines}A\r\x1b[J").and_then(|()| target.flush());
        }
    }

    fn paint(&self, inner: &mut Inner, block: Vec<String>) {
        let target = inner.stream(self.progress_stream());
        let text: String = block.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let _gone = target.write_all(&harmless(text.as_bytes())).and_then(|()| target.flush());
        inner.block = block;
    }
}

impl Inner {
    fn stream(&mut self, stream: Stream) -> &mut (dyn Write + Send) {
        match stream {
            Stream::Out => &mut *self.out,
            Stream::Err => &mut *self.err,
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;

    /// A stream that captures what is written to it.
    #[derive(Clone, Default)]
    pub(crate) struct Sheet(Arc<Mutex<Vec<u8>>>);

    impl Sheet {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sheet {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn console(stdout: bool, stderr: bool) -> (Console, Sheet, Sheet) {
        let (out, err) = (Sheet::default(), Sheet::default());
        let terminal = Terminal { stdout, stderr, width: 20, color: false };
        (Console::over(terminal, Box::new(out.clone()), Box::new(err.clone())), out, err)
    }

    #[test]
    fn a_line_pushes_the_block_down() {
        let (console, out, err) = console(true, true);
        console.draw("one\ntwo");
        console.write(Stream::Err, "log\n");
        console.draw("three");
        console.keep();
        console.write(Stream::Out, "end\n");
        assert_eq!(out.text(), "one\ntwo\n\x1b[2A\r\x1b[Jone\ntwo\n\x1b[2A\r\x1b[Jthree\nend\n");
        assert_eq!(err.text(), "log\n");
    }

    #[test]
    fn a_terminal_gets_what_is_harmless_and_a_pipe_what_was_written() {
        let (console, out, err) = console(true, false);
        console.write(Stream::Out, "\x1b[2J");
        console.write(Stream::Err, "\x1b[2J");
        assert_eq!(
            (out.text().as_str(), err.text().as_str()),
            ("␛[2J", "\x1b[2J"),
            "a pipe has what was written"
        );
    }

    #[test]
    fn what_is_held_comes_later_and_once() {
        let (console, out, err) = console(true, true);
        console.hold();
        console.draw("progress");
        console.write(Stream::Err, "\x1b[31mone\x1b[0m\ntwo\n");
        console.write(Stream::Out, "three\n");
        assert_eq!((out.text().as_str(), err.text().as_str()), ("", ""));
        assert_eq!(console.held(2), ["two", "three"]);
        assert_eq!(console.held(9)[0], "one");
        console.release();
        assert_eq!((out.text().as_str(), err.text().as_str()), ("three\n", "\x1b[31mone\x1b[0m\ntwo\n"));
        console.write(Stream::Out, "four\n");
        assert_eq!(out.text(), "three\nfour\n");
    }

    #[test]
    fn data_in_a_pipe_leaves_the_block_alone() {
        let (console, out, err) = console(false, true);
        assert_eq!((console.progress_stream(), console.redraws()), (Stream::Err, true));
        console.draw("a line that is wider than the terminal");
        console.write(Stream::Out, "data\n");
        assert_eq!((out.text().as_str(), err.text().as_str()), ("data\n", "a line that is wide…\n"));
    }
}
