//! A group result is a group of the test with its checks, their outcomes, and the groups inside it.

use std::sync::Arc;

use flashcrowd_metrics::{CheckId, Totals, TreeNode};
use md5::{Digest, Md5};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group; the root has no name and holds all that is outside of groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupResult {
    /// The last part of the path.
    pub name: String,
    /// `::outer::inner`.
    pub path: String,
    /// The MD5 of the path, in hex.
    pub id: String,
    /// The groups inside it, in the order they were first seen.
    pub groups: Vec<GroupResult>,
    /// Its own checks that were evaluated, in the order they were first seen.
    pub checks: Vec<CheckResult>,
}

/// A check of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Its name.
    pub name: String,
    /// The group's path, two colons, its name.
    pub path: String,
    /// The MD5 of the path, in hex.
    pub id: String,
    /// How often it held.
    pub passes: u64,
    /// How often it did not.
    pub fails: u64,
    /// Its place among all checks of the test, in the order in which they were first made.
    #[serde(default)]
    pub order: u64,
}

impl GroupResult {
    /// The tree of all groups with the outcomes of their checks.
    pub fn collect(totals: &Totals) -> Self {
        let nodes = totals.plan().tree.nodes();
        // Nodes stand after the one around them, so from the last to the first each is complete when it is moved.
        let mut groups: Vec<Option<GroupResult>> =
            nodes.iter().map(|node| Some(Self::own(node, totals))).collect();
        for at in (1..nodes.len()).rev() {
            let parent = nodes[at].parent.map_or(0, |parent| parent.index());
            // What nobody made and nothing was checked in is no group for anybody.
            let is_bare = |group: &Self| group.checks.is_empty() && group.groups.is_empty();
            if !nodes[at].is_made && groups[at].as_ref().is_some_and(is_bare) {
                continue;
            }
            if let (Some(group), Some(Some(parent))) = (groups[at].take(), groups.get_mut(parent)) {
                parent.groups.push(group);
            }
        }
        let mut root = groups.into_iter().next().flatten().unwrap_or_default();
        root.turn();
        root
    }

    /// This group and all inside it, each after the one around it.
    pub fn walk(&self) -> Vec<&GroupResult> {
        let mut all = vec![self];
        self.groups.iter().for_each(|group| all.extend(group.walk()));
        all
    }

    /// The checks of this group and all inside it, in the order in which they were first made.
    pub fn all_checks(&self) -> Vec<&CheckResult> {
        let mut checks: Vec<_> = self.walk().into_iter().flat_map(|group| &group.checks).collect();
        checks.sort_by_key(|check| check.order);
        checks
    }

    /// The groups inside it were added from the last to the first.
    fn turn(&mut self) {
        self.groups.reverse();
        self.groups.iter_mut().for_each(Self::turn);
    }

    fn own(node: &TreeNode, totals: &Totals) -> Self {
        let check = |(name, id): &(Arc<str>, CheckId)| CheckResult {
            order: id.index() as u64,
            ..CheckResult::new(&node.path, name, totals.check(*id))
        };
        Self {
            name: node.name.to_string(),
            path: node.path.to_string(),
            id: md5_hex(&node.path),
            groups: Vec::new(),
            checks: node.checks.iter().map(check).filter(|check| check.total() > 0).collect(),
        }
    }
}

impl CheckResult {
    fn new(group: &str, name: &str, (passes, fails): (u64, u64)) -> Self {
        let path = format!("{group}::{name}");
        Self { name: name.to_owned(), id: md5_hex(&path), path, passes, fails, order: 0 }
    }

    /// How often it was evaluated.
    pub fn total(&self) -> u64 {
        self.passes + self.fails
    }
}

fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
