//! Connections: dialled, pooled, spoken over in HTTP/1.1 or HTTP/2, and measured.

pub(crate) mod connect;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod io;
pub(crate) mod pool;
pub(crate) mod timeout;
pub(crate) mod trace;
