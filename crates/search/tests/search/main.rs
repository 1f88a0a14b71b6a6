//! Tests of the search against models of servers.

mod coverage;
mod server;
