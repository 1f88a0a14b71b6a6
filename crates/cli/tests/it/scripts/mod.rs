//! k6 scripts, run by the real executable.

mod beyond;
mod builtin;
mod cases;
mod compatibility;
mod deep;
mod hostile;
mod lifecycle;
mod modules;
mod network;
mod options;
mod outputs;
mod remote;
mod requests;
mod responses;
mod script;
mod start;
mod summary;
mod typescript;
mod websockets;
mod wrong;
