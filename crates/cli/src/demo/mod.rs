//! The demo is one crowd at three shops that differ in nothing but the way they keep their stock.

pub mod amount;
mod crowd;
mod figures;
mod page;
mod picture;
mod sale;
mod story;
mod table;

pub use self::crowd::{Crowd, PRODUCT, SCRIPT};
pub use self::figures::{Figures, problems};
pub use self::page::Page;
pub use self::sale::open;
