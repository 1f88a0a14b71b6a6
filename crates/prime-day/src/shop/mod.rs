//! The shop: what it sells, its tables, what its customers do, and the requests that this takes.

mod catalogue;
mod layout;
mod order;
mod own_requests;
mod popularity;
mod requests;
mod sales;
mod tables;
mod workload;

pub use catalogue::{Catalogue, Category, Product};
pub use layout::{KeyedTable, Layout, LayoutError, OrderTable, ProductTable};
pub(crate) use order::OrderIds;
pub use order::{Line, Order};
pub use popularity::Popularity;
pub(crate) use requests::Requests;
pub use sales::Sales;
pub use tables::{CATEGORY_INDEX, Mapping, OwnTables, Tables};
pub(crate) use workload::Pattern;
pub use workload::{OrderStyle, Patterns, Workload};
