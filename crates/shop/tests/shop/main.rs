//! The shop seen from outside: real HTTP against a shop on threads of its own.

mod api;
mod client;
mod faults;
mod hostile;
mod life;
mod metrics;
mod peers;
mod queue;
mod sale;
mod servers;
