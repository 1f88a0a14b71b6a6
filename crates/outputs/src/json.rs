//! `json`: every sample as a line of JSON in a file, in the form of k6's output of that name.
//!
//! A metric has a line of type `Metric` before its first sample, which has one of type `Point`. Times are UTC. A file
//! whose name ends in `.gz` is compressed. Lines are made and written on a thread of their own; samples that come
//! faster than it can write are dropped by the engine and counted: the run is no success then.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use flashcrowd_engine::{Observer, RunEvent, SampleBatch};
use flashcrowd_metrics::{Metric, MetricId, Registry, Sample};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::{Hide, Output, OutputContext, OutputError, OutputKind};

/// The row of the table.
pub(crate) const JSON: OutputKind = OutputKind {
    name: "json",
    help: "every sample as a line of JSON, as k6 writes it; a file that ends in .gz is compressed",
    example: "json=samples.json",
    open,
};

/// What the writing thread is told.
enum Message {
    Started(SystemTime),
    Batch(Arc<SampleBatch>),
}

struct Json {
    spec: String,
    now: fn() -> SystemTime,
    messages: Sender<Message>,
    written: Receiver<io::Result<()>>,
}

/// How often somebody who waits for the last lines is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(50);

fn open(spec: &str, file: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let wrong = |problem: &dyn std::fmt::Display| OutputError::new(spec, problem);
    let opened = File::create(file).map_err(|error| wrong(&error))?;
    let is_compressed = Path::new(file).extension().is_some_and(|ending| ending == "gz");
    let (messages, received) = channel();
    let (done, written) = channel();
    let (registry, thresholds) = (context.registry.clone(), context.thresholds.clone());
    let shown = Shown { hide: context.hide.clone(), known: HashMap::new() };
    let write = move || -> io::Result<()> {
        let lines =
            Lines { registry, thresholds, start: SystemTime::UNIX_EPOCH, known: HashSet::new(), shown };
        if is_compressed {
            let mut encoder = GzEncoder::new(opened, Compression::fast());
            lines.write(&received, BufWriter::new(&mut encoder))?;
            encoder.finish().map(|_| ())
        } else {
            lines.write(&received, BufWriter::new(opened))
        }
    };
    // Nobody listens any more when the wait for this was given up.
    let work = move || drop(done.send(write()));
    let started = std::thread::Builder::new().name("out-json".to_owned()).spawn(work);
    started.map_err(|error| wrong(&error))?;
    Ok(Box::new(Json { spec: spec.to_owned(), now: context.now, messages, written }))
}

impl Observer for Json {
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

impl Json {
    fn tell(&self, message: Message) {
        // A writer that has failed says why when it is finished.
        let _ = self.messages.send(message);
    }
}

impl Output for Json {
    fn finish(self: Box<Self>, gives_up: &dyn Fn() -> bool) -> Result<(), OutputError> {
        let Self { spec, messages, written, .. } = *self;
        drop(messages);
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
        written.map_err(|error| OutputError::new(&spec, format_args!("the file is not complete: {error}")))
    }

    fn observer(&mut self) -> &mut dyn Observer {
        self
    }
}

/// Makes the lines.
struct Lines {
    registry: Registry,
    thresholds: Vec<(String, String)>,
    start: SystemTime,
    known: HashSet<MetricId>,
    shown: Shown,
}

/// Texts without secrets. Most come again and again.
struct Shown {
    hide: Hide,
    known: HashMap<String, Option<String>>,
}

impl Shown {
    /// As many texts are kept.
    const MOST: usize = 10_000;

    fn text<'a>(&'a mut self, text: &'a str) -> &'a str {
        if !self.known.contains_key(text) {
            if self.known.len() == Self::MOST {
                self.known.clear();
            }
            self.known.insert(text.to_owned(), (self.hide.0)(text));
        }
        self.known.get(text).and_then(Option::as_deref).unwrap_or(text)
    }
}

impl Lines {
    /// Writes until the other side is gone.
    fn write(mut self, messages: &Receiver<Message>, mut to: impl Write) -> io::Result<()> {
        for message in messages {
            match message {
                Message::Started(at) => self.start = at,
                Message::Batch(batch) => {
                    for sample in batch.samples() {
                        self.sample(sample, &mut to)?;
                    }
                }
            }
        }
        to.flush()
    }

    fn sample(&mut self, sample: &Sample, to: &mut impl Write) -> io::Result<()> {
        let metric = self.registry.get(sample.metric);
        if self.known.insert(sample.metric) {
            line(&self.metric(&metric), to)?;
        }
        let at = OffsetDateTime::from(self.start + sample.at);
        let mut tags = Map::new();
        for (tag, value) in sample.tags.iter() {
            tags.insert(self.shown.text(tag).to_owned(), self.shown.text(value).into());
        }
        let time = at.format(&Rfc3339).unwrap_or_default();
        let data = json!({ "time": time, "value": sample.value, "tags": tags });
        line(&json!({ "metric": self.shown.text(&metric.name), "type": "Point", "data": data }), to)
    }

    fn metric(&mut self, metric: &Metric) -> Value {
        let own = self.thresholds.iter().filter(|(name, _)| *name == *metric.name);
        let thresholds: Vec<&str> = own.map(|(_, source)| source.as_str()).collect();
        let name = self.shown.text(&metric.name).to_owned();
        let data = json!({
            "name": name,
            "type": metric.kind,
            "contains": metric.contains,
            "thresholds": thresholds,
            "submetrics": null,
        });
        json!({ "type": "Metric", "data": data, "metric": name })
    }
}

fn line(value: &Value, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}
