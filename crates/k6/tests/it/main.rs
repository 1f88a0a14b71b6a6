//! The k6 modules and what carries them, proved by scripts that the engine runs.

mod batches;
mod console;
mod cookies;
mod crypto;
mod data;
mod dynamodb;
mod event_loop;
mod execution;
mod fibers;
mod globals;
mod harness;
mod k6;
mod lifecycle;
mod metrics;
mod mirror;
mod modules;
mod options;
mod requests;
mod responses;
mod tags;
mod target;
mod uncaught;
