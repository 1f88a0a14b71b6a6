//! gRPC without generated code: schemas, messages as JSON, calls and streams, reflection.
//!
//! A [`Schema`] is what is known of services and messages, from `.proto` files, descriptor sets or a server that reflects.
//! It finds a [`Method`]. A [`Connection`] calls it: once, or as a stream of messages both ways. Whatever comes of a call
//! ends with a [`Status`].

mod connection;
mod endpoint;
mod frames;
mod json;
mod metadata;
mod outcome;
mod reflection;
mod schema;
mod status;
mod stream;

pub use connection::Connection;
pub use endpoint::{AddressError, Endpoint};
pub use json::{JsonError, from_json, to_json};
pub use metadata::{Metadata, MetadataError, MetadataValue};
pub use outcome::{Answer, Call};
pub use prost_reflect::DynamicMessage;
pub use prost_reflect::MessageDescriptor;
pub use reflection::reflect;
pub use schema::{Method, ReadFile, Schema, SchemaError};
pub use status::{Code, Status};
pub use stream::{Event, Receiver, Sender};
