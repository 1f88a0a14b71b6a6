//! The modules that scripts can import, one file each, in one table.

pub mod crypto;
pub mod data;
pub mod dynamodb;
pub mod encoding;
pub mod execution;
mod experimental;
pub mod grpc;
pub mod html;
pub mod http;
pub mod k6;
pub mod metrics;
pub mod secrets;
pub mod sse;
pub mod timers;
mod websocket;
pub mod websockets;
pub mod ws;
pub mod x509;

use flashcrowd_modules::Builtin;
use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Ctx, Module, Value};

use crate::state;
use experimental::{csv, fs, redis, streams};

macro_rules! modules {
    ($($name:literal => $file:ident as $def:ident;)*) => {
        $(struct $def;

        impl ModuleDef for $def {
            fn declare(declarations: &Declarations<'_>) -> rquickjs::Result<()> {
                for name in $file::EXPORTS {
                    declarations.declare(*name)?;
                }
                for name in missing($name, $file::EXPORTS) {
                    declarations.declare(name)?;
                }
                declarations.declare("default")?;
                Ok(())
            }

            fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> rquickjs::Result<()> {
                let object = $file::build(ctx)?;
                for name in $file::EXPORTS {
                    exports.export(*name, object.get::<_, Value<'js>>(*name)?)?;
                }
                for name in missing($name, $file::EXPORTS) {
                    exports.export(name, Value::new_null(ctx.clone()))?;
                }
                exports.export("default", object)?;
                Ok(())
            }
        })*

        const NAMES: &[&str] = &[$($name),*];

        /// The modules that scripts can import, and what each exports beside its default.
        pub const TABLE: &[(&str, &[&str])] = &[$(($name, $file::EXPORTS)),*];

        /// What a module exports, without its default; nothing when there is no module of that name.
        pub fn exports(name: &str) -> &'static [&'static str] {
            TABLE.iter().find(|(known, _)| *known == name).map_or(&[], |(_, exports)| exports)
        }

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
    "flashcrowd/sse" => sse as Sse;
    "k6" => k6 as K6;
    "k6/crypto" => crypto as Crypto;
    "k6/crypto/x509" => x509 as X509;
    "k6/data" => data as Data;
    "k6/encoding" => encoding as Encoding;
    "k6/execution" => execution as Execution;
    "k6/experimental/csv" => csv as Csv;
    "k6/experimental/fs" => fs as Fs;
    "k6/experimental/grpc" => grpc as Calls;
    "k6/experimental/redis" => redis as Redis;
    "k6/experimental/streams" => streams as Streams;
    "k6/experimental/websockets" => websockets as Experimental;
    "k6/html" => html as Html;
    "k6/http" => http as Http;
    "k6/metrics" => metrics as Metrics;
    "k6/net/grpc" => grpc as Grpc;
    "k6/secrets" => secrets as Secrets;
    "k6/timers" => timers as Timers;
    "k6/websockets" => websockets as Websockets;
    "k6/ws" => ws as Ws;
    "k6/x/redis" => redis as Way;
    "k6/x/sse" => sse as Link;
}

/// The modules there are, and those of k6 that are not supported, each with what to do instead.
pub const BUILTIN: Builtin = Builtin {
    names: NAMES,
    unsupported: &[
        ("k6/browser", BROWSER),
        ("k6/experimental/browser", BROWSER),
        ("k6/experimental/timers", "k6 removed it: import 'k6/timers', or use the global timer functions"),
        (
            "k6/experimental/tracing",
            "k6 removed it: import 'https://jslib.k6.io/http-instrumentation-tempo/1.0.1/index.js'",
        ),
        ("k6/experimental/webcrypto", "k6 removed it: use the global crypto"),
        ("k6/x/*", "k6's extensions are programs in Go; this program has none"),
    ],
};

const BROWSER: &str = "no browser is driven; load the same pages and APIs with k6/http";

/// The names that the script wants of a module that has none of that name.
fn missing(module: &str, exports: &[&str]) -> Vec<String> {
    let wanted = state::with(|vu| vu.program.sources.wanted(module)).into_iter();
    wanted.filter(|name| !exports.contains(&name.as_str())).collect()
}
