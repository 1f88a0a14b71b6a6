//! Tests of the search against models of servers.

mod course;
mod coverage;
mod server;
