//! What the shop's customers do, seen by a server that keeps tables, and by the practice endpoint.

mod desk;
mod orders;
mod reads;
mod runs;
mod server;
mod tables;
mod troubles;
