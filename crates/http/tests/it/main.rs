//! The client against servers that behave, misbehave and lie, all on the loopback interface.

mod body;
mod faults;
mod hops;
mod reuse;
mod rules;
mod server;
mod timings;
mod tls;
