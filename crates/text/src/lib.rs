//! Words, numbers, units, tables and languages of everything that people read.

mod lang;
mod time_unit;

pub mod figure;
pub mod format;

mod fitted;
mod ink;
mod nearest;
mod table;
mod visible;
mod width;
mod wrap;

pub use fitted::Fitted;
pub use ink::Ink;
pub use lang::{Lang, UnknownLang};
pub use nearest::{nearest, nearest_within};
pub use table::{Cell, Side, grid, table};
pub use time_unit::TimeUnit;
pub use visible::{is_obeyed, one_line, picture, visible, visible_json};
pub use width::{cut, first_characters, last_characters, pad, pad_left, plain_width, width};
pub use wrap::{paragraph, with_hard_blanks, wrap};
