//! `json`: every sample as a line of JSON in a file, in the form of k6's output of that name.
//!
//! A metric has a line of type `Metric` before its first sample, which has one of type `Point`. Times are UTC. A file
//! whose name ends in `.gz` is compressed. Samples that come faster than they can be written are dropped by the engine
//! and counted: the run is no success then.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use flashcrowd_metrics::{Metric, MetricId, Registry, Sample};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::stream::{Sheet, Shown, Writer, stream};

/// The row of the table.
pub(crate) const JSON: OutputKind = OutputKind {
    name: "json",
    also: &[],
    help: "every sample as a line of JSON, as k6 writes it; a file that ends in .gz is compressed",
    example: "json=samples.json",
    needs_argument: true,
    open,
};

fn open(spec: &str, file: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let lines = Lines {
        to: Sheet::create(file).map_err(|error| OutputError::new(spec, error))?,
        registry: context.registry.clone(),
        thresholds: context.thresholds.clone(),
        start: SystemTime::UNIX_EPOCH,
        known: HashSet::new(),
        shown: Shown::new(context),
    };
    stream(spec, context, Duration::MAX, lines)
}

/// Makes the lines.
struct Lines {
    to: Sheet,
    registry: Registry,
    thresholds: Vec<(String, String)>,
    start: SystemTime,
    known: HashSet<MetricId>,
    shown: Shown,
}

impl Writer for Lines {
    fn started(&mut self, at: SystemTime) {
        self.start = at;
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        let metric = self.registry.get(sample.metric);
        if self.known.insert(sample.metric) {
            let head = self.metric(&metric);
            line(&head, &mut self.to)?;
        }
        let at = OffsetDateTime::from(self.start + sample.at);
        let mut tags = Map::new();
        for (tag, value) in sample.tags.iter() {
            tags.insert(self.shown.text(tag).to_owned(), self.shown.text(value).into());
        }
        let time = at.format(&Rfc3339).unwrap_or_default();
        let data = json!({ "time": time, "value": sample.value, "tags": tags });
        let point = json!({ "metric": self.shown.text(&metric.name), "type": "Point", "data": data });
        line(&point, &mut self.to)
    }

    fn end(self) -> io::Result<()> {
        self.to.end()
    }
}

impl Lines {
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
