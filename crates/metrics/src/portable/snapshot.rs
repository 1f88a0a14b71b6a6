//! A portable snapshot is what was measured in one interval: only series that had samples, by the names of their metrics
//! and tags, so that it means the same to whoever reads it.
//!
//! Snapshots of all parts of a run, absorbed in any order, make the totals that one process would have: counts, rates and
//! distributions to the last value, sums up to the order in which floating-point numbers are added.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sinks::PortableSink;
use crate::metric::{Contains, MetricId};
use crate::shard::Overflow;
use crate::sink_key::SinkKey;
use crate::tags::TagSet;
use crate::totals::Totals;
use crate::tree::{GroupId, Tree, TreeNode};
use crate::view::Plan;

/// What was measured in an interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portable {
    /// Series that had samples; whole metrics stand before their parts.
    pub series: Vec<Series>,
    /// Groups that are new, each after the one around it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// Outcomes of checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckCounts>,
    /// Set once the cap on rows was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
}

/// The samples of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What it is.
    pub key: PortableKey,
    /// Its samples.
    pub sink: PortableSink,
    /// Those of a whole metric that came while scenarios ran, where that is only a part of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<PortableSink>,
    /// Whether none of them came while scenarios ran.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortableKey {
    /// A whole metric.
    Metric {
        /// Its name.
        name: String,
        /// The unit of its values.
        contains: Contains,
    },
    /// A sub-metric: `http_req_duration{name:login}`.
    Sub(String),
    /// A row of a view.
    Row {
        /// The view's name.
        view: String,
        /// The metric's name.
        metric: String,
        /// The tags that make the row.
        tags: BTreeMap<String, String>,
    },
}

/// A group, by the names of those around it and its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    /// From the outermost to its own.
    pub path: Vec<String>,
    /// Whether a script made it.
    pub is_made: bool,
}

/// How often a check passed and failed in the interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckCounts {
    /// The names of the groups around it.
    pub group: Vec<String>,
    /// Its name.
    pub name: String,
    /// How often it passed.
    pub passes: u64,
    /// How often it failed.
    pub fails: u64,
}

/// Why a snapshot cannot be absorbed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PortableError {
    /// A series is of something that this test does not have.
    #[error("{0} is not part of this test: all parts of a run need the same test and the same version")]
    Unknown(String),
    /// A metric is of another kind here.
    #[error("metric {0} is of another kind here: all parts of a run need the same test")]
    Kind(String),
    /// Counts contradict each other.
    #[error("what was measured of {0} is damaged")]
    Damaged(String),
}

/// Takes snapshots of one run, interval by interval.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// What was counted of each check by the last snapshot.
    checks: Vec<(u64, u64)>,
    /// Whether the group was told, and as made.
    groups: Vec<bool>,
    has_told_overflow: bool,
}

impl Snapshots {
    /// What the totals hold of their last interval, without these metrics.
    pub fn take(&mut self, totals: &Totals, without: &[MetricId]) -> Portable {
        let plan = totals.plan();
        let nodes = plan.tree.nodes();
        let mut series: Vec<Series> = totals
            .iter()
            .filter(|(key, _, sink)| !sink.is_empty() && !without.contains(&metric_of(plan, key)))
            .map(|(key, _, sink)| {
                let mut series =
                    Series { key: named(plan, key), sink: PortableSink::of(sink), load: None, idle: false };
                if let SinkKey::Metric(metric) = key {
                    let load = totals.load_interval(*metric).filter(|load| !load.is_empty());
                    series.idle = load.is_none();
                    series.load = load.filter(|load| load.samples() < sink.samples()).map(PortableSink::of);
                }
                series
            })
            .collect();
        series.sort_by_key(|series| !matches!(series.key, PortableKey::Metric { .. }));
        let overflow = totals.overflow().filter(|_| !self.has_told_overflow).cloned();
        self.has_told_overflow |= overflow.is_some();
        Portable { series, groups: self.groups(&nodes), checks: self.checks(totals, &nodes), overflow }
    }

    fn groups(&mut self, nodes: &[TreeNode]) -> Vec<GroupName> {
        let mut new = Vec::new();
        for (at, node) in nodes.iter().enumerate().skip(1) {
            let is_new = at > self.groups.len();
            if is_new {
                self.groups.push(node.is_made);
            }
            let told = &mut self.groups[at - 1];
            if is_new || (node.is_made && !*told) {
                *told = node.is_made;
                new.push(GroupName { path: path(nodes, at), is_made: node.is_made });
            }
        }
        new
    }

    fn checks(&mut self, totals: &Totals, nodes: &[TreeNode]) -> Vec<CheckCounts> {
        let mut counts = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            for (name, id) in &node.checks {
                let now = totals.check(*id);
                if self.checks.len() <= id.index() {
                    self.checks.resize(id.index() + 1, (0, 0));
                }
                let before = std::mem::replace(&mut self.checks[id.index()], now);
                if now != before {
                    let (passes, fails) = (now.0 - before.0, now.1 - before.1);
                    counts.push(CheckCounts {
                        group: path(nodes, at),
                        name: name.to_string(),
                        passes,
                        fails,
                    });
                }
            }
        }
        counts
    }
}

