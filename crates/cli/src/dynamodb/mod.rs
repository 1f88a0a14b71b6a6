//! Prime Day on DynamoDB: its front end, where its tables are, its questions, its screen, and what is kept of it.

mod counted;
mod day;
mod details;
mod forecast;
mod kept;
mod live;
mod outage;
mod place;
mod prices;
mod prime_day;
mod questions;
mod ready;
mod result_box;
mod size;
mod tally;

pub use self::day::{can_ask, interruptible, run};
pub use self::place::{Place, provisioned};
pub use self::questions::remove;
pub use self::ready::refused;
pub use flashcrowd_text::{Side, grid};
