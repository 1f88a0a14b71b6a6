//! The statistics that judgements rest on, each with its source.

pub(crate) mod collections;
pub(crate) mod drift;
pub(crate) mod durations;
pub(crate) mod knee;
pub(crate) mod least_squares;
pub(crate) mod little;
pub(crate) mod normal;
pub(crate) mod robust;
pub(crate) mod student;
pub(crate) mod swing;
pub(crate) mod trend;
pub(crate) mod usl;
