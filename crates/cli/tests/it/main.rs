//! What the real executable prints, and how it exits.

mod run;
mod target;

mod demo;
mod shop;
mod start;

mod builtin;
mod hostile;
mod lifecycle;
mod modules;
mod network;
mod requests;
mod responses;
mod script;
mod wrong;
