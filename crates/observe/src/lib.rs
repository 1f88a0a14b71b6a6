//! What the target reports about itself while a test runs.
//!
//! A [`Source`] is read once a second beside the test. [`open`] makes one from a URL, according to the table [`SOURCES`];
//! any other type that implements the trait works as well. A [`Watch`] reads any number of sources:
//!
//! ```
//! use flashcrowd_observe::{ReadFuture, Reading, Source, Watch};
//!
//! struct Queue(f64);
//!
//! impl Source for Queue {
//!     fn name(&self) -> &str {
//!         "queue"
//!     }
//!
//!     fn read(&mut self) -> ReadFuture<'_> {
//!         Box::pin(async {
//!             self.0 += 1.0;
//!             Ok(Reading::from([("queue_length".to_owned(), self.0)]))
//!         })
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # tokio::task::LocalSet::new().block_on(&runtime, async {
//! let (watch, failed) = Watch::open(vec![Box::new(Queue(0.0))]).await;
//! assert!(failed.is_empty());
//! assert_eq!(watch.latest()["queue_length"], 1.0);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

mod prometheus;
mod promql;
mod rabbitmq;
mod readings;
mod redis;
mod source;
mod sql;
#[cfg(target_os = "linux")]
mod system;
mod table;
mod watch;
mod web;

pub use readings::{Latest, Note};
pub use source::{OpenSource, ReadFuture, Reading, Source, SourceError, SourceKind};
pub use table::{SOURCES, find, open, open_all};
pub use watch::Watch;
