//! A fuzzer gives a parser inputs made of a corpus for some time, and watches that none of them ends it, holds it up or
//! fills the memory.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::mutation::mutated;
use crate::chaos::Dice;

/// How long a parser is fuzzed, unless `FLASHCROWD_FUZZ_SECONDS` says otherwise.
const SECONDS: f64 = 1.0;

/// No input takes longer, on a machine that is busy with other things.
const HANG: Duration = Duration::from_secs(30);

/// How much the process may grow over the time of a fuzzer, in KiB, other tests included.
const MEMORY: u64 = 1 << 20;

/// Fuzzes a parser with the corpus of that name. Inputs that were found to break it belong into its folder.
pub fn fuzz(name: &str, words: &[&str], mut parse: impl FnMut(&[u8]) + Send + 'static) {
    let corpus = corpus(name);
    let given = |name: &str| std::env::var(name).ok();
    let seconds = given("FLASHCROWD_FUZZ_SECONDS").and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = given("FLASHCROWD_FUZZ_SEED").and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or(u64::from(now.subsec_micros()));
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (told, news) = channel();
    let before = resident();
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (mut dice, started) = (Dice::of(seed, ""), Instant::now());
            let mut known = corpus.iter();
            while started.elapsed().as_secs_f64() < seconds || known.len() > 0 {
                let input = known.next().cloned().unwrap_or_else(|| mutated(&mut dice, &corpus, &words));
                let _ = told.send(News::Begins(input.clone()));
                if catch_unwind(AssertUnwindSafe(|| parse(&input))).is_err() {
                    let _ = told.send(News::Panicked(input));
                    return;
                }
            }
        })
        .unwrap();
    let (mut last, mut count) = (Vec::new(), 0u64);
    loop {
        match news.recv_timeout(HANG) {
            Ok(News::Begins(input)) => (last, count) = (input, count + 1),
            Ok(News::Panicked(input)) => panic!("{name} panicked, seed {seed}: {}", kept(name, &input)),
            Err(RecvTimeoutError::Timeout) => panic!("{name} hangs, seed {seed}: {}", kept(name, &last)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if count.is_multiple_of(1000) {
            let grown = resident().saturating_sub(before);
            assert!(grown < MEMORY, "{name} takes {grown} KiB, seed {seed}: {}", kept(name, &last));
        }
    }
    assert!(count > 20, "{name}: {count} inputs in {seconds} s, seed {seed}");
}

enum News {
    Begins(Vec<u8>),
    Panicked(Vec<u8>),
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Puts an input where it can be looked at.
fn kept(name: &str, input: &[u8]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, input).unwrap();
    let start = &input[..input.len().min(200)];
    format!("the input is in {}: {:?}", path.display(), String::from_utf8_lossy(start))
}

/// The memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
