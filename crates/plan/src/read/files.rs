//! Files are what a plan is read from: its own, those that it includes, and its base.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{Given, read_document};
use super::expected::Known;
use super::object::Object;
use super::reader::Reader;
use super::scalar::parse_url;
use crate::fields::{INCLUDED, PLAN};
use crate::model::TestPlan;
use crate::yaml::{Content, Entry, Node, Place, parse};
use flashcrowd_diagnosis::Expectation;
use flashcrowd_engine::Arrivals;
use flashcrowd_test::{LARGEST_SOURCE, Problem, read_text};

/// What a plan is read with.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The plan's file; data files and includes are looked for in its folder.
    pub file: PathBuf,
    /// Its text, where that does not come from the file.
    pub text: Option<String>,
    /// A plan that says what plans without requests of their own leave out: requests, tasks, data, headers, log-in.
    pub base: Option<PathBuf>,
    /// Where requests go, over what plans say.
    pub host: Option<String>,
    /// How requests of a rate are spread in time, over what plans say.
    pub arrivals: Option<Arrivals>,
    /// What `${NAME}` stands for in plans; nothing else of the environment is seen.
    pub env: BTreeMap<String, String>,
}

/// What plans take from their base: all that says what users do, nothing of the load and what is expected of it.
const OF_BASE: [&str; 10] =
    ["host", "headers", "wait", "timeout", "tasks", "requests", "on_start", "data", "audit", "target"];

/// How many files may include each other.
const DEEPEST: usize = 16;

/// Fields whose entries are taken one by one.
const BY_NAME: [&str; 4] = ["headers", "tasks", "data", "audit"];

/// Reads all plans of a file, or says everything that is wrong with them.
pub fn read(sources: &Sources) -> Result<Vec<TestPlan>, Vec<Problem>> {
    let mut reader = Reader::new(&sources.env);
    let plans = read_all(&mut reader, sources);
    if reader.problems() == 0 { Ok(plans) } else { Err(reader.into_problems()) }
}

/// What the plans of a file expect of a run, for a run of something else: what they ask for, and where, is not looked at.
pub fn expectations(file: &Path) -> Result<Vec<Expectation>, Vec<Problem>> {
    let env = BTreeMap::new();
    let mut reader = Reader::new(&env);
    let mut expected = Vec::new();
    for document in load(&mut reader, Place::default(), file) {
        let whole = with_includes(&mut reader, document, &mut vec![file.to_owned()]);
        if let Some(node) = whole.field("expected") {
            expected.extend(reader.expected(node, &Known::elsewhere()));
        }
    }
    if expected.is_empty() && reader.problems() == 0 {
        reader.wrong(
            Place::default(),
            "nothing is expected here: write 'expected:', and below it '- error_rate: < 1%'",
        );
    }
    if reader.problems() == 0 { Ok(expected) } else { Err(reader.into_problems()) }
}

fn read_all(reader: &mut Reader<'_>, sources: &Sources) -> Vec<TestPlan> {
    let host = sources.host.as_deref().and_then(|host| match parse_url(host) {
        Ok(host) => Some(host),
        Err(message) => {
            reader.wrong(Place::default(), format!("--host: {message}"));
            None
        }
    });
    // A host that is wrong is reported once, and not as a missing one too.
    let host = host.or_else(|| sources.host.clone());
    let documents = match &sources.text {
        Some(text) => documents(reader, &sources.file, text),
        None => load(reader, Place::default(), &sources.file),
    };
    if documents.is_empty() && reader.problems() == 0 {
        reader.wrong(Place::default(), "the file has no plan in it: write 'steps:' and what follows");
    }
    let given_base = sources.base.as_ref().and_then(|path| base(reader, Place::default(), path));
    let default_name =
        sources.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut plans = Vec::new();
    for document in documents {
        let mut whole = with_includes(reader, document, &mut vec![sources.file.clone()]);
        if let Some(base) = own_base(reader, &whole) {
            add_below(&mut whole, &base, &OF_BASE);
        }
        if let Some(base) = &given_base {
            // A plan that says itself what is asked for is complete, but for where.
            let fields: &[&str] = if asks_for_something(&whole) { &["host"] } else { &OF_BASE };
            add_below(&mut whole, base, fields);
        }
        let given = Given { host: host.as_deref(), arrivals: sources.arrivals };
        plans.extend(read_document(reader, &whole, given, &default_name));
    }
    let texts = reader.files().to_vec();
    plans.into_iter().map(|plan| TestPlan { sources: texts.clone(), ..plan }).collect()
}

