//! Chaos: a target that does everything wrong at random, and arrivals at an honest one beside it.

mod dice;

pub use dice::Dice;

mod http1;
mod machine;
mod rush;
mod server;
mod tls;
mod visit;
