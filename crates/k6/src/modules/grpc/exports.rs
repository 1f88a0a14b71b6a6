//! What the module exports: its classes, made in JavaScript over the host's functions, and its constants.

use flashcrowd_grpc::Code;
use rquickjs::{Ctx, Function, Object};

use super::client;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &[
    "Client",
    "HealthCheckNotServing",
    "HealthCheckServiceUnkown",
    "HealthCheckServing",
    "HealthCheckUnknown",
    "StatusAborted",
    "StatusAlreadyExists",
    "StatusCanceled",
    "StatusDataLoss",
    "StatusDeadlineExceeded",
    "StatusFailedPrecondition",
    "StatusInternal",
    "StatusInvalidArgument",
    "StatusNotFound",
    "StatusOK",
    "StatusOutOfRange",
    "StatusPermissionDenied",
    "StatusResourceExhausted",
    "StatusUnauthenticated",
    "StatusUnavailable",
    "StatusUnimplemented",
    "StatusUnknown",
    "Stream",
];

/// What a service may be, by k6's names for it; one of them is misspelt there.
const HEALTH: [(&str, &str); 4] = [
    ("HealthCheckUnknown", "UNKNOWN"),
    ("HealthCheckServing", "SERVING"),
    ("HealthCheckNotServing", "NOT_SERVING"),
    ("HealthCheckServiceUnkown", "SERVICE_UNKNOWN"),
];

/// Makes the classes from the host's functions.
const CLASSES: &str = include_str!("grpc.js");

/// Makes the module.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let warn = Function::new(ctx.clone(), |text: String| state::with(|vu| vu.warn(&text)))?;
    let module: Object<'js> =
        ctx.eval::<Function<'js>, _>(CLASSES)?.call((Function::new(ctx.clone(), client::make)?, warn))?;
    for (code, name) in Code::ALL {
        module.set(*name, *code as i32)?;
    }
    for (name, value) in HEALTH {
        module.set(name, value)?;
    }
    Ok(module)
}
