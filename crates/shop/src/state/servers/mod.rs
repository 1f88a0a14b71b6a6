//! Servers that keep stock, balances and orders for the shop: one file for each lock strategy that needs them.

mod backing;
mod ledger;
mod mysql;
mod orders;
mod rabbit;
mod redis;
mod schema;

pub(crate) use backing::Backing;
pub(crate) use ledger::{Item, Sale, Sold};
