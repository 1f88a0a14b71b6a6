//! The k6 modules and what carries them, proved by scripts that the engine runs.

mod console;
mod crypto;
mod data;
mod dynamodb;
mod event_loop;
mod execution;
mod fibers;
mod files;
mod globals;
mod harness;
mod http;
mod k6;
mod lifecycle;
mod metrics;
mod mirror;
mod modules;
mod options;
mod target;
mod uncaught;
mod websockets;
