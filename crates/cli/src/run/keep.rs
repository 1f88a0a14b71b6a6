//! Where the record of a run is kept: in a folder of the user's, in one of its own, or for the time of the run only.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use flashcrowd_record::{RecordWriter, RunInfo};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Config;
use super::front_end::FrontEnd;
use crate::exit::Failure;

/// The folder that holds the records of what is always judged.
const RESULTS: &str = "results";

/// A record that is about to be written, with what it says of the run.
pub struct Keep {
    /// Where it is, for people; none when it goes away with the run.
    pub folder: Option<PathBuf>,
    /// What was run.
    pub info: RunInfo,
    /// What keeps it.
    pub writer: RecordWriter,
    /// The folder that goes away with this.
    pub temporary: Option<TempDir>,
}

impl Keep {
    /// Opens the record of a test; none for a script whose record nobody asked for. What is always judged is judged by
    /// its record, so it always has one.
    pub fn open(
        config: &Config,
        test: &dyn FrontEnd,
        info: RunInfo,
        now: SystemTime,
    ) -> Result<Option<Self>, Failure> {
        let temporary = (test.is_judged() && config.plan().no_record)
            .then(|| tempfile::tempdir().context("cannot make a folder for the time of the run"))
            .transpose()?;
        let named = config.record().map(|path| match config.plan().several {
            true => path.join(slug(&info.test.name)),
            false => path.to_owned(),
        });
        let folder = match &temporary {
            Some(_) => None,
            None => named.or_else(|| test.is_judged().then(|| unused(&info.test.name, now))),
        };
        let Some(path) = temporary.as_ref().map(TempDir::path).or(folder.as_deref()) else { return Ok(None) };
        let writer = RecordWriter::create(path, &info).map_err(anyhow::Error::new)?;
        Ok(Some(Self { folder, info, writer, temporary }))
    }
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
