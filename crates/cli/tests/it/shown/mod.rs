//! What is shown and written: no secrets, nothing that a terminal obeys, and all of it or an error; and what a machine
//! is told about itself.

mod doctor;
mod secrets;
mod terminal;
mod unwritable;
