//! The experimental modules of k6 that are supported.

pub mod csv;
pub mod fs;
pub mod redis;
pub mod streams;
