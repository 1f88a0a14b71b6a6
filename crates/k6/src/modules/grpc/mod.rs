//! Module `k6/net/grpc`: calls and streams of gRPC services, by their `.proto` files, descriptor sets or reflection.

mod calls;
mod client;
mod exports;
mod measure;
mod params;
mod schemas;
mod stream;

pub use exports::{EXPORTS, build};
pub use schemas::Schemas;
