//! A folder holds the files of a test's plan.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use flashcrowd_plan::{Sources, TestPlan, read};

/// The files of a test's plan.
pub struct Folder {
    folder: tempfile::TempDir,
    base: Option<PathBuf>,
    host: Option<String>,
    env: BTreeMap<String, String>,
}

impl Folder {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), base: None, host: None, env: BTreeMap::new() }
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn base(mut self, name: &str) -> Self {
        self.base = Some(self.folder.path().join(name));
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The plans of the file `plan.yaml`, or what is wrong with them, without the folder.
    pub fn read(&self) -> Result<Vec<TestPlan>, String> {
        let sources = Sources {
            file: self.folder.path().join("plan.yaml"),
            text: None,
            base: self.base.clone(),
            host: self.host.clone(),
            arrivals: None,
            env: self.env.clone(),
        };
        let folder = format!("{}/", self.folder.path().display());
        read(&sources).map_err(|problems| {
            let mut all = String::new();
            for problem in problems {
                writeln!(all, "{}", problem.to_string().replace(&folder, "")).unwrap();
            }
            all
        })
    }
}

/// The plan of a text.
pub fn plan(text: &str) -> TestPlan {
    let plans = Folder::new().file("plan.yaml", text).read();
    plans.unwrap_or_else(|problems| panic!("{problems}")).remove(0)
}

/// A plan with one step and a host, of what else it says.
pub fn small(text: &str) -> TestPlan {
    plan(&format!("host: http://h\nsteps: [{{users: 1, duration: 1s}}]\n{text}"))
}

/// What is wrong with a plan with one step and a host, without the file's name; lines are counted from what else it says.
pub fn wrong(text: &str) -> String {
    let whole = format!("{text}\nhost: http://h\nsteps: [{{users: 1, duration: 1s}}]\n");
    let problems = Folder::new().file("plan.yaml", &whole).read().expect_err(text);
    problems.replace("plan.yaml:", "").trim_end().to_owned()
}
