//! An output is where a document goes: standard output, or a file that is written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};
use flashcrowd_report::{Format, Layout};

use crate::context::Context;
use crate::screen::{Console, Stream};

/// How often somebody who waits for a file is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(50);

/// Where a document goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stream,
    /// This file.
    File(PathBuf),
}

impl Output {
    /// Reads `--output`: `-` or nothing is standard output.
    pub fn of(typed: Option<&Path>) -> Self {
        match typed {
            Some(path) if path != Path::new("-") => Self::File(path.to_owned()),
            _ => Self::Stream,
        }
    }

    /// The format determined by the file extension, if any.
    pub fn format(&self) -> Option<Format> {
        let Self::File(path) = self else { return None };
        Format::of_path(path)
    }

    /// How a document is set that is written there.
    pub fn layout(&self, context: &Context) -> Layout {
        match self {
            Self::Stream => context.layout(),
            Self::File(_) => Layout::document(context.ui.lang()),
        }
    }

    /// Writes the whole document.
    pub fn write(&self, console: &Console, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Stream => {
                console.write(Stream::Out, text);
                Ok(())
            }
            Self::File(path) => write_file(path, text.as_bytes()),
        }
    }
}

/// Writes a file, unless that is given up: a pipe waits for its reader, and its reader may take its time.
pub fn write_unless(path: &Path, bytes: Vec<u8>, gives_up: &dyn Fn() -> bool) -> anyhow::Result<()> {
    if !path.exists() || path.is_file() {
        return write_file(path, &bytes);
    }
    let (done, written) = channel();
    let to = path.to_owned();
    // Nobody listens any more when the wait for this was given up.
    let work = move || drop(done.send(write_file(&to, &bytes)));
    std::thread::Builder::new().name("write".to_owned()).spawn(work)?;
    loop {
        match written.recv_timeout(PATIENCE) {
            Ok(written) => return written,
            Err(RecvTimeoutError::Timeout) if !gives_up() => {}
            Err(_) => bail!("interrupted while '{}' was written", path.display()),
        }
    }
}

/// Writes a file.
pub fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, bytes).with_context(|| format!("cannot write '{}'", path.display()))
}

/// Writes to a temporary file and renames it, so that the file is always complete. What exists and is not a regular
/// file, such as a pipe, is written to directly; for a link, the file it points to is replaced.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        return fs::write(path, bytes);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The error of a temporary file names that file, which nobody has asked for.
    let mut file = temporary(folder).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A temporary file, deleted unless it is renamed.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".flashcrowd-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The usual permissions, before the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::tests::console;

    fn at(path: impl AsRef<Path>) -> Output {
        Output::of(Some(path.as_ref()))
    }

    #[test]
    fn the_extension_determines_the_format() {
        for (name, format) in [
            ("r.html", Some(Format::HTML)),
            ("R.HTM", Some(Format::HTML)),
            ("a.b/r.md", Some(Format::MARKDOWN)),
            ("junit.xml", Some(Format::JUNIT)),
            ("r.json", Some(Format::JSON)),
            ("r.txt", Some(Format::TEXT)),
            ("r.pdf", None),
            ("html", None),
            ("-", None),
        ] {
            assert_eq!(at(name).format(), format, "{name}");
        }
        assert_eq!((Output::of(None), Output::of(None).format()), (Output::Stream, None));
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (path, (console, out, _)) = (folder.path().join("r.md"), console(false, false));
        for text in ["the first, and a long one", "second"] {
            at(&path).write(&console, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!((fs::read_dir(folder.path()).unwrap().count(), out.text().as_str()), (1, ""));
        Output::Stream.write(&console, "text").unwrap();
        assert_eq!(out.text(), "text");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let console = console(false, false).0;
        for path in [folder.path().join("no/r.md"), folder.path().to_owned()] {
            let error = format!("{:#}", at(&path).write(&console, "x").unwrap_err());
            assert!(error.starts_with(&format!("cannot write '{}': ", path.display())), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

        let folder = tempfile::tempdir().unwrap();
        let (console, _, _) = console(false, false);
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        fs::write(&file, "old").unwrap();
        at(&link).write(&console, "new").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), link.is_symlink()), ("new", true));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o600, 0o600);
        at("/dev/null").write(&console, "gone").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
