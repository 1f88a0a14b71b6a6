//! What the shop's customers do: look at products, or order some, one step an iteration.

mod customer;
mod settlement;
mod shop_behaviour;
mod worker;

pub use shop_behaviour::{ShopBehaviour, ShopSettings};
