//! A replay shows what parts of a run have measured, second by second, as the run of one process would have been shown.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_engine::{
    AbortReason, Control, Elsewhere, Ended, RunEvent, RunResult, ScenarioConfig, Share, Whole, needs,
};
use flashcrowd_record::LostAgent;
use flashcrowd_session::{Cost, Play, Player};
use flashcrowd_test::Test;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tokio::time::Instant;

use super::error::PartError;
use super::file::End;
use super::merged_test::MergedTest;
use super::reader::{Next, PartReader};
use crate::gathered::{Gathered, WholeSecond};

/// A part that is read.
pub(super) struct ReplayPart {
    pub(super) name: String,
    /// Its part of the test, from 0 to 1.
    pub(super) share: f64,
    pub(super) reader: PartReader,
}

/// Shows what parts have measured.
pub struct Replay {
    parts: Vec<ReplayPart>,
    names: Vec<String>,
    scenarios: Vec<ScenarioConfig>,
    gathered: Gathered,
    ends: Vec<Option<End>>,
    lost: Vec<LostAgent>,
    cost: Cost,
    error: Option<PartError>,
    setup_data: SetupData,
}

/// What `setup()` returned, once it is read.
pub(super) type SetupData = Rc<OnceCell<Value>>;

/// What was told to those who watch.
#[derive(Default)]
struct Told {
    running: bool,
    teardown: bool,
}

impl Replay {
    pub(super) fn new(parts: Vec<ReplayPart>, test: &MergedTest) -> Self {
        Self {
            names: parts.iter().map(|part| part.name.clone()).collect(),
            scenarios: test.scenarios().to_vec(),
            gathered: Gathered::new(parts.len()),
            ends: parts.iter().map(|_| None).collect(),
            lost: Vec::new(),
            cost: Rc::new(Cell::new(None)),
            error: None,
            setup_data: test.setup_data.clone(),
            parts,
        }
    }

    /// Why not all of it was shown; no verdict rests on it then.
    pub fn finish(&mut self) -> Result<(), PartError> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// The next second of the run, once all parts were read that far.
    fn next(&mut self) -> Result<Option<WholeSecond>, PartError> {
        loop {
            let missing = self.gathered.missing();
            if missing.is_empty() {
                return Ok(self.gathered.next_whole());
            }
            for part in missing {
                match self.parts[part].reader.next()? {
                    Next::Second(second) => drop(self.gathered.take(part, *second)),
                    Next::End(end) => self.ends[part] = Some(*end),
                    Next::Cut => self.cut(part),
                }
                if self.ends[part].is_some() {
                    self.gathered.is_over(part);
                }
            }
        }
    }

    /// Reads on to the end of a part that has told its last second.
    fn read_ends(&mut self) -> Result<(), PartError> {
        for part in 0..self.parts.len() {
            while self.ends[part].is_none() && !self.is_lost(part) {
                match self.parts[part].reader.next()? {
                    Next::End(end) => self.ends[part] = Some(*end),
                    Next::Cut => self.cut(part),
                    Next::Second(_) => {}
                }
            }
        }
        Ok(())
    }

    fn is_lost(&self, part: usize) -> bool {
        self.lost.iter().any(|lost| lost.name == self.names[part])
    }

    fn cut(&mut self, part: usize) {
        self.gathered.is_over(part);
        let ReplayPart { name, share, .. } = &self.parts[part];
        self.lost.push(LostAgent {
            name: name.clone(),
            share: *share,
            since: self.gathered.reached(part) as f64,
            why: "its file ends before its run".to_owned(),
        });
    }

