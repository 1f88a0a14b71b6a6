//! What the users of a plan do, seen by a server that notes everything.

mod answers;
mod audits;
mod plans;
mod server;
mod starts;
mod times;
mod values;
mod weights;
