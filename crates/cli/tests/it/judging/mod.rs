//! What is said of runs: response times from the due time, comparisons, searches, duets, truth, verification.

mod arrivals;
mod comparison;
mod duet;
mod find;
mod truth;
mod verification;
