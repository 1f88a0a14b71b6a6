//! A failure is why a call gave no answer, as the error that scripts catch.

use flashcrowd_dynamodb::{CredentialsError, Fault, FaultKind};
use rquickjs::{Array, Ctx, Exception, Object};

/// Why a call gave no answer.
pub enum Failure {
    /// Nobody signs.
    Credentials(CredentialsError),
    /// The service, or the way there, says no.
    Fault(Fault),
    /// The script's machine failed, such as for want of memory.
    Thrown(rquickjs::Error),
}

impl Failure {
    /// Whether it is an answer that the script asked for: that its condition is not met.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.kind == FaultKind::Conditional)
    }

    /// Throws it, after so many attempts.
    pub fn throw(self, ctx: &Ctx<'_>, attempts: u32) -> rquickjs::Error {
        let error = match self {
            Self::Thrown(error) => return error,
            Self::Credentials(error) => {
                let about = About { name: "CredentialsError", kind: FaultKind::Denied, attempts };
                about.error(ctx, &error.to_string(), None)
            }
            Self::Fault(fault) => {
                let about = About { name: &fault.code, kind: fault.kind, attempts };
                about.error(ctx, &fault.message, Some(&fault))
            }
        };
        error.map_or_else(|error| error, Exception::throw)
    }
}

/// What all errors say of themselves.
struct About<'a> {
    name: &'a str,
    kind: FaultKind,
    attempts: u32,
}

impl About<'_> {
    fn error<'js>(
        &self,
        ctx: &Ctx<'js>,
        message: &str,
        fault: Option<&Fault>,
    ) -> rquickjs::Result<Exception<'js>> {
        let error = Exception::from_message(ctx.clone(), message)?;
        let object = error.as_object();
        object.set("name", self.name)?;
        object.set("kind", word(self.kind))?;
        object.set("attempts", self.attempts)?;
        let (reasons, cancellations) = (Array::new(ctx.clone())?, Array::new(ctx.clone())?);
        for (at, one) in fault.iter().flat_map(|fault| &fault.reasons).enumerate() {
            let reason = Object::new(ctx.clone())?;
            reason.set("reason", one.reason.as_str())?;
            reason.set("resource", one.resource.as_str())?;
            reasons.set(at, reason)?;
        }
        for (at, one) in fault.iter().flat_map(|fault| &fault.cancellations).enumerate() {
            let cancellation = Object::new(ctx.clone())?;
            cancellation.set("code", one.code.as_str())?;
            cancellation.set("message", one.message.as_deref())?;
            cancellations.set(at, cancellation)?;
        }
        object.set("reasons", reasons)?;
        object.set("cancellations", cancellations)?;
        Ok(error)
    }
}

fn word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Throttled => "throttled",
        FaultKind::Conflict => "conflict",
        FaultKind::Conditional => "conditional",
        FaultKind::Denied => "denied",
        FaultKind::NotFound => "notFound",
        FaultKind::Invalid => "invalid",
        FaultKind::Unknown => "unknown",
        FaultKind::Server => "server",
        FaultKind::Network => "network",
        FaultKind::Unreadable => "unreadable",
        FaultKind::Busy => "busy",
    }
}
