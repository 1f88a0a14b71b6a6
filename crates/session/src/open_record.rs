//! The record of a run is opened before it begins, in a folder of the user's, in one of its own, or for the time of the run.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flashcrowd_record::{RecordWriter, RunInfo};
use flashcrowd_test::Test;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::error::SessionError;
use crate::run_info::run_info;
use crate::settings::{RecordPlace, Settings};
use crate::system::clock;

/// The folder that holds the records of what is always judged.
const RESULTS: &str = "results";

/// A record that is about to be written, with what it says of the run.
pub(crate) struct Opened {
    /// Where it is, for people; none when it goes away with the run.
    pub(crate) folder: Option<PathBuf>,
    /// What was run.
    pub(crate) info: RunInfo,
    /// What keeps it.
    pub(crate) writer: RecordWriter,
    /// The folder that goes away with this.
    pub(crate) temporary: Option<TempDir>,
}

/// Opens the record of a test; none for one whose record nobody needs.
pub(crate) fn open_record(
    test: &dyn Test,
    settings: &Settings,
    seed: Option<u64>,
) -> Result<Option<Opened>, SessionError> {
    let info = run_info(test, settings);
    let info = RunInfo { seed: seed.or(info.seed), ..info };
    let name = &info.test.name;
    let (folder, temporary) = match &settings.record {
        RecordPlace::Folder(path) => (Some(path.clone()), None),
        RecordPlace::Below(path) => (Some(path.join(slug(name))), None),
        RecordPlace::None | RecordPlace::Report if test.is_judged() => {
            (Some(unused(name, clock::now())), None)
        }
        RecordPlace::Report => (None, Some(tempfile::tempdir().map_err(SessionError::TemporaryFolder)?)),
        RecordPlace::Temporary if test.is_judged() => {
            (None, Some(tempfile::tempdir().map_err(SessionError::TemporaryFolder)?))
        }
        RecordPlace::None | RecordPlace::Temporary => return Ok(None),
    };
    let path = temporary.as_ref().map(TempDir::path).or(folder.as_deref());
    let Some(path) = path else { return Ok(None) };
    let writer = match settings.replaces_record {
        true => RecordWriter::replace(path, &info)?,
        false => RecordWriter::create(path, &info)?,
    };
    Ok(Some(Opened { folder, info, writer, temporary }))
}

/// A folder for a run of that name that is not there yet.
fn unused(name: &str, now: SystemTime) -> PathBuf {
    let stamp = OffsetDateTime::from(now)
        .format(format_description!("[year][month][day]-[hour][minute][second]"))
        .unwrap_or_default();
    let folder = Path::new(RESULTS).join(format!("{}-{stamp}", slug(name)));
    let next = |count: u32| PathBuf::from(format!("{}-{count}", folder.display()));
    let mut all = std::iter::once(folder.clone()).chain((2..).map(next));
    all.find(|path| !path.exists()).unwrap_or(folder)
}

/// A name as a folder: letters and digits of any script in small letters, hyphens for the rest.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    if slug.is_empty() { "run".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_folders() {
        for (name, expected) in [
            ("Flash Sale Spike Test", "flash-sale-spike-test"),
            ("블랙프라이데이 100명!", "블랙프라이데이-100명"),
            ("../../etc", "etc"),
            ("--", "run"),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
