//! Whole runs in virtual time, with what goes wrong decided by a seed.
//!
//! Lead, agents and engine are as they are; the bus and what virtual users do are simulated, all on one thread and one
//! clock that stands still while anybody has something to do. `FLASHCROWD_SEEDS=10000` runs that many worlds, and
//! `FLASHCROWD_SEED=N` that one again: the same load, parties and faults. What the runtime picks of several things that
//! are ready at once may differ.

mod bus;
mod party;
mod runs;
mod world;
