//! `csv`: every sample as a line of a table in a file, in the form of k6's output of that name: metric, time, value, a
//! column for each system tag, and all other tags in one, as `key=value&key=value`.
//!
//! Instead of a file, `fileName=FILE,timeFormat=FORMAT` may be given, as with k6.

use std::io;
use std::time::{Duration, SystemTime};

use csv::WriterBuilder;
use flashcrowd_metrics::{Registry, Sample};
use flashcrowd_text::nearest;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::stream::{Sheet, Shown, Writer, stream};

/// The row of the table.
pub(crate) const CSV: OutputKind = OutputKind {
    name: "csv",
    also: &[],
    help: "every sample as a line of a table, as k6 writes it; a file that ends in .gz is compressed",
    example: "csv=samples.csv",
    needs_argument: true,
    open,
};

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeFormat {
    /// Whole units since 1970, so many a second.
    Unix(u32),
    Rfc3339,
}

const FORMATS: [(&str, TimeFormat); 6] = [
    ("unix", TimeFormat::Unix(1)),
    ("unix_milli", TimeFormat::Unix(1_000)),
    ("unix_micro", TimeFormat::Unix(1_000_000)),
    ("unix_nano", TimeFormat::Unix(1_000_000_000)),
    ("rfc3339", TimeFormat::Rfc3339),
    ("rfc3339_nano", TimeFormat::Rfc3339),
];

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let (file, format) = settings(argument).map_err(|problem| OutputError::new(spec, problem))?;
    let to = Sheet::create(file).map_err(|error| OutputError::new(spec, error))?;
    let mut tags = context.system_tags.clone();
    tags.sort_unstable();
    let mut table = Table {
        to: WriterBuilder::new().from_writer(to),
        registry: context.registry.clone(),
        format,
        start: SystemTime::UNIX_EPOCH,
        shown: Shown::new(context),
        tags,
    };
    table.head().map_err(|error| OutputError::new(spec, error))?;
    stream(spec, context, Duration::MAX, table)
}

/// The file and the form of times.
fn settings(argument: &str) -> Result<(&str, TimeFormat), String> {
    if !argument.contains('=') {
        return Ok((argument, TimeFormat::Unix(1)));
    }
    let (mut file, mut format) = (None, TimeFormat::Unix(1));
    for (name, value) in argument.split(',').filter_map(|part| part.split_once('=')) {
        match name {
            "fileName" => file = Some(value),
            "timeFormat" => format = time_format(value)?,
            // Lines are written as they come.
            "saveInterval" => {}
            _ => {
                let known = ["fileName", "timeFormat", "saveInterval"];
                let near = nearest(name, known).map(|near| format!("; did you mean {near}?"));
                return Err(format!("unknown setting '{name}'{}", near.unwrap_or_default()));
            }
        }
    }
    Ok((file.ok_or("say where to, as in csv=fileName=samples.csv")?, format))
}

fn time_format(name: &str) -> Result<TimeFormat, String> {
    let found = FORMATS.iter().find(|(known, _)| *known == name);
    let known = || FORMATS.map(|(known, _)| known).join(", ");
    found.map(|(_, format)| *format).ok_or_else(|| format!("timeFormat is '{name}': use one of {}", known()))
}

/// Makes the table.
struct Table {
    to: csv::Writer<Sheet>,
    registry: Registry,
    format: TimeFormat,
    start: SystemTime,
    shown: Shown,
    /// The tags that have a column, sorted.
    tags: Vec<String>,
}

impl Table {
    fn head(&mut self) -> csv::Result<()> {
        let columns = ["metric_name", "timestamp", "metric_value"].into_iter();
        let columns = columns.chain(self.tags.iter().map(String::as_str)).chain(["extra_tags", "metadata"]);
        self.to.write_record(columns)
    }

    fn time(&self, sample: &Sample) -> String {
        let at = OffsetDateTime::from(self.start + sample.at);
        match self.format {
            TimeFormat::Unix(units) => {
                (at.unix_timestamp_nanos() / i128::from(1_000_000_000 / units)).to_string()
            }
            TimeFormat::Rfc3339 => at.format(&Rfc3339).unwrap_or_default(),
        }
    }
}

impl Writer for Table {
    fn started(&mut self, at: SystemTime) {
        self.start = at;
    }

    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        let metric = self.registry.get(sample.metric);
        let time = self.time(sample);
        let others = sample.tags.iter().filter(|(tag, _)| !self.tags.iter().any(|own| own == tag));
        let mut extra = String::new();
        for (tag, value) in others {
            extra.push_str(if extra.is_empty() { "" } else { "&" });
            extra.push_str(self.shown.text(tag));
            extra.push('=');
            extra.push_str(self.shown.text(value));
        }
        self.to.write_field(self.shown.text(&metric.name))?;
        self.to.write_field(time)?;
        self.to.write_field(format!("{:.6}", sample.value))?;
        for tag in &self.tags {
            self.to.write_field(self.shown.text(sample.tags.get(tag).unwrap_or_default()))?;
        }
        self.to.write_field(extra)?;
        self.to.write_field("")?;
        self.to.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        self.to.into_inner().map_err(csv::IntoInnerError::into_error)?.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_k6_reads_them() {
        assert_eq!(settings("a.csv"), Ok(("a.csv", TimeFormat::Unix(1))));
        let written = "fileName=a.csv,saveInterval=1s,timeFormat=unix_milli";
        assert_eq!(settings(written), Ok(("a.csv", TimeFormat::Unix(1000))));
        assert_eq!(
            settings("fileNam=a"),
            Err("unknown setting 'fileNam'; did you mean fileName?".to_owned())
        );
        assert_eq!(
            settings("timeFormat=unix"),
            Err("say where to, as in csv=fileName=samples.csv".to_owned())
        );
        assert!(
            settings("fileName=a,timeFormat=iso")
                .unwrap_err()
                .starts_with("timeFormat is 'iso': use one of unix, ")
        );
    }
}
