//! Options say how a script is run: typed in a script, a file, the environment or flags, and consolidated into one.
//!
//! Each place they come from is an [`OptionLayer`]; [`Options::consolidate`] lays them over each other and works
//! out scenarios, thresholds and the HTTP client's configuration.

mod consolidate;
mod input;
mod layer;
mod load;
mod network;
mod resolved;
mod results;
mod strangers;
mod thresholds;
mod tls;
mod warning;

pub use self::consolidate::{Resolved, Tier};
pub use self::layer::{OptionLayer, OptionName, option_names};
pub use self::load::{Scenarios, Stages};
pub use self::network::{BlockList, Dns, HttpDebug, LocalIps, NameMap, Networks};
pub(crate) use self::resolved::INIT_TIMEOUT;
pub use self::resolved::Options;
pub use self::results::{SystemTagNames, Tags, TrendStats};
pub use self::thresholds::{ThresholdConfig, Thresholds};
pub use self::tls::{CipherSuites, Identities, Identity, TlsRange};
pub use self::warning::Warning;

#[cfg(test)]
mod tests;
