//! A stream hands samples to a writer on a thread of its own, so that what is slow to write never slows the load.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use flashcrowd_engine::{Observer, RunEvent, SampleBatch};
use flashcrowd_metrics::Sample;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::time::Instant;

use crate::output::{Hide, Output, OutputContext, OutputError};

/// How often somebody who waits for the last lines is asked whether to go on.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// What a writer does with samples.
pub(crate) trait Writer: Send + 'static {
    /// The run starts: the times of samples count from here.
    fn started(&mut self, _at: SystemTime) {}

    /// Takes a sample.
    fn sample(&mut self, sample: &Sample) -> io::Result<()>;

    /// Passes on what has come together; called once in the writer's period.
    fn pass_on(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Passes on the rest: there are no further samples.
    fn end(self) -> io::Result<()>;
}

/// What the writing thread is told.
enum Message {
    Started(SystemTime),
    Batch(Arc<SampleBatch>),
}

struct Stream {
    spec: String,
    now: fn() -> SystemTime,
    messages: Sender<Message>,
    written: Receiver<io::Result<()>>,
}

/// Starts the thread of a writer that passes on in this period.
pub(crate) fn stream(
    spec: &str,
    context: &OutputContext,
    period: Duration,
    writer: impl Writer,
) -> Result<Box<dyn Output>, OutputError> {
    let (messages, received) = channel();
    let (done, written) = channel();
    // Nobody listens any more when the wait for this was given up.
    let work = move || drop(done.send(write(writer, &received, period)));
    let name = spec.split('=').next().unwrap_or(spec);
    let started = std::thread::Builder::new().name(format!("out-{name}")).spawn(work);
    started.map_err(|error| OutputError::new(spec, error))?;
    Ok(Box::new(Stream { spec: spec.to_owned(), now: context.now, messages, written }))
}

/// Writes until the other side is gone.
fn write(mut writer: impl Writer, messages: &Receiver<Message>, period: Duration) -> io::Result<()> {
    // A period without end has no next time.
    let mut due = Instant::now().checked_add(period);
    loop {
        let wait = due.map_or(period, |due| due.saturating_duration_since(Instant::now()));
        match messages.recv_timeout(wait) {
            Ok(Message::Started(at)) => writer.started(at),
            Ok(Message::Batch(batch)) => {
                for sample in batch.samples() {
                    writer.sample(sample)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return writer.end(),
        }
        let now = Instant::now();
        if due.is_some_and(|due| now >= due) {
            writer.pass_on()?;
            due = now.checked_add(period);
        }
    }
}

impl Observer for Stream {
    fn on_event(&mut self, event: &RunEvent) {
        if let RunEvent::Started(_) = event {
            self.tell(Message::Started((self.now)()));
        }
    }

    fn wants_samples(&self) -> bool {
        true
    }

    fn on_samples(&mut self, batch: &Arc<SampleBatch>) {
        self.tell(Message::Batch(batch.clone()));
    }
}

impl Stream {
    fn tell(&self, message: Message) {
        // A writer that has failed says why when it is finished.
        let _ = self.messages.send(message);
    }
}

impl Output for Stream {
    fn finish(self: Box<Self>, gives_up: &dyn Fn() -> bool) -> Result<(), OutputError> {
        let Self { spec, messages, written, .. } = *self;
        drop(messages);
        outcome(&written, gives_up).map_err(|problem| OutputError::new(&spec, problem))
    }

    fn observer(&mut self) -> &mut dyn Observer {
        self
    }
}

/// Waits for what came of a writer; what is wrong.
pub(crate) fn outcome(written: &Receiver<io::Result<()>>, gives_up: &dyn Fn() -> bool) -> Result<(), String> {
    let written = loop {
        match written.recv_timeout(PATIENCE) {
            Ok(written) => break written,
            Err(RecvTimeoutError::Disconnected) => break Err(io::Error::other("the writer panicked")),
            Err(RecvTimeoutError::Timeout) if gives_up() => {
                break Err(io::Error::other("interrupted while the last samples were written"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    written.map_err(|error| format!("the output is not complete: {error}"))
}

/// Texts without secrets. Most come again and again.
pub(crate) struct Shown {
    hide: Hide,
    known: HashMap<String, Option<String>>,
}

impl Shown {
    /// As many texts are kept.
    const MOST: usize = 10_000;

    pub(crate) fn new(context: &OutputContext) -> Self {
        Self { hide: context.hide.clone(), known: HashMap::new() }
    }

    /// The text as it may be shown.
    pub(crate) fn text<'a>(&'a mut self, text: &'a str) -> &'a str {
        if !self.known.contains_key(text) {
            if self.known.len() == Self::MOST {
                self.known.clear();
            }
            self.known.insert(text.to_owned(), (self.hide.0)(text));
        }
        self.known.get(text).and_then(Option::as_deref).unwrap_or(text)
    }
}

/// A file that is compressed if its name ends in `.gz`, or standard output.
pub(crate) enum Sheet {
    Plain(BufWriter<Box<dyn Write + Send>>),
    Compressed(BufWriter<GzEncoder<File>>),
}

impl Sheet {
    pub(crate) fn create(file: &str) -> io::Result<Self> {
        if file == "-" {
            return Ok(Self::Plain(BufWriter::new(Box::new(io::stdout()))));
        }
        let opened = File::create(file)?;
        Ok(match Path::new(file).extension() {
            Some(ending) if ending == "gz" => {
                Self::Compressed(BufWriter::new(GzEncoder::new(opened, Compression::fast())))
            }
            _ => Self::Plain(BufWriter::new(Box::new(opened))),
        })
    }

    /// Writes what is left.
    pub(crate) fn end(self) -> io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Compressed(mut file) => {
                file.flush()?;
                file.get_mut().try_finish()
            }
        }
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Compressed(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Compressed(file) => file.flush(),
        }
    }
}
