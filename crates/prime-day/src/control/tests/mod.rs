//! Control against a service that answers by a script.

mod script;
mod scripted;
