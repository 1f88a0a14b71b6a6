//! `shop` serves the practice shop until a signal stops it.

mod args;
mod serve;

pub use self::args::ShopArgs;
pub use self::serve::run;
