//! What the crate makes of the two runs of the record's tests.

mod data;
#[path = "../../../record/tests/record/fixture.rs"]
mod fixture;
mod summary;
