//! The readings of a watch are the last one of each source, and notes about sources that stopped answering.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::source::{Reading, SourceError};

/// How long a reading is up to date.
const FRESH: Duration = Duration::from_millis(1500);
/// How many outages of one source are noted.
const NOTED_OUTAGES: usize = 5;

/// Something about a source that people who read the results should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It stopped answering.
    Stopped {
        /// The name of the source.
        name: String,
        /// Why.
        problem: String,
        /// Whether later outages of this source are no longer noted.
        last: bool,
    },
    /// It answers again.
    Resumed {
        /// The name of the source.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { name, problem, last } => {
                write!(f, "{name} stopped answering: {problem}")?;
                if *last { f.write_str("; further outages are not reported") } else { Ok(()) }
            }
            Self::Resumed { name } => write!(f, "{name} answers again"),
        }
    }
}

/// The series of all sources at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latest {
    /// The values, those of one source after those of another.
    pub series: Reading,
    /// How old they are, source by source, and how many of them.
    pub ages: Vec<(Duration, usize)>,
}

/// The last reading of each source.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    feeds: Vec<Feed>,
    /// For each name of series, the position of the source that it belongs to.
    owners: HashMap<String, usize>,
    notes: Vec<Note>,
}

/// One source and its last reading; none while it does not answer.
#[derive(Debug)]
struct Feed {
    name: String,
    latest: Option<(Instant, Reading)>,
    outages: usize,
}

impl Readings {
    /// Adds a source with its first reading.
    pub(crate) fn add(&mut self, name: &str, reading: Reading) -> usize {
        let taken = |name: &str| self.feeds.iter().any(|feed| feed.name == name);
        let name = match taken(name) {
            false => name.to_owned(),
            true => (2..).map(|n| format!("{name} ({n})")).find(|name| !taken(name)).unwrap_or_default(),
        };
        let at = self.feeds.len();
        self.feeds.push(Feed { name, latest: None, outages: 0 });
        let reading = self.qualify(at, reading);
        self.feeds[at].latest = Some((Instant::now(), reading));
        at
    }

    /// Keeps a reading; a failed one leaves a gap.
    pub(crate) fn store(&mut self, at: usize, reading: Result<Reading, SourceError>) {
        let latest = reading.map(|reading| (Instant::now(), self.qualify(at, reading)));
        let feed = &mut self.feeds[at];
        let note = match (&latest, &feed.latest) {
            (Err(error), Some(_)) => {
                feed.outages += 1;
                let (name, problem) = (feed.name.clone(), error.problem.clone());
                Some(Note::Stopped { name, problem, last: feed.outages == NOTED_OUTAGES })
            }
            (Ok(_), None) => Some(Note::Resumed { name: feed.name.clone() }),
            _ => None,
        };
        self.notes.extend(note.filter(|_| feed.outages <= NOTED_OUTAGES));
        feed.latest = latest.ok();
    }

    /// The names of all sources.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.feeds.iter().map(|feed| feed.name.clone()).collect()
    }

    /// The series of all sources, without those that have not answered within the last second.
    pub(crate) fn latest(&self) -> Latest {
        let mut latest = Latest::default();
        for (at, reading) in self.feeds.iter().filter_map(|feed| feed.latest.as_ref()) {
            let age = at.elapsed();
            if age < FRESH && !reading.is_empty() {
                latest.series.extend(reading.iter().map(|(name, value)| (name.clone(), *value)));
                latest.ages.push((age, reading.len()));
            }
        }
        latest
    }

    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// Puts the name of the source before series whose name belongs to another.
    fn qualify(&mut self, at: usize, reading: Reading) -> Reading {
        let mut owned = |series: &str| {
            let name = series.split('{').next().unwrap_or(series);
            match self.owners.get(name) {
                Some(owner) => *owner == at,
                None => self.owners.insert(name.to_owned(), at).is_none(),
            }
        };
        let name = &self.feeds[at].name;
        let kept = |(series, value): (String, f64)| match owned(&series) {
            true => (series, value),
            false => (format!("{name} {series}"), value),
        };
        reading.into_iter().map(kept).collect()
    }
}
