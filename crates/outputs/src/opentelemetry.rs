//! `opentelemetry`: the run's series as OTLP's metrics, over gRPC or HTTP, with the names and variables of k6's output of that
//! name.
//!
//! Values are those since the start of the run, so that a push that is lost loses nothing but its moment.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use flashcrowd_metrics::Sample;
use prost::Message as _;

use crate::otlp::{Histogram, Settings, courier, request, settings};
use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::post::{Bodies, Body, Poster};
use crate::series::Series;
use crate::stream::{Writer, stream};

/// The row of the table.
pub(crate) const OPENTELEMETRY: OutputKind = OutputKind {
    name: "opentelemetry",
    also: &["experimental-opentelemetry"],
    help: "metrics to a receiver of OTLP every 10 s; K6_OTEL_GRPC_EXPORTER_ENDPOINT and k6's other variables",
    example: "opentelemetry",
    needs_argument: false,
    open,
};

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let wrong = |problem: String| OutputError::new(spec, problem);
    let settings = settings(argument, &context.variables).map_err(wrong)?;
    let make = courier(&settings.receiver).map_err(wrong)?;
    let poster = Poster::start(&settings.receiver.url, (Bodies::Wholes, 1), make);
    let poster = poster.map_err(|error| wrong(error.to_string()))?;
    let period = settings.period;
    let series = Series::new(context, str::to_owned);
    stream(spec, context, period, Collected { settings, series, start: UNIX_EPOCH, poster })
}

/// The series since the start of the run.
struct Collected {
    settings: Settings,
    series: Series<Histogram>,
    start: SystemTime,
    poster: Poster,
}

impl Writer for Collected {
    fn started(&mut self, at: SystemTime) {
        self.start = at;
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        self.series.add(sample);
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if !self.series.rows().is_empty() {
            let body = self.body();
            self.poster.offer(body);
        }
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        let last = (!self.series.rows().is_empty()).then(|| self.body());
        self.poster.finish(last)?;
        self.series.complete()
    }
}

impl Collected {
    fn body(&self) -> Body {
        let nanos = |at: SystemTime| {
            let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            u64::try_from(since).unwrap_or(u64::MAX)
        };
        let Settings { prefix, resource, .. } = &self.settings;
        let span = (nanos(self.start), nanos(self.series.now()));
        let request = request(self.series.rows(), prefix, resource, span);
        Body { bytes: request.encode_to_vec(), samples: self.series.samples() }
    }
}
