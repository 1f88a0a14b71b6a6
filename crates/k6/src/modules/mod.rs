//! The modules that scripts can import, one file each, in one table.

pub mod crypto;
pub mod data;
pub mod dynamodb;
pub mod encoding;
pub mod execution;
pub mod http;
pub mod k6;
pub mod metrics;
pub mod timers;

use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Ctx, Module, Value};

macro_rules! modules {
    ($($name:literal => $file:ident as $def:ident;)*) => {
        $(struct $def;

        impl ModuleDef for $def {
            fn declare(declarations: &Declarations<'_>) -> rquickjs::Result<()> {
                for name in $file::EXPORTS {
                    declarations.declare(*name)?;
                }
                declarations.declare("default")?;
                Ok(())
            }

            fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> rquickjs::Result<()> {
                let object = $file::build(ctx)?;
                for name in $file::EXPORTS {
                    exports.export(*name, object.get::<_, Value<'js>>(*name)?)?;
                }
                exports.export("default", object)?;
                Ok(())
            }
        })*

        const NAMES: &[&str] = &[$($name),*];

        /// The modules that scripts can import, and what each exports beside its default.
        pub const TABLE: &[(&str, &[&str])] = &[$(($name, $file::EXPORTS)),*];

        /// Declares a built-in module; none when there is no module of that name.
        pub fn declare<'js>(ctx: &Ctx<'js>, name: &str) -> Option<rquickjs::Result<Module<'js, Declared>>> {
            match name {
                $($name => Some(Module::declare_def::<$def, _>(ctx.clone(), name)),)*
                _ => None,
            }
        }
    };
}

modules! {
    "flashcrowd/dynamodb" => dynamodb as Dynamodb;
    "k6" => k6 as K6;
    "k6/crypto" => crypto as Crypto;
    "k6/data" => data as Data;
    "k6/encoding" => encoding as Encoding;
    "k6/execution" => execution as Execution;
    "k6/http" => http as Http;
    "k6/metrics" => metrics as Metrics;
    "k6/timers" => timers as Timers;
}

/// The names of all modules.
pub fn names() -> &'static [&'static str] {
    NAMES
}
