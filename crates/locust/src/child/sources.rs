//! The child's modules are part of this program, and are sent to it when it starts.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The first lines that Python runs.
pub(super) const BOOT: &str = include_str!("../../python/boot.py");

macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../python/", $path)))),*]
    };
}

/// All modules, by their paths.
const SOURCES: &[(&str, &str)] = sources![
    "_flashcrowd/__init__.py",
    "_flashcrowd/bridge.py",
    "_flashcrowd/faults.py",
    "_flashcrowd/files.py",
    "_flashcrowd/judged.py",
    "_flashcrowd/main.py",
    "_flashcrowd/ratio.py",
    "_flashcrowd/waits.py",
    "_flashcrowd/wire.py",
    "locust/__init__.py",
    "locust/_version.py",
    "locust/argument_parser.py",
    "locust/clients.py",
    "locust/contrib/__init__.py",
    "locust/contrib/fasthttp.py",
    "locust/debug.py",
    "locust/env.py",
    "locust/event.py",
    "locust/exception.py",
    "locust/log.py",
    "locust/runners.py",
    "locust/shape.py",
    "locust/stats.py",
    "locust/user/__init__.py",
    "locust/user/markov_taskset.py",
    "locust/user/sequential_taskset.py",
    "locust/user/task.py",
    "locust/user/users.py",
    "locust/user/wait_time.py",
    "locust/util/__init__.py",
    "locust/util/cache.py",
    "locust/util/deprecation.py",
    "locust/util/timespan.py",
    "locust/wait_time.py",
];

/// All modules as the child's first lines take them: the length, then JSON, packed.
pub(super) fn packed() -> Vec<u8> {
    let texts: serde_json::Map<String, serde_json::Value> =
        SOURCES.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect();
    let mut packed = vec![0; 4];
    let mut encoder = ZlibEncoder::new(&mut packed, Compression::fast());
    let written = encoder.write_all(serde_json::Value::Object(texts).to_string().as_bytes());
    // Writing to memory does not fail.
    let _ = written.and_then(|()| encoder.finish().map(drop));
    let length = u32::try_from(packed.len() - 4).unwrap_or(u32::MAX);
    packed[..4].copy_from_slice(&length.to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_module_is_sent() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let mut left = vec![root.clone()];
        let mut found = Vec::new();
        while let Some(folder) = left.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.extension() {
                    Some(ending) if ending == "py" => {
                        found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                    }
                    _ if path.is_dir() && !path.ends_with("__pycache__") => left.push(path),
                    _ => {}
                }
            }
        }
        found.retain(|path| path != "boot.py");
        found.sort();
        let mut sent: Vec<_> = SOURCES.iter().map(|(path, _)| (*path).to_owned()).collect();
        sent.sort();
        assert_eq!(found, sent);
    }
}
