//! A log line is one thing that happened, with the time, how grave it is, and who says so.

mod format;
mod logger;
mod script;
mod settings;

pub use self::format::Level;
pub use self::logger::Logger;
pub use self::script::ScriptLog;
pub use self::settings::Settings;

#[cfg(test)]
pub(crate) use self::format::Format;
