//! Modules of scripts beyond HTTP, each against what others made.

mod archives;
mod certificates;
mod checks;
mod events;
mod grpc;
mod imports;
mod nginx;
mod ntlm;
mod proxies;
mod redis;
mod secrets;
mod streams;
