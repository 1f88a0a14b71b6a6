//! What the users of a plan do: log in once, then one task after the other.

mod answer;
mod call;
mod data;
mod factory;
mod mix;
mod place;
mod plan_behaviour;
mod render;
mod settings;
mod user;
mod worker;

pub(crate) use answer::{Answer, number};
pub(crate) use call::{Call, CheckNames};
pub(crate) use place::Place;
pub use plan_behaviour::PlanBehaviour;
pub use settings::PlanSettings;
pub(crate) use user::User;
pub(crate) use worker::Worker;
