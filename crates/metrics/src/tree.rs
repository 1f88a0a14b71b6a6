//! The tree of groups and checks of a test, in the order in which they were first seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// How many groups, and how many checks, a test has by name. Names that a script makes up without end cost no memory.
const MOST: usize = 10_000;
/// How many bytes their names take together.
const MOST_BYTES: usize = 16 << 20;
/// Between the names of nested groups.
const SEPARATOR: &str = "::";

/// The place of a group in its [`Tree`]; the root is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(u32);

impl GroupId {
    /// The group that holds everything outside of `group()`.
    pub const ROOT: GroupId = GroupId(0);

    /// The position in [`Tree::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The place of a check in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CheckId(u32);

impl CheckId {
    /// The position over all checks of the tree.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A group with the names of its checks.
#[derive(Clone, Debug)]
pub struct TreeNode {
    /// The last part of the path; empty for the root.
    pub name: Arc<str>,
    /// `::outer::inner`; empty for the root.
    pub path: Arc<str>,
    /// The group around it; none for the root.
    pub parent: Option<GroupId>,
    /// Its checks in the order they were first seen.
    pub checks: Vec<(Arc<str>, CheckId)>,
    /// Whether a script made it; groups of stages such as setup are only there for what happens in them.
    pub is_made: bool,
}

#[derive(Debug, Default)]
struct Inner {
    nodes: Vec<TreeNode>,
    groups: HashMap<(GroupId, Arc<str>), GroupId>,
    checks: HashMap<(GroupId, Arc<str>), CheckId>,
    /// The bytes of all names and paths.
    bytes: usize,
    /// Whether a name was not kept.
    is_full: bool,
}

/// All groups and checks of a test. Cloning shares the tree; workers ask it once per name and remember.
#[derive(Clone, Debug)]
pub struct Tree {
    inner: Arc<Mutex<Inner>>,
}

impl Default for Tree {
    fn default() -> Self {
        let root =
            TreeNode { name: "".into(), path: "".into(), parent: None, checks: Vec::new(), is_made: true };
        Self { inner: Arc::new(Mutex::new(Inner { nodes: vec![root], ..Inner::default() })) }
    }
}

impl Tree {
    /// Where checks are counted whose names are not kept.
    pub const OTHER_CHECKS: &str = "(other checks)";
    /// Longer names, in bytes, are not kept.
    pub const LONGEST_NAME: usize = 16 * 1024;

    /// The group of that name inside another, which a script makes; that other one where there are too many, or where its
    /// name is too long.
    pub fn group(&self, parent: GroupId, name: &str) -> GroupId {
        self.place(parent, name, true)
    }

    /// The group of a stage of the run, such as setup.
    pub fn stage(&self, name: &str) -> GroupId {
        self.place(GroupId::ROOT, name, false)
    }

    fn place(&self, parent: GroupId, name: &str, is_made: bool) -> GroupId {
        let mut inner = self.lock();
        if name.len() > Self::LONGEST_NAME {
            inner.is_full = true;
            return parent;
        }
        let name: Arc<str> = name.into();
        if let Some(&id) = inner.groups.get(&(parent, name.clone())) {
            inner.nodes[id.index()].is_made |= is_made;
            return id;
        }
        let path = format!("{}{SEPARATOR}{name}", inner.nodes[parent.index()].path);
        if inner.nodes.len() > MOST || inner.bytes + path.len() > MOST_BYTES {
            inner.is_full = true;
            return parent;
        }
        inner.bytes += path.len();
        let id = GroupId(u32::try_from(inner.nodes.len()).expect("fewer than 2^32 groups"));
        inner.nodes.push(TreeNode {
            name: name.clone(),
            path: path.into(),
            parent: Some(parent),
            checks: Vec::new(),
            is_made,
        });
        inner.groups.insert((parent, name), id);
        id
    }

    /// The check of that name inside a group; where there are too many, the one for all others.
    pub fn check(&self, group: GroupId, name: &str) -> CheckId {
        let mut inner = self.lock();
        let (mut group, mut name): (GroupId, Arc<str>) = (group, name.into());
        if let Some(&id) = inner.checks.get(&(group, name.clone())) {
            return id;
        }
        let is_other = &*name == Self::OTHER_CHECKS;
        if is_other || inner.checks.len() >= MOST || inner.bytes + name.len() > MOST_BYTES {
            inner.is_full = true;
            (group, name) = (GroupId::ROOT, Self::OTHER_CHECKS.into());
            if let Some(&id) = inner.checks.get(&(group, name.clone())) {
                return id;
            }
        }
        inner.bytes += name.len();
        let id = CheckId(u32::try_from(inner.checks.len()).expect("fewer than 2^32 checks"));
        inner.nodes[group.index()].checks.push((name.clone(), id));
        inner.checks.insert((group, name), id);
        id
    }

    /// Whether there were more groups or checks than are kept by name.
    pub fn is_full(&self) -> bool {
        self.lock().is_full
    }

    /// The path of a group.
    pub fn path(&self, group: GroupId) -> Arc<str> {
        self.lock().nodes[group.index()].path.clone()
    }

    /// All groups, each after the one around it.
    pub fn nodes(&self) -> Vec<TreeNode> {
        self.lock().nodes.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_paths_nest() {
        let tree = Tree::default();
        let outer = tree.group(GroupId::ROOT, "outer");
        let inner = tree.group(outer, "inner");
        assert_eq!(tree.group(outer, "inner"), inner);
        assert_eq!(&*tree.path(inner), "::outer::inner");
        let check = tree.check(inner, "is 200");
        assert_eq!(tree.check(inner, "is 200"), check);
        assert_ne!(tree.check(outer, "is 200"), check);
    }

    #[test]
    fn long_names_take_a_bounded_amount_of_memory() {
        let tree = Tree::default();
        let long = "x".repeat(Tree::LONGEST_NAME - 10);
        let mut group = GroupId::ROOT;
        for at in 0..5_000 {
            tree.check(GroupId::ROOT, &format!("{long}{at}"));
            group = tree.group(group, &format!("{long}{at}"));
        }
        assert!(tree.is_full() && tree.lock().bytes <= MOST_BYTES + Tree::OTHER_CHECKS.len());
        assert_eq!(tree.group(GroupId::ROOT, &"x".repeat(Tree::LONGEST_NAME + 1)), GroupId::ROOT);
    }

    #[test]
    fn names_without_end_are_counted_together() {
        let tree = Tree::default();
        let group = tree.group(GroupId::ROOT, "first");
        let checks: Vec<CheckId> = (0..MOST + 5).map(|at| tree.check(group, &at.to_string())).collect();
        assert!(tree.is_full() && checks[MOST..].iter().all(|check| *check == checks[MOST]));
        assert_eq!((tree.check(group, "7"), checks[7].index()), (checks[7], 7));
        assert_eq!(&*tree.nodes()[0].checks[0].0, Tree::OTHER_CHECKS);
        let groups: Vec<GroupId> =
            (0..MOST + 5).map(|at| tree.group(GroupId::ROOT, &format!("g{at}"))).collect();
        assert_eq!((groups[MOST + 4], tree.nodes().len()), (GroupId::ROOT, MOST + 1));
    }
}
