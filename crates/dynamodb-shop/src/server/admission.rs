//! Admission accepts requests signed for this region or, with configured credentials, only those of their owner.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::request::Parts;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::time::Instant;

use super::authorization::{Authorization, incomplete, invalid};
use super::rejection::Rejection;
use super::signature::is_genuine;
use crate::config::{Auth, ServerConfig};

const SERVICE: &str = "dynamodb";

/// How a request writes its date.
const DATE: StaticFormatDescription = format_description!("[year][month][day]T[hour][minute][second]Z");

/// How far the clocks of client and server may differ.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Which requests the endpoint accepts.
#[derive(Debug)]
pub(super) struct Admission {
    region: String,
    auth: Option<Auth>,
    /// When the token expires.
    expiry: Option<Instant>,
}

impl Admission {
    /// Starts now, and with it the lifetime of the token.
    pub(super) fn new(config: &ServerConfig) -> Self {
        let life = config.auth.as_ref().and_then(|auth| auth.expires);
        // A lifetime beyond the range of the clock never ends.
        let expiry = life.and_then(|life| Instant::now().checked_add(life));
        Self { region: config.store.region.clone(), auth: config.auth.clone(), expiry }
    }

    /// Accepts a request, or returns the reason for its rejection.
    pub(super) fn admit(&self, head: &Parts, body: &[u8]) -> Result<(), Rejection> {
        let authorization = Authorization::parse(text(&head.headers, "authorization"))?;
        let Some(date) = text(&head.headers, "x-amz-date") else {
            return Err(incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            ));
        };
        self.check_scope(&authorization, date)?;
        let Some(auth) = &self.auth else { return Ok(()) };
        check_identity(auth, &authorization, text(&head.headers, "x-amz-security-token"))?;
        check_date(date, wall_now())?;
        check_signed_headers(&authorization, &head.headers)?;
        if !is_genuine(&authorization, &auth.secret, date, head, body) {
            return Err(invalid(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        if self.expiry.is_some_and(|expiry| Instant::now() >= expiry) {
            let message = "The security token included in the request is expired";
            return Err(Rejection::of_service("ExpiredTokenException", message));
        }
        Ok(())
    }

    fn check_scope(&self, authorization: &Authorization<'_>, date: &str) -> Result<(), Rejection> {
        let Authorization { region, service, .. } = authorization;
        if *region != self.region {
            return Err(invalid(format!("Credential should be scoped to a valid region, not '{region}'. ")));
        }
        if *service != SERVICE {
            return Err(invalid(format!("Credential should be scoped to correct service: '{SERVICE}'. ")));
        }
        let day = date.split('T').next().unwrap_or_default();
        if authorization.date != day {
            return Err(invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{day}', from '{date}'.",
                authorization.date
            )));
        }
        Ok(())
    }
}

/// Checks that key and token are those that were issued.
fn check_identity(
    auth: &Auth,
    authorization: &Authorization<'_>,
    token: Option<&str>,
) -> Result<(), Rejection> {
    if authorization.access_key == auth.access_key && token == auth.token.as_deref() {
        return Ok(());
    }
    let message = "The security token included in the request is invalid.";
    Err(Rejection::of_service("UnrecognizedClientException", message))
}

/// Checks that the date is valid and close to now.
fn check_date(date: &str, now: SystemTime) -> Result<(), Rejection> {
    let Ok(signed) = PrimitiveDateTime::parse(date, DATE) else {
        return Err(incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )));
    };
    let now = OffsetDateTime::from(now);
    let basic = |time: OffsetDateTime| time.format(DATE).unwrap_or_default();
    let (signed, earliest, latest) = (signed.assume_utc(), now - SKEW, now + SKEW);
    if signed < earliest {
        let (earliest, now) = (basic(earliest), basic(now));
        return Err(invalid(format!(
            "Signature expired: {date} is now earlier than {earliest} ({now} - 5 min.)"
        )));
    }
    if signed > latest {
        let (latest, now) = (basic(latest), basic(now));
        return Err(invalid(format!(
            "Signature not yet current: {date} is still later than {latest} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

/// Checks that the signature covers all it has to: the host, and all headers that have a meaning for AWS.
fn check_signed_headers(authorization: &Authorization<'_>, headers: &HeaderMap) -> Result<(), Rejection> {
    let matters = headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-"));
    match ["host"].into_iter().chain(matters).find(|name| !authorization.signs(name)) {
        None => Ok(()),
        Some("host") => {
            Err(invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."))
        }
        Some(name) => Err(invalid(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))),
    }
}

/// The text of a header, if it has one.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[expect(clippy::disallowed_methods, reason = "a signature's date is wall-clock time; tests pass `now`")]
fn wall_now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_date_may_be_five_minutes_off() {
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        for date in ["20150830T123600Z", "20150830T123100Z", "20150830T124100Z"] {
            assert_eq!(check_date(date, now), Ok(()), "{date}");
        }
        let message = |date: &str| check_date(date, now).unwrap_err().message.unwrap();
        assert_eq!(
            message("20150830T123059Z"),
            "Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"
        );
        assert_eq!(
            message("20150830T124101Z"),
            "Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)"
        );
        assert!(message("today").starts_with("Date must be in ISO-8601 'basic format'. Got 'today'."));
    }
}
