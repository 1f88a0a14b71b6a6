//! Parts of one run that several processes made, merged into one record and judged as one run.

use std::path::{Path, PathBuf};

use flashcrowd_cluster::Merge;
use flashcrowd_record::Record;
use flashcrowd_session::{Listeners, RecordPlace, Session, Settings};
use flashcrowd_test::TargetMetrics;

use crate::context::Context;
use crate::exit::Failure;

/// Merges parts into a record in that folder, or in one that goes away. Returns the record, and why the run was no
/// success.
pub fn merge(
    context: &Context,
    parts: &[PathBuf],
    (folder, replaces): (Option<&Path>, bool),
) -> Result<(Record, Option<flashcrowd_session::Failure>), Failure> {
    let mut merge = Merge::open(parts).map_err(anyhow::Error::new)?;
    let (test, replay) = merge.parts();
    let temporary = tempfile::tempdir().map_err(anyhow::Error::new)?;
    let folder = folder.map_or_else(|| temporary.path().join("record"), Path::to_owned);
    let settings = Settings {
        record: RecordPlace::Folder(folder.clone()),
        replaces_record: replaces,
        by_group_and_scenario: test.by_group_and_scenario(),
        // What the target told was told while the parts ran.
        target_metrics: Some(TargetMetrics::default()),
        fail_fast: false,
        ..context.settings()
    };
    let session = Session::open(test, &settings)?;
    let finished = session.run(Listeners { player: Some(replay), ..Listeners::default() })?;
    let failure = finished.failure.clone();
    drop(finished);
    replay.finish().map_err(anyhow::Error::new)?;
    Ok((Record::read(&folder).map_err(anyhow::Error::new)?, failure))
}
