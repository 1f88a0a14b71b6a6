//! What goes on both ways: WebSockets, and channels of streams.

pub(crate) mod channel;
pub(crate) mod websocket;
