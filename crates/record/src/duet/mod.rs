//! A duet is what the comparison of two variants in one run came to.

mod answer;
mod figures;
mod whole;

pub use self::answer::{DuetAnswer, DuetObstacle};
pub use self::figures::{DuetFailures, DuetMoment, DuetPercentiles, DuetRequest, DuetTimes};
pub use self::whole::{Duet, DuetRules};
