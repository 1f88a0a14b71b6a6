//! WebSockets of scripts: what `k6/ws` and `k6/websockets` have in common.

mod link;
mod measure;
mod open;

pub use open::open;
