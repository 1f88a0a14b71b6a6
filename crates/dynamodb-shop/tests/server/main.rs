//! The endpoint over a real socket: its protocol, its credentials, and how it opens and closes.

mod client;
mod credentials;
mod life;
mod protocol;
