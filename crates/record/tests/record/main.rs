//! What the crate makes of two runs: the product run of an e-commerce team, and a small shop run that has
//! everything a script can have.

mod fixture;
mod record;
mod schema;
mod seal;
