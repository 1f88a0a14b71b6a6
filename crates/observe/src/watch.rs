//! A watch reads any number of sources once a second and keeps their latest series.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::readings::{Latest, Note, Readings};
use crate::source::{Reading, Source, SourceError};

/// How often a source is read.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a reading may take, so that it is over before the next.
const LIMIT: Duration = Duration::from_millis(900);
/// How long the first reading may take: some programs gather their metrics slowly when they are first asked.
const FIRST_LIMIT: Duration = Duration::from_secs(5);

/// Reads any number of sources, each once a second and in a task of its own, until it is dropped.
///
/// A source that is slow, hangs or fails delays nothing. Its series are missing until it answers again, and a [`Note`]
/// says so.
///
/// When several sources have series of the same name, such as `process_cpu_seconds_total`, the name belongs to the first
/// of them. The others' series are prefixed with the name of their source: `http://db:9187/metrics
/// process_cpu_seconds_total`. That holds for the whole life of the watch, whichever of them answers. So nothing is
/// overwritten, and all series of one name come from one source and can be added up.
pub struct Watch {
    readings: Rc<RefCell<Readings>>,
    /// Ends the tasks when it is dropped.
    _tasks: JoinSet<()>,
}

impl Watch {
    /// Reads every source once, all at the same time and within five seconds, then keeps reading those that answered.
    /// Sources that did not are dropped, and their errors are returned.
    ///
    /// Dropping the future cancels it. Needs a `LocalSet` around it.
    pub async fn open(sources: Vec<Box<dyn Source>>) -> (Self, Vec<SourceError>) {
        let (answered, failed) = first_readings(sources).await;
        let readings = Rc::new(RefCell::new(Readings::default()));
        let mut tasks = JoinSet::new();
        for (source, reading) in answered {
            let at = readings.borrow_mut().add(source.name(), reading);
            tasks.spawn_local(keep_reading(source, at, readings.clone()));
        }
        (Self { readings, _tasks: tasks }, failed)
    }

    /// The names of the sources that are read.
    pub fn sources(&self) -> Vec<String> {
        self.readings.borrow().sources()
    }

    /// The series of all sources, without those that have not answered within the last second.
    pub fn latest(&self) -> Reading {
        self.latest_with_ages().series
    }

    /// The same, and how old they are.
    pub fn latest_with_ages(&self) -> Latest {
        self.readings.borrow().latest()
    }

    /// The notes since the last call.
    pub fn take_notes(&self) -> Vec<Note> {
        self.readings.borrow_mut().take_notes()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("readings", &self.readings).finish_non_exhaustive()
    }
}

/// Reads every source once: those that answered and the errors of the others, in the order in which they were given.
async fn first_readings(
    sources: Vec<Box<dyn Source>>,
) -> (Vec<(Box<dyn Source>, Reading)>, Vec<SourceError>) {
    let names: Vec<String> = sources.iter().map(|source| source.name().to_owned()).collect();
    let mut tasks = JoinSet::new();
    for (position, mut source) in sources.into_iter().enumerate() {
        tasks.spawn_local(async move {
            let reading = read(source.as_mut(), FIRST_LIMIT).await;
            (position, reading.map(|reading| (source, reading)))
        });
    }
    let mut readings: Vec<_> =
        names.into_iter().map(|name| Err(SourceError::new(name, "reading it panicked"))).collect();
    while let Some(done) = tasks.join_next().await {
        if let Ok((position, reading)) = done {
            readings[position] = reading;
        }
    }
    let (answered, failed): (Vec<_>, Vec<_>) = readings.into_iter().partition(Result::is_ok);
    (answered.into_iter().flatten().collect(), failed.into_iter().filter_map(Result::err).collect())
}

async fn keep_reading(mut source: Box<dyn Source>, at: usize, readings: Rc<RefCell<Readings>>) {
    let mut clock = interval(PERIOD);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        clock.tick().await;
        let reading = read(source.as_mut(), LIMIT).await;
        readings.borrow_mut().store(at, reading);
    }
}

async fn read(source: &mut dyn Source, limit: Duration) -> Result<Reading, SourceError> {
    let reading = timeout(limit, source.read()).await;
    reading.unwrap_or_else(|_| Err(SourceError::new(source.name(), format!("no answer within {limit:?}"))))
}
