//! Front end for YAML plans: steps, requests and what is expected of them.
//!
//! [`read()`] turns a file into [`TestPlan`]s, or says everything that is wrong with it at once; [`PlanBehaviour`] is
//! what its users do, for the engine.

mod audit;
mod behaviour;
mod fields;
mod front_end;
mod model;
mod read;
mod schema;
mod yaml;

pub use audit::read_stocks;
pub use behaviour::{PlanBehaviour, PlanSettings};
pub use front_end::{Planned, Plans};
pub use model::*;
pub use read::{Sources, expectations, read};
pub use schema::schema;
