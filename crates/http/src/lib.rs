//! The HTTP client that measures k6's timing phases, error codes and wire bytes for every request.
//!
//! From the outside in: a [`ClientConfig`] is what a test configures; it is built once into a process-wide
//! [`Shared`]. Each worker thread wraps that in a [`WorkerClient`] (which knows every [`Target`] by its URL),
//! and each virtual user owns a [`Client`] (its connections) and a [`Jar`] (its cookies). A [`Request`] sent
//! once is an [`Exchange`]; [`fetch()`] sends as many as redirects and digest authentication need. A [`SampleCache`] turns
//! exchanges into samples of the built-in metrics.

mod auth;
mod back_off;
mod budget;
mod client;
mod config;
mod connection;
mod cookies;
mod encoding;
mod error;
mod exchange;
mod fetch;
mod gathered;
mod live;
mod network;
mod redirect;
mod samples;
mod spans;
mod system_tags;
mod tap;
mod target;
mod traced;
mod under_way;

pub use crate::budget::{machine_memory, quarter_of_memory};
pub use crate::client::{Client, WorkerClient};
pub use crate::config::{ClientConfig, Shared};
pub use crate::cookies::{Cookie, CookieAttributes, Jar, RequestCookie, full_jar};
pub use crate::encoding::{Encoding, encode, parse_encodings};
pub use crate::error::{ErrorCode, HttpError};
pub use crate::exchange::{Cut, Delivery, Exchange, Request, ResponseBody, Timings, TlsInfo};
pub use crate::fetch::{Auth, FetchOptions, Fetched, fetch};
pub use crate::live::channel::{Broken, Channel, ChannelOptions, Incoming, Outgoing};
pub use crate::live::websocket::{Frame, WebSocket};
pub use crate::network::hosts::{BlockedHostnames, HostOverrides};
pub use crate::network::options::{
    ConfigError, DnsOptions, DnsPolicy, DnsSelect, DnsTtl, TlsIdentity, TlsOptions, TlsVersion,
};
pub use crate::network::proxy::{Proxies, Proxy};
pub use crate::samples::{SampleCache, SampleKey, millis};
pub use crate::spans::{Span, SpanKind, Spans};
pub use crate::system_tags::SystemTags;
pub use crate::tap::{Part, Tap};
pub use crate::target::{Origin, OriginOverride, Target};
