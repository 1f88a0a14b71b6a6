//! Locust files run as Locust runs them: against servers that count, with what differs on purpose.

mod clients;
mod ends;
mod figures;
mod python;
mod shown;
mod users;

use python::{Python, refused_by};
