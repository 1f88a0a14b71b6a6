//! Schemas that were read once for all virtual users.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flashcrowd_grpc::{Schema, SchemaError};
use flashcrowd_modules::path_of;

use crate::program::Program;

/// Schemas by what they were made of.
#[derive(Default)]
pub struct Schemas(Mutex<HashMap<String, Schema>>);

impl Schemas {
    /// The schema of that key, made unless it is there.
    fn get(
        &self,
        key: String,
        make: impl FnOnce() -> Result<Schema, SchemaError>,
    ) -> Result<Schema, SchemaError> {
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.clone());
        }
        let made = make()?;
        Ok(self.lock().entry(key).or_insert(made).clone())
    }

    /// The schema of a server, of which there is one for all virtual users that see the same.
    pub fn of_server(&self, address: &str, found: Schema) -> Schema {
        let mut paths: Vec<String> = found.methods().iter().map(|method| method.path().to_owned()).collect();
        paths.sort();
        let key = format!("server\n{address}\n{}", paths.join("\n"));
        self.lock().entry(key).or_insert(found).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Schema>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The schema of `.proto` files, which are looked for in these folders, from the script's own.
pub fn parse(program: &Arc<Program>, folders: &[String], names: &[String]) -> Result<Schema, SchemaError> {
    let key = format!("proto\n{}\n\n{}", folders.join("\n"), names.join("\n"));
    program.schemas.get(key, || {
        let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
        if folders.is_empty() {
            folders.push(PathBuf::new());
        }
        let names: Vec<String> = names.iter().map(|name| beneath(name, &mut folders)).collect();
        let program = program.clone();
        let read = move |name: &Path| {
            let base = path_of(&program.entry).parent().unwrap_or(Path::new("/")).to_owned();
            let found = folders
                .iter()
                .map(|folder| program.open(&flashcrowd_modules::normalise(&base.join(folder).join(name))));
            let mut found = found.filter(|read| !is_missing(read));
            found.next()
        };
        Schema::parse(&names, Box::new(read))
    })
}

/// The schema of a set of file descriptors.
pub fn decode(program: &Program, path: &str) -> Result<Schema, SchemaError> {
    program.schemas.get(format!("set\n{path}"), || {
        let (_, bytes) = program.open_named(path).map_err(SchemaError::Proto)?;
        Schema::decode(&bytes)
    })
}

fn is_missing(read: &std::io::Result<Arc<[u8]>>) -> bool {
    read.as_ref().is_err_and(|error| {
        matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    })
}

/// A name that leads out of the folders that are searched adds its own folder to them.
fn beneath(name: &str, folders: &mut Vec<PathBuf>) -> String {
    let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
    let is_plain = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    match (is_plain, path.parent(), path.file_name()) {
        (false, Some(parent), Some(file)) => {
            let found: Vec<PathBuf> = folders.iter().map(|folder| folder.join(parent)).collect();
            folders.extend(found);
            file.to_string_lossy().into_owned()
        }
        _ => path.to_string_lossy().into_owned(),
    }
}
