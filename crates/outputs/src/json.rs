//! `json`: every sample as a line of JSON in a file, in the form of k6's output of that name.
//!
//! A metric has a line of type `Metric` before its first sample, which has one of type `Point`. Times are UTC. A file
//! whose name ends in `.gz` is compressed. Lines are made and written on a thread of their own; samples that come
//! faster than it can write are dropped by the engine, counted, and reported as a warning.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

use flashcrowd_engine::{Observer, RunEvent, SampleBatch};
use flashcrowd_metrics::{Metric, MetricId, Registry, Sample};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::{Output, OutputContext, OutputError, OutputKind};

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
    writer: JoinHandle<io::Result<()>>,
}

fn open(spec: &str, file: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let wrong = |problem: &dyn std::fmt::Display| OutputError::new(spec, problem);
    if file.is_empty() {
        return Err(wrong(&format_args!("name the file, as in {}", JSON.example)));
    }
    let opened = File::create(file).map_err(|error| wrong(&error))?;
    let is_compressed = Path::new(file).extension().is_some_and(|ending| ending == "gz");
    let (messages, received) = channel();
    let (registry, thresholds) = (context.registry.clone(), context.thresholds.clone());
    let write = move || {
        let lines = Lines { registry, thresholds, start: SystemTime::UNIX_EPOCH, known: HashSet::new() };
        if is_compressed {
            let mut encoder = GzEncoder::new(opened, Compression::fast());
            lines.write(&received, BufWriter::new(&mut encoder))?;
            encoder.finish().map(|_| ())
        } else {
            lines.write(&received, BufWriter::new(opened))
        }
    };
    let writer = std::thread::Builder::new().name("out-json".to_owned()).spawn(write);
    let writer = writer.map_err(|error| wrong(&error))?;
    Ok(Box::new(Json { spec: spec.to_owned(), now: context.now, messages, writer }))
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
    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        let Self { spec, messages, writer, .. } = *self;
        drop(messages);
        let written = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked")));
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
        let tags: Map<String, Value> =
            sample.tags.iter().map(|(tag, value)| (tag.to_owned(), value.into())).collect();
        let time = at.format(&Rfc3339).unwrap_or_default();
        let data = json!({ "time": time, "value": sample.value, "tags": tags });
        line(&json!({ "metric": &*metric.name, "type": "Point", "data": data }), to)
    }

    fn metric(&self, metric: &Metric) -> Value {
        let own = self.thresholds.iter().filter(|(name, _)| *name == *metric.name);
        let thresholds: Vec<&str> = own.map(|(_, source)| source.as_str()).collect();
        let data = json!({
            "name": &*metric.name,
            "type": metric.kind,
            "contains": metric.contains,
            "thresholds": thresholds,
            "submetrics": null,
        });
        json!({ "type": "Metric", "data": data, "metric": &*metric.name })
    }
}

fn line(value: &Value, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}
