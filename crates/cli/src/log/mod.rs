//! A log line is one event with its time, level and source.

mod failures;
mod format;
mod logger;
mod settings;
mod test;

pub use self::format::Level;
pub use self::logger::Logger;
pub use self::settings::Settings;
pub use self::test::TestLog;

#[cfg(test)]
pub(crate) use self::format::Format;
