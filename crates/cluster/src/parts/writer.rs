//! The part writer runs a test on this process's engine, and keeps what it measures for others to merge.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flashcrowd_engine::{RunResult, run};
use flashcrowd_metrics::{Portable, PortableKey};
use flashcrowd_record::Secrets;
use flashcrowd_session::{Play, Player, Settings, run_info};
use flashcrowd_test::Test;
use futures_util::future::LocalBoxFuture;

use super::error::PartError;
use super::file::{End, Head, Line, VERSION};
use crate::second::{Measure, Second};

type Take = Box<dyn FnMut(Second)>;

/// Keeps the part of this process in a file.
pub struct PartWriter<'t> {
    test: &'t dyn Test,
    path: PathBuf,
    file: Rc<RefCell<PartFile>>,
    measure: Option<Measure<Take>>,
}

struct PartFile {
    file: File,
    secrets: Secrets,
    failed: Option<io::Error>,
}

impl<'t> PartWriter<'t> {
    /// Starts the file of a part, in place of an earlier one.
    pub fn create(path: &Path, test: &'t dyn Test, settings: &Settings) -> Result<Self, PartError> {
        let file = File::create(path).map_err(PartError::io(path))?;
        let run = run_info(test, settings);
        let head = Head {
            version: VERSION,
            run: run.redacted(),
            metrics: Head::metrics_of(test.registry()),
            views: test.views().iter().map(|view| view.name.to_owned()).collect(),
            by_group_and_scenario: settings.by_group_and_scenario,
        };
        let mut file = PartFile { file, secrets: run.secrets, failed: None };
        file.write(&Line::Part(Box::new(head)));
        match file.failed.take() {
            Some(error) => Err(PartError::io(path)(error)),
            None => {
                let file = Rc::new(RefCell::new(file));
                Ok(Self { test, path: path.to_owned(), file, measure: None })
            }
        }
    }

    /// Why the part is not complete, if it is not.
    pub fn finish(self) -> Result<(), PartError> {
        match self.file.borrow_mut().failed.take() {
            Some(error) => Err(PartError::io(&self.path)(error)),
            None => Ok(()),
        }
    }
}

impl Player for PartWriter<'_> {
    fn play<'a>(&'a mut self, play: Play<'a>) -> LocalBoxFuture<'a, RunResult> {
        Box::pin(async move {
            let Play { test, behaviour, control, watchers } = play;
            let file = self.file.clone();
            let take: Take = Box::new(move |second| file.borrow_mut().second(second));
            let measure = self.measure.insert(Measure::new(control.clone(), take));
            let result = run(test, behaviour, control, watchers.observer(measure)).await;
            let end = End::of(&result, self.test.setup_data());
            self.file.borrow_mut().end(end);
            result
        })
    }
}

impl PartFile {
    fn second(&mut self, mut second: Second) {
        self.hide_in(&mut second.measured);
        second.warnings.iter_mut().for_each(|text| self.hide(text));
        self.write(&Line::Second(Box::new(second)));
    }

    fn end(&mut self, mut end: End) {
        if let Some(text) = &mut end.failure {
            self.hide(text);
        }
        if let Some(data) = end.setup_data.take() {
            // Tokens that setup got from the target are secrets, too.
            self.secrets.note_setup(&data);
            let mut text = data.to_string();
            self.hide(&mut text);
            end.setup_data = serde_json::from_str(&text).ok();
        }
        self.write(&Line::End(Box::new(end)));
    }

    fn hide(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(shown) = self.secrets.hide(text) {
            *text = shown;
        }
    }

    /// Tags and names come from the script, and may have secrets in them.
    fn hide_in(&self, measured: &mut Portable) {
        for series in &mut measured.series {
            if let PortableKey::Row { tags, .. } = &mut series.key {
                tags.values_mut().for_each(|value| self.hide(value));
            }
        }
        measured.groups.iter_mut().flat_map(|group| &mut group.path).for_each(|name| self.hide(name));
        for check in &mut measured.checks {
            check.group.iter_mut().chain([&mut check.name]).for_each(|name| self.hide(name));
        }
    }

    /// Writes a line in one piece, so that a crash cuts the last one at most. Nothing follows on one that failed.
    fn write(&mut self, line: &Line) {
        if self.failed.is_some() {
            return;
        }
        let text = serde_json::to_vec(line).map_err(io::Error::from);
        let written = text.and_then(|mut text| {
            text.push(b'\n');
            self.file.write_all(&text)
        });
        self.failed = written.err();
    }
}
