//! Locust files run as Locust runs them: against servers that count, with what differs on purpose.

mod clients;
mod docs;
mod ends;
mod figures;
mod page;
mod processes;
mod python;
mod shown;
mod tls;
mod users;

use python::{Python, refused_by};

/// How many requests a run says were interrupted: sent, and not counted.
fn interrupted(outcome: &crate::run::Outcome) -> u64 {
    let before =
        outcome.stderr.split(" requests were interrupted").next().filter(|before| *before != outcome.stderr);
    before.map_or(0, |before| before.rsplit(['"', ' ']).next().unwrap().parse().unwrap())
}
