//! A draft is a plan while it is read: what its parts need to know of each other.

use std::collections::HashMap;
use std::time::Duration;

use http::Method;

use super::names::Names;
use super::reader::Reader;
use crate::model::{Body, Call, Data, Template};
use crate::yaml::Place;

/// How long a request may take, unless the plan says so.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A plan while it is read.
pub(super) struct Draft<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) names: Names,
    pub(super) data: Vec<Data>,
    pub(super) audits: Vec<String>,
    pub(super) calls: Calls,
    pub(super) timeout: Duration,
}

/// How often a request is made, as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    /// In percent of all requests.
    Percent(f64),
    /// In proportion to the others.
    Share(f64),
}

/// All calls that are made again and again.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) all: Vec<Call>,
    /// The weights of those that have one.
    pub(super) weights: HashMap<usize, (Weight, Place)>,
    /// Tasks, which have names.
    pub(super) tasks: Vec<(String, usize)>,
    /// Those that were written on one line, by what they are counted under.
    pub(super) lines: HashMap<String, usize>,
}

impl<'r, 'a> Draft<'r, 'a> {
    /// A draft with nothing in it yet.
    pub(super) fn new(reader: &'r mut Reader<'a>) -> Self {
        Self {
            reader,
            names: Names::default(),
            data: Vec::new(),
            audits: Vec::new(),
            calls: Calls::default(),
            timeout: TIMEOUT,
        }
    }
}

impl Draft<'_, '_> {
    /// A call that stands in for one that is wrong.
    pub(super) fn nothing() -> Call {
        Call {
            name: String::new(),
            method: Method::GET,
            path: Template::default(),
            headers: Vec::new(),
            body: Body::None,
            timeout: TIMEOUT,
            checks: Vec::new(),
            saves: Vec::new(),
            sells: Vec::new(),
        }
    }
}
