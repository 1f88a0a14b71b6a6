//! What scripts of real teams do, with what k6 2.2 makes of it, and the relatives of each.

mod arguments;
mod odd;
mod options;
mod requests;
mod responses;
mod summary;