impl Totals {
    /// Adds a snapshot that another process took. Of gauges, the value with the highest `order` is the last. Nothing is
    /// added of one that is not of this test.
    pub fn absorb_portable(&mut self, snapshot: Portable, order: u64) -> Result<(), PortableError> {
        let plan = self.plan().clone();
        let mut found = Vec::with_capacity(snapshot.series.len());
        for Series { key, sink, load, idle } in snapshot.series {
            let damaged = || PortableError::Damaged(label(&key));
            let kind = sink.kind();
            let place = place(&plan, &key, &sink)?;
            if plan.registry.get(metric_of(&plan, &place)).kind != kind {
                return Err(PortableError::Kind(label(&key)));
            }
            let load = load.map(|load| load.into_sink(order).ok_or_else(damaged)).transpose()?;
            if load.as_ref().is_some_and(|load| load.kind() != kind) {
                return Err(damaged());
            }
            found.push((place, sink.into_sink(order).ok_or_else(damaged)?, load, idle));
        }
        for (key, sink, load, idle) in found {
            if let SinkKey::Metric(metric) = &key
                && !idle
            {
                self.add_load(*metric, load.as_ref().unwrap_or(&sink));
            }
            self.add(key, sink);
        }
        for GroupName { path, is_made } in &snapshot.groups {
            group(&plan.tree, path, *is_made);
        }
        for CheckCounts { group: path, name, passes, fails } in &snapshot.checks {
            let check = plan.tree.check(group(&plan.tree, path, true), name);
            self.add_check(check, (*passes, *fails));
        }
        self.note_overflow(snapshot.overflow);
        Ok(())
    }
}

/// The group of that path, which is made where it is not there.
fn group(tree: &Tree, path: &[String], is_made: bool) -> GroupId {
    let last = path.len().saturating_sub(1);
    path.iter().enumerate().fold(GroupId::ROOT, |parent, (at, name)| match parent {
        GroupId::ROOT if at == last && !is_made => tree.stage(name),
        parent => tree.group(parent, name),
    })
}

fn path(nodes: &[TreeNode], at: usize) -> Vec<String> {
    let around =
        std::iter::successors(Some(&nodes[at]), |node| node.parent.map(|parent| &nodes[parent.index()]));
    let mut names: Vec<String> =
        around.filter(|node| node.parent.is_some()).map(|node| node.name.to_string()).collect();
    names.reverse();
    names
}

fn metric_of(plan: &Plan, key: &SinkKey) -> MetricId {
    match key {
        SinkKey::Metric(metric) | SinkKey::Row { metric, .. } => *metric,
        SinkKey::Sub(sub) => plan.subs[*sub].metric,
    }
}

fn named(plan: &Plan, key: &SinkKey) -> PortableKey {
    match key {
        SinkKey::Metric(metric) => {
            let metric = plan.registry.get(*metric);
            PortableKey::Metric { name: metric.name.to_string(), contains: metric.contains }
        }
        SinkKey::Sub(sub) => PortableKey::Sub(plan.subs[*sub].name.clone()),
        SinkKey::Row { view, metric, tags } => PortableKey::Row {
            view: plan.views[*view].name.to_owned(),
            metric: plan.registry.get(*metric).name.to_string(),
            tags: tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        },
    }
}

/// Where samples of that name are kept here; a metric that is new is defined.
fn place(plan: &Arc<Plan>, key: &PortableKey, sink: &PortableSink) -> Result<SinkKey, PortableError> {
    let unknown = || PortableError::Unknown(label(key));
    match key {
        PortableKey::Metric { name, contains } => {
            let known = plan.registry.find(name).map(|metric| metric.id);
            let define = || plan.registry.define(name, sink.kind(), *contains).map_err(|_| unknown());
            known.map_or_else(define, Ok).map(SinkKey::Metric)
        }
        PortableKey::Sub(name) => {
            plan.subs.iter().position(|sub| sub.name == *name).map(SinkKey::Sub).ok_or_else(unknown)
        }
        PortableKey::Row { view, metric, tags } => {
            let view = plan.views.iter().position(|one| one.name == view).ok_or_else(unknown)?;
            let metric = plan.registry.find(metric).ok_or_else(unknown)?.id;
            let tags = TagSet::from_pairs(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            Ok(SinkKey::Row { view, metric, tags })
        }
    }
}

fn label(key: &PortableKey) -> String {
    match key {
        PortableKey::Metric { name, .. } | PortableKey::Sub(name) => format!("'{name}'"),
        PortableKey::Row { view, metric, .. } => format!("'{metric}' by '{view}'"),
    }
}
