//! An executor decides when iterations start and how many virtual users there are; one file each.

mod allowance;
mod arrivals;
mod checks;
mod constant_arrival_rate;
mod constant_vus;
mod dial;
mod interface;
mod kind;
mod need;
mod per_vu_iterations;
mod played_vus;
mod ramping_arrival_rate;
mod ramping_vus;
mod shared_iterations;
mod stages;
mod steered_arrival_rate;
mod steered_vus;

pub use allowance::Allowance;
pub(crate) use arrivals::scenario_seed;
pub use arrivals::{Arrivals, ArrivalsError};
use checks::{MAX_DURATION, check_second, check_vus};
pub use constant_arrival_rate::ConstantArrivalRate;
pub use constant_vus::ConstantVus;
pub use dial::Dial;
pub(crate) use interface::{Executor, Lane, Load, Loop, LoopingVu, Told};
pub use kind::ExecutorConfig;
pub(crate) use kind::{EXECUTORS, Read};
pub use need::{Need, Needs};
pub use per_vu_iterations::PerVuIterations;
pub use played_vus::PlayedVus;
pub use ramping_arrival_rate::RampingArrivalRate;
pub use ramping_vus::{RampingVus, VuStep};
pub use shared_iterations::SharedIterations;
pub use stages::Stage;
pub use steered_arrival_rate::SteeredArrivalRate;
pub use steered_vus::SteeredVus;
