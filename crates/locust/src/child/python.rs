//! The Python of a file is the first that is found in the order in which its users would expect it.

use std::env;
use std::path::{Path, PathBuf};

/// Where a Python is looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What was asked for.
    pub asked: Option<PathBuf>,
    /// The folder of the test's file.
    pub folder: PathBuf,
}

/// What was found, and where it was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchedPython {
    /// The one to start, by the path that it was found under: what a link leads to has other packages.
    pub python: Option<PathBuf>,
    /// Every place that was looked at, in order, with what was there.
    pub places: Vec<String>,
}

impl Search {
    /// Looks for a Python: the one that was asked for; that of `VIRTUAL_ENV`, which an activated environment and `uv run`
    /// set; `.venv` beside the file or above; `python3` on `PATH`, where pyenv puts its own.
    pub fn find(&self) -> SearchedPython {
        let mut found = SearchedPython { python: None, places: Vec::new() };
        if let Some(asked) = &self.asked {
            let asked = if asked.is_dir() { inside(asked) } else { asked.clone() };
            found.look("--python", Some(asked));
            return found;
        }
        found.look("VIRTUAL_ENV", env::var_os("VIRTUAL_ENV").map(|folder| inside(Path::new(&folder))));
        let above = self.folder.ancestors().map(|folder| folder.join(".venv")).find(|folder| folder.is_dir());
        found.look(".venv beside the file or above", above.map(|folder| inside(&folder)));
        for name in ["python3", "python"] {
            found.look(&format!("{name} on PATH"), on_path(name));
        }
        found
    }
}

impl SearchedPython {
    fn look(&mut self, place: &str, path: Option<PathBuf>) {
        let there = path.filter(|path| path.is_file());
        let says = match &there {
            None => format!("{place}: none"),
            Some(path) if self.python.is_some() => format!("{place}: {}", path.display()),
            Some(path) => format!("{place}: {} (taken)", path.display()),
        };
        self.places.push(says);
        if self.python.is_none() {
            self.python = there;
        }
    }
}

fn inside(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_not_followed_and_what_was_asked_for_is_all() {
        let folder = tempfile::tempdir().unwrap();
        let venv = folder.path().join(".venv/bin");
        std::fs::create_dir_all(&venv).unwrap();
        std::fs::write(folder.path().join("real"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("real"), venv.join("python")).unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let search = Search { asked: Some(folder.path().join(".venv")), folder: below };
        let found = search.find();
        assert_eq!(found.python, Some(venv.join("python")));
        assert_eq!(found.places.len(), 1);
        let missing = Search { asked: Some(folder.path().join("nothing")), ..search }.find();
        assert_eq!((missing.python, missing.places), (None, vec!["--python: none".to_owned()]));
    }
}
