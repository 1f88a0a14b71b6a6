//! Documents made of synthetic records.

mod advice;
mod comparison;
mod dynamodb;
mod figures;
mod fixture;
mod markdown;
mod numbers;
mod page;
#[path = "../../../diagnosis/tests/diagnosis/prime_day.rs"]
mod prime_day;
mod programs;
mod text;
