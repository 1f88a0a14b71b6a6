//! Locust files run as Locust runs them: against servers that count, with what differs on purpose.

mod clients;
mod ends;
mod figures;
mod page;
mod processes;
mod python;
mod shown;
mod tls;
mod users;

use python::{Python, refused_by};
