//! Ways to prove who a request is from that take more than one exchange.

pub(crate) mod digest;
pub(crate) mod ntlm;
