//! A place is where samples go on one thread while users work for one scenario, in or out of a group.

use std::cell::RefCell;
use std::rc::Rc;

use flashcrowd_engine::ActiveScenario;
use flashcrowd_http::SystemTags;
use flashcrowd_metrics::{Builtin, CheckId, GroupId, SeriesId, Shard, TagSet};

use super::settings::PlanSettings;

/// Where samples go: everything that depends on tags, looked up once.
pub(crate) struct Place {
    /// The tags of samples.
    pub(super) tags: TagSet,
    sent: SeriesId,
    received: SeriesId,
    group: GroupId,
    checks: RefCell<Vec<Option<(CheckId, SeriesId)>>>,
}

impl Place {
    /// The place of a scenario, in the group of that name or in none.
    pub(super) fn new(
        scenario: Option<&ActiveScenario>,
        group: Option<&str>,
        settings: &PlanSettings,
        shard: &mut Shard,
    ) -> Rc<Self> {
        let system = &settings.system_tags;
        let tree = shard.plan().tree.clone();
        let group = group.map_or(GroupId::ROOT, |name| tree.group(GroupId::ROOT, name));
        let mut tags = settings.run_tags.clone();
        if let Some(scenario) = scenario {
            tags = tags.merged(&scenario.tags);
        }
        if !system.has("scenario") {
            tags = tags.without("scenario");
        }
        if system.has("group") {
            tags = tags.with("group", tree.path(group));
        }
        let sent = shard.series(Builtin::DATA_SENT, &tags);
        let received = shard.series(Builtin::DATA_RECEIVED, &tags);
        Rc::new(Self { tags, sent, received, group, checks: RefCell::default() })
    }

    /// Counts the outcome of a check, by its number on this thread.
    pub(super) fn check(
        &self,
        (number, name): (usize, &str),
        passed: bool,
        shard: &mut Shard,
        system: &SystemTags,
    ) {
        let mut checks = self.checks.borrow_mut();
        if checks.len() <= number {
            checks.resize(number + 1, None);
        }
        let (check, series) = *checks[number].get_or_insert_with(|| {
            let tags = if system.has("check") { self.tags.with("check", name) } else { self.tags.clone() };
            (shard.check_id(self.group, name), shard.series(Builtin::CHECKS, &tags))
        });
        shard.count_check(check, passed);
        shard.add(series, f64::from(u8::from(passed)));
    }

    /// Counts bytes.
    pub(super) fn bytes(&self, sent: u64, received: u64, shard: &mut Shard) {
        for (series, bytes) in [(self.sent, sent), (self.received, received)] {
            if bytes > 0 {
                shard.add(series, bytes as f64);
            }
        }
    }
}
