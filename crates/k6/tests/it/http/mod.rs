//! The module `k6/http`.

mod batches;
mod cookies;
mod requests;
mod responses;
mod tags;
