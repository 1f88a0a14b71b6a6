//! What was missed is what customers would have wanted in seconds that left them no time to: an outage, or no idle
//! virtual user.
//!
//! In a closed loop, a virtual user that waits for an answer wants nothing more, so an outage hides behind the few that
//! failed. What was due is counted by the healthy seconds: the median of what a user wanted a second, where anything came
//! true. In two seconds or more in a row in which nothing came true, and that are no back-off from throttles, what is
//! lacking to that was missed. With a rate, iterations that were dropped were.

use crate::course::{Second, streaks};
use crate::dynamodb::{FAILED, backs_off};
use crate::stats::robust::median;

/// This many seconds in a row are an outage.
const SILENT: usize = 2;

/// What customers would have wanted, and could not.
pub(super) fn missed(seconds: &[Second<'_>]) -> f64 {
    silent(seconds) + dropped(seconds)
}

/// In seconds without any answer.
fn silent(seconds: &[Second<'_>]) -> f64 {
    let by_user = |second: &Second<'_>| wanted(second) / (second.users() * second.length());
    let is_loop = |second: &Second<'_>| second.due_rate().is_none() && second.users() > 0.0;
    let healthy: Vec<f64> =
        seconds.iter().filter(|second| is_loop(second) && came_true(second) > 0.0).map(by_user).collect();
    let Some(usual) = median(&healthy) else { return 0.0 };
    let is_silent =
        |at: usize| is_loop(&seconds[at]) && came_true(&seconds[at]) == 0.0 && !backs_off(seconds, at);
    let lacking = |one: &Second<'_>| (usual * one.users() * one.length() - wanted(one)).max(0.0);
    let outages = streaks(seconds.len(), SILENT, is_silent);
    outages.into_iter().flat_map(|outage| &seconds[outage]).map(lacking).sum()
}

/// In iterations that were due and never started.
fn dropped(seconds: &[Second<'_>]) -> f64 {
    let iterations: f64 = seconds.iter().map(Second::iterations).sum();
    let dropped: f64 = seconds.iter().map(Second::dropped).sum();
    let wanted: f64 = seconds.iter().map(wanted).sum();
    if iterations > 0.0 { dropped * wanted / iterations } else { 0.0 }
}

fn wanted(second: &Second<'_>) -> f64 {
    second.stat(FAILED, "total")
}

fn came_true(second: &Second<'_>) -> f64 {
    wanted(second) - second.stat(FAILED, "trues")
}
