//! Documents made of synthetic records.

mod advice;
mod comparison;
mod fixture;
mod markdown;
mod page;
mod programs;
mod text;