fn documents(reader: &mut Reader<'_>, path: &Path, text: &str) -> Vec<Node> {
    let file = reader.add_file(path, text);
    let (documents, wrong) = parse(file, text);
    wrong.into_iter().for_each(|(place, message)| reader.wrong(place, message));
    documents
}

/// Reads a file that is named at a place.
fn load(reader: &mut Reader<'_>, place: Place, path: &Path) -> Vec<Node> {
    match read_text(path, LARGEST_SOURCE) {
        Ok(text) => documents(reader, path, &text),
        Err(error) => {
            if reader.files().is_empty() {
                reader.add_file(path, "");
            }
            reader.wrong(place, format!("cannot read {}: {error}", path.display()));
            Vec::new()
        }
    }
}

/// A plan with what its files bring in below its own fields.
fn with_includes(reader: &mut Reader<'_>, mut node: Node, seen: &mut Vec<PathBuf>) -> Node {
    let Some(include) = node.field("include").filter(|include| !include.is_null()).cloned() else {
        return node;
    };
    for item in include.list().unwrap_or(std::slice::from_ref(&include)) {
        let Some(name) = reader.text(item, "name of a file") else { continue };
        let path = reader.beside(item.place, &name);
        if seen.contains(&path) || seen.len() > DEEPEST {
            reader.wrong(item.place, format!("{name} includes itself: leave it out"));
            continue;
        }
        seen.push(path.clone());
        for included in load(reader, item.place, &path) {
            if Object::open(reader, &included, &INCLUDED).is_some() {
                let included = with_includes(reader, included, seen);
                let fields: Vec<_> = INCLUDED.names().filter(|name| *name != "include").collect();
                add_below(&mut node, &included, &fields);
            }
        }
        seen.pop();
    }
    node
}

/// The base that a plan names itself.
fn own_base(reader: &mut Reader<'_>, plan: &Node) -> Option<Node> {
    let node = plan.field("base").filter(|base| !base.is_null())?;
    let name = reader.text(node, "name of a file")?;
    let path = reader.beside(node.place, &name);
    base(reader, node.place, &path)
}

/// The first plan of a file, with its includes. Requests that only its first step has are its own.
fn base(reader: &mut Reader<'_>, place: Place, path: &Path) -> Option<Node> {
    let first = load(reader, place, path).into_iter().next()?;
    let mut plan = with_includes(reader, first, &mut vec![path.to_owned()]);
    let steps = plan.field("steps").and_then(Node::list).unwrap_or_default();
    let of_step = steps.iter().find_map(|step| step.field("requests")).cloned();
    let has_own = ["requests", "tasks"].iter().any(|name| plan.field(name).is_some());
    match (of_step, &mut plan.content) {
        (Some(requests), Content::Map(entries)) if !has_own => {
            let place = requests.place;
            entries.push(Entry { name: "requests".to_owned(), place, value: requests });
        }
        (None, _) if !has_own => {
            reader.wrong(
                place,
                format!("the base {} has no requests itself: name a plan that has", path.display()),
            );
        }
        _ => {}
    }
    Some(plan)
}

/// Whether a plan says itself what is asked for in all of its steps.
fn asks_for_something(plan: &Node) -> bool {
    let steps = plan.field("steps").and_then(Node::list).unwrap_or_default();
    let in_steps = !steps.is_empty() && steps.iter().all(|step| step.field("requests").is_some());
    in_steps || ["requests", "tasks"].iter().any(|name| plan.field(name).is_some())
}

/// Adds those of the named fields that are not there.
fn add_below(plan: &mut Node, below: &Node, fields: &[&str]) {
    let (Content::Map(own), Some(others)) = (&mut plan.content, below.map()) else { return };
    for other in others.iter().filter(|other| fields.contains(&other.name.as_str())) {
        debug_assert!(PLAN.has(&other.name));
        match own.iter_mut().find(|entry| entry.name == other.name) {
            None => own.push(other.clone()),
            Some(entry) if entry.value.is_null() => entry.value = other.value.clone(),
            Some(entry) if BY_NAME.contains(&other.name.as_str()) => {
                let (Content::Map(names), Some(more)) = (&mut entry.value.content, other.value.map()) else {
                    continue;
                };
                for one in more {
                    if names.iter().all(|name| name.name != one.name) {
                        names.push(one.clone());
                    }
                }
            }
            Some(_) => {}
        }
    }
}
