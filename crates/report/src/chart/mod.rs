//! Charts, drawn as SVG.
//!
//! Each chart is one file that makes a [`Picture`] of a record, without drawing; [`draw`] turns pictures into SVG.

mod axis;
mod canvas;
mod course;
mod palette;
mod picture;

mod asked;
mod capacity;
mod distribution;
mod duet;
mod errors;
mod generator;
mod latency;
mod load;
mod scalability;
mod search;
mod sources;
mod target;
mod throughput;

pub(crate) use asked::{asked, not_seen};
#[cfg(test)]
pub(crate) use axis::Axis;
pub(crate) use axis::clock;
pub(crate) use canvas::{HEIGHT, PLOT, WIDTH, draw, view_box};
pub(crate) use capacity::capacity;
pub(crate) use course::Course;
pub(crate) use distribution::distribution;
pub(crate) use duet::duet;
pub(crate) use errors::{error_name, errors};
pub(crate) use generator::generator;
pub(crate) use latency::latency;
pub(crate) use load::{rate, users};
#[cfg(test)]
pub(crate) use palette::Ink;
pub(crate) use palette::ink_rules;
pub(crate) use picture::{Layer, Over, Picture, Shape};
pub(crate) use scalability::scalability;
pub(crate) use search::search;
pub(crate) use target::target;
pub(crate) use throughput::throughput;
