//! Scripts that import `flashcrowd/dynamodb`, run by the engine against the practice endpoint.

mod calls;
mod decimals;
mod desk;
mod example;
mod measured;
mod refusals;
mod values;
mod wire;
