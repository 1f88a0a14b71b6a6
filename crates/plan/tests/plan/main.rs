//! The plan language from the outside: what plans become, and what is said of those that are wrong.

mod examples;
mod files;
mod fixture;
mod requests;
mod robust;
mod steps;
mod values;
mod wrong;
mod yaml;
