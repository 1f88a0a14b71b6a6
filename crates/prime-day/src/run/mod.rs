//! A run of Prime Day: its configuration, its test, and what is concluded from its results.

mod connection;
mod cross_check;
mod error;
mod forecast;
mod outage;
mod preparation;
mod result;
mod size;
mod tally;
mod test;

pub use connection::{Connection, ConnectionConfig, Practice};
pub use cross_check::{Attempts, CrossCheck};
pub use error::PrimeDayError;
pub use forecast::Forecast;
pub use outage::{Calls, Outage, in_words};
pub use preparation::{Customers, Ready, prepare};
pub use result::RunResult;
pub use size::{Preset, Size, Split};
pub use tally::{Count, Tally, counter, whole};
pub use test::PrimeDay;
