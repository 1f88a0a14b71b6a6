//! What was missed is what customers would have wanted in seconds that left them no time to: an outage, or no idle
//! virtual user.
//!
//! In a closed loop, a virtual user that waits for an answer wants nothing more, so an outage hides behind the few that
//! failed. What was due is counted by the healthy seconds: the median of what a user wanted a second, where anything came
//! true. In two seconds or more in a row in which nothing came true, and that are no back-off from throttles, what is
//! lacking to that was missed. With a rate, iterations that were dropped were.

use crate::course::Second;
use crate::dynamodb::{self, FAILED, THROTTLED};
use crate::stats::robust::median;

/// This many seconds in a row are an outage.
const SILENT: usize = 2;

/// The longest back-off of a call, in seconds.
const BACK_OFF: usize = 20;

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
    let is_silent = |at: usize| {
        let backs_off = dynamodb::sum(&seconds[at.saturating_sub(BACK_OFF)..=at], THROTTLED) > 0.0;
        is_loop(&seconds[at]) && came_true(&seconds[at]) == 0.0 && !backs_off
    };
    let (mut all, mut at) = (0.0, 0);
    while at < seconds.len() {
        let length = (at..seconds.len()).take_while(|at| is_silent(*at)).count();
        if length >= SILENT {
            let lacking = |one: &Second<'_>| (usual * one.users() * one.length() - wanted(one)).max(0.0);
            all += seconds[at..at + length].iter().map(lacking).sum::<f64>();
        }
        at += length.max(1);
    }
    all
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
