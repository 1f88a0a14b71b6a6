//! How a connection finds its way: names and addresses, host rules, proxies and TLS.

pub(crate) mod dns;
pub(crate) mod hosts;
pub(crate) mod options;
pub(crate) mod proxy;
pub(crate) mod tls;