    fn show(&mut self, (whole, control): (&mut Whole<'_>, &Control)) -> Result<Duration, PartError> {
        let (mut told, mut waiting, mut end) = (Told::default(), None, Duration::ZERO);
        loop {
            let next = self.next()?;
            let is_last = next.is_none();
            let Some(second) = std::mem::replace(&mut waiting, next) else {
                if is_last {
                    return Ok(end);
                }
                continue;
            };
            end = second.end();
            self.tell(&second, (whole, control), &mut told);
            control.set_elsewhere(self.gathered.stands(&self.scenarios, Some(end)));
            self.cost.set(self.gathered.cost());
            let path = self.parts[0].reader.path.clone();
            second.absorb(whole, &self.names).map_err(|source| PartError::Measured { path, source })?;
            if is_last {
                return Ok(end);
            }
            whole.sample_vus();
            whole.tick(end, true);
        }
    }

    /// Tells that the load has begun or ended, at the time at which it did.
    fn tell(&self, second: &WholeSecond, (whole, control): (&mut Whole<'_>, &Control), told: &mut Told) {
        let at = |at: Duration| {
            control.set_elsewhere(Elsewhere {
                elapsed: Some(at),
                ..self.gathered.stands(&self.scenarios, None)
            });
        };
        if let Some(began) = second.load_began().filter(|_| !told.running) {
            at(began);
            told.running = true;
            whole.tell(&RunEvent::Running(needs(&self.scenarios, &Share::whole())));
        }
        let ended: Option<Vec<Duration>> = second.parts.iter().map(|(_, second)| second.load_ended).collect();
        if let Some(ended) = ended.and_then(|ended| ended.into_iter().max()).filter(|_| !told.teardown) {
            at(ended);
            told.teardown = true;
            whole.tell(&RunEvent::Teardown);
        }
    }

    /// How all parts together ended.
    fn ended(&mut self, elapsed: Duration, control: &Control) -> Ended {
        let ends: Vec<End> = self.ends.iter().flatten().cloned().collect();
        let mut aborts: Vec<_> =
            ends.iter().filter_map(|end| Some((end.elapsed, end.abort.clone()?))).collect();
        aborts.sort_by_key(|(at, _)| *at);
        if let Some((_, reason)) = aborts.into_iter().next() {
            control.abort(reason);
        }
        if let Some(failure) = ends.iter().find_map(|end| end.failure.clone()) {
            control.mark_failed(failure);
        }
        if let Some(data) = ends.iter().find_map(|end| end.setup_data.clone()) {
            // Played once.
            let _ = self.setup_data.set(data);
        }
        let loads = || ends.iter().filter_map(|end| end.load);
        let began = loads().map(|load| load.0).min();
        let ended = loads().map(|load| load.1).max();
        control.set_elsewhere(self.gathered.stands(&self.scenarios, Some(elapsed)));
        Ended {
            elapsed,
            load: began.zip(ended).map(|(began, ended)| began..ended),
            lost_workers: ends.iter().map(|end| end.lost_workers).sum(),
            errors: ends.into_iter().flat_map(|end| end.errors).map(|wrong| wrong.error()).collect(),
        }
    }
}

impl Player for Replay {
    fn play<'a>(&'a mut self, play: Play<'a>) -> LocalBoxFuture<'a, RunResult> {
        Box::pin(async move {
            let Play { test, control, watchers, .. } = play;
            control.set_elsewhere(self.gathered.stands(&self.scenarios, Some(Duration::ZERO)));
            let mut whole = Whole::new(test, &control, watchers);
            whole.tell(&RunEvent::Started(control.mark_started(Some(Instant::now()))));
            let shown = self.show((&mut whole, &control));
            let shown = shown.and_then(|end| self.read_ends().map(|()| end));
            let elapsed = shown.unwrap_or_else(|error| {
                control.abort(AbortReason::Error(error.to_string()));
                self.error = Some(error);
                control.elapsed()
            });
            let ended = self.ended(elapsed, &control);
            whole.finish(ended)
        })
    }

    fn cost(&self) -> Option<Cost> {
        Some(self.cost.clone())
    }

    fn lost(&self) -> Vec<LostAgent> {
        self.lost.clone()
    }
}
