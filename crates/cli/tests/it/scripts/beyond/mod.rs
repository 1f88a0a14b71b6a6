//! Modules of scripts beyond HTTP, each against what others made.

mod certificates;
mod events;
mod grpc;
mod ntlm;
mod peers;
mod secrets;
mod streams;
