//! What goes on while it is told: WebSockets, channels of streams, and responses that are heard as they come.

pub(crate) mod channel;
pub(crate) mod tap;
pub(crate) mod websocket;
