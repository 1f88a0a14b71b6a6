//! The module `k6/http`.

mod batches;
mod cookies;
mod html;
mod requests;
mod responses;
mod tags;
