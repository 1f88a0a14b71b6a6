//! Front end for k6 scripts: QuickJS virtual machines on fibers and the k6 modules.
//!
//! A [`Program`] is a script with its imports, loaded once by [`describe`]. Its options are resolved into
//! [`Settings`]; then [`K6Behaviour`] makes virtual users of it for the engine. Each is a machine: a VM on a fiber
//! that carries out commands one after the other.

mod behaviour;
mod commonjs;
mod error;
mod event_loop;
mod expected;
mod front_end;
mod globals;
mod imports;
mod inspect;
mod limiter;
mod load;
mod machine;
mod modules;
mod program;
mod quickjs;
mod selector;
mod settings;
mod state;
mod tags;
mod wall;

pub use behaviour::K6Behaviour;
pub use error::ScriptError;
pub use front_end::{K6, Script};
pub use load::{describe, handle_summary};
pub use machine::Description;
pub use modules::TABLE as MODULES;
pub use program::Program;
pub use settings::Settings;
