//! A search for the largest load, as a record keeps it.

mod result;

pub use result::{
    BrokenPromise, LoadInterval, LoadKind, Promised, SearchAim, SearchEnding, SearchResult, SearchSecond,
    SearchTrial,
};
