//! The live page of a run, which becomes its report, and k6's REST API.
//!
//! A [`Hub`] is what the run and its page share. A [`Feed`] puts into it what the run shows once a second, and a
//! [`Server`] sends it to browsers from a thread of its own: one that is slow skips seconds, and costs the run nothing.

mod api;
mod events;
mod feed;
mod history;
mod hub;
mod page;
mod point;
mod requests;
mod routes;
mod server;
mod view;

pub use api::{ApiError, Client};
pub use feed::Feed;
pub use hub::{Hub, Standing, Subject};
pub use point::Point;
pub use requests::{Failed, Request};
pub use server::Server;
pub use view::{CheckView, ScenarioView, ThresholdView, Totals, View};
