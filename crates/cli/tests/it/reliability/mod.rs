//! What a target, a script or a machine can do to a run: what becomes of counts, verdicts and memory.

mod bounds;
mod counts;
mod fault;
mod gaps;
