//! The outcome of a search: what its record says it found, and whether that is a failure.

use flashcrowd_record::{BrokenPromise, LoadInterval, SearchEnding, SearchResult, SearchTrial};
use flashcrowd_search::{Ending, Interval};

use super::load_search::LoadSearch;
use super::promise::Judged;
use crate::failure::Failure;

/// What a search found.
pub(super) fn result(search: &LoadSearch) -> SearchResult {
    let (aim, estimate) = (search.aim(), search.search().estimate());
    let ending = match search.ending() {
        Some(Ending::Precise) => SearchEnding::Precise,
        Some(Ending::TimeUp) => SearchEnding::TimeUp,
        Some(Ending::AllHeld) => SearchEnding::AllHeld,
        Some(Ending::NoneHeld) => SearchEnding::NoneHeld,
        Some(Ending::NotMeasured) => SearchEnding::NotMeasured,
        Some(Ending::Gone) => SearchEnding::Gone,
        None => SearchEnding::Interrupted,
    };
    let trials = search.trials();
    let bounded = trials.iter().any(|trial| trial.held) && trials.iter().any(|trial| !trial.held);
    let mut limits: Vec<LoadInterval> = estimate.each.iter().map(|each| interval(*each)).collect();
    let keeps_up = aim.config.keeps_up.then(|| limits.remove(0));
    let load = interval(estimate.load);
    SearchResult {
        load_is: aim.load_is,
        promises: aim.promises.iter().map(Judged::recorded).collect(),
        lowest: aim.config.lowest,
        highest: aim.config.highest,
        precision: aim.config.precision,
        seconds: aim.config.seconds,
        at_least: aim.at_least,
        ending,
        load: bounded.then_some(load),
        first_broken: first_broken(trials, load.value, keeps_up, &limits),
        keeps_up,
        limits,
        capacity: estimate.capacity.map(interval),
        trials: trials.to_vec(),
    }
}

fn interval(interval: Interval) -> LoadInterval {
    LoadInterval { value: interval.value, lower: interval.lower, upper: interval.upper }
}

/// What breaks first: by the lightest load above the largest one that holds at which something was broken, that which is
/// broken there and has the lowest limit.
fn first_broken(
    trials: &[SearchTrial],
    load: f64,
    keeps_up: Option<LoadInterval>,
    limits: &[LoadInterval],
) -> Option<BrokenPromise> {
    let failed = || trials.iter().filter(|trial| !trial.held);
    let above =
        failed().filter(|trial| trial.load >= load).min_by(|one, other| one.load.total_cmp(&other.load));
    let trial = above.or_else(|| failed().max_by(|one, other| one.load.total_cmp(&other.load)))?;
    let lowest = |promise: &usize| limits.get(*promise).map_or(f64::INFINITY, |limit| limit.value);
    let promise = trial.broken.iter().copied().min_by(|one, other| lowest(one).total_cmp(&lowest(other)));
    let value = match promise {
        Some(promise) => trial.values.get(promise).copied().flatten(),
        None => trial.piled_up.filter(|_| keeps_up.is_some()),
    };
    Some(BrokenPromise { promise, load: trial.load, value })
}

/// Why what a search found is no success; none if it is one.
pub(crate) fn failure(result: &SearchResult) -> Option<Failure> {
    let unit = if result.load_is.is_rate() { "/s" } else { " users" };
    let text = match (result.ending, result.load, result.at_least) {
        (SearchEnding::Interrupted, ..) => return None,
        (SearchEnding::NotMeasured, ..) => "nothing was answered, so no load was found".to_owned(),
        (SearchEnding::Gone, ..) => "the target did not answer any more after a trial".to_owned(),
        (SearchEnding::NoneHeld, ..) => {
            format!("not everything held even at the lightest load, {:.1}{unit}", result.lowest)
        }
        (SearchEnding::AllHeld, _, least) if least.is_none_or(|least| least <= result.highest) => {
            return None;
        }
        (SearchEnding::AllHeld, ..) => {
            format!("more was asked for than the largest load that was tried, {:.1}{unit}", result.highest)
        }
        (_, None, _) => {
            "no load was found at which everything holds, or none at which it does not".to_owned()
        }
        (_, Some(load), Some(least)) if load.lower < least => format!(
            "{least}{unit} were asked for, and it is not certain that they hold: {:.1}{unit} (95%: {:.1} to {:.1})",
            load.value, load.lower, load.upper
        ),
        _ => return None,
    };
    Some(Failure::Load(text))
}
