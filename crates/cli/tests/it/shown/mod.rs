//! What is shown and written: no secrets, nothing that a terminal obeys, and all of it or an error.

mod secrets;
mod terminal;
mod unwritable;
