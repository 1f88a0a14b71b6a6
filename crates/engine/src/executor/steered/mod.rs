//! Executors that are steered: their load is set on a dial while the test runs.

mod arrival_rate;
mod dial;
mod vus;

pub(super) use arrival_rate::LOOK;
pub use arrival_rate::SteeredArrivalRate;
pub use dial::Dial;
pub use vus::SteeredVus;
