//! Prime Day on DynamoDB: its configuration, its questions, its screen, and the files of its result.

mod config;
mod day;
mod details;
mod forecast;
mod kept;
mod layout;
mod live;
mod prices;
mod questions;
mod result_box;
mod wanted;

pub use self::config::{connection, provisioned};
pub use self::day::{can_ask, interruptible, run};
pub use self::questions::{remove, switch};
pub use flashcrowd_text::{Side, grid};
