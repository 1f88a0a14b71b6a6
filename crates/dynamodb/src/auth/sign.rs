//! A signer signs the requests of one client with whoever signs now; AWS's own crate does the signing.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use flashcrowd_http::{Origin, Request};
use http::{HeaderName, HeaderValue, header};

use super::credentials::{Credentials, Held};
use crate::fault::{Fault, FaultKind};

/// What the service is called in signatures.
const SERVICE: &str = "dynamodb";

/// The header that says what is asked.
pub(crate) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// Signs requests.
pub(crate) struct Signer {
    region: Arc<str>,
    /// The URL that is signed; it has no path.
    url: Box<str>,
    held: RefCell<Option<Held>>,
}

impl Signer {
    /// A signer for a region and what is asked of an origin.
    pub(crate) fn new(region: &str, origin: &Origin) -> Self {
        let scheme = if origin.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}/", host(origin)).into();
        Self { region: region.into(), url, held: RefCell::default() }
    }

    /// Signs a request whose host, content type, target and body are there; a signature that it has is replaced. The
    /// generation of the credentials that it is signed with.
    pub(crate) fn sign(
        &self,
        request: &mut Request,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<u64, Fault> {
        let mut held = self.held.borrow_mut();
        let held = match &mut *held {
            Some(held) if credentials.is_current(held, now) => held,
            stale => stale.insert(credentials.held(now)),
        };
        let instructions = {
            let mut settings = SigningSettings::default();
            // Nothing is given that is not to be signed.
            settings.excluded_headers = None;
            let params = v4::SigningParams::builder()
                .identity(&held.signing)
                .region(&self.region)
                .name(SERVICE)
                .time(now)
                .settings(settings)
                .build();
            let params = SigningParams::from(params.map_err(|error| unsigned(&error))?);
            let signed = [header::HOST, header::CONTENT_TYPE, TARGET];
            let headers = signed.iter().filter_map(|name| {
                let value = request.headers.get(name)?.to_str().ok()?;
                Some((name.as_str(), value))
            });
            let body = SignableBody::Bytes(&request.body);
            let signable = SignableRequest::new("POST", &*self.url, headers, body);
            let signable = signable.map_err(|error| unsigned(&error))?;
            sign(signable, &params).map_err(|error| unsigned(&error))?.into_parts().0
        };
        for made in instructions.into_parts().0 {
            let mut value = HeaderValue::from_str(made.value()).map_err(|error| unsigned(&error))?;
            value.set_sensitive(made.sensitive());
            request.headers.insert(HeaderName::from_static(made.name()), value);
        }
        Ok(held.generation)
    }
}

/// The value of the header `Host`: with the port only where it is not the usual one, as AWS's own tools write it.
pub(crate) fn host(origin: &Origin) -> String {
    let name = match origin.host.contains(':') {
        true => format!("[{}]", origin.host),
        false => origin.host.clone(),
    };
    let usual = if origin.tls { 443 } else { 80 };
    if origin.port == usual { name } else { format!("{name}:{}", origin.port) }
}

fn unsigned(error: &dyn std::error::Error) -> Fault {
    Fault::new(FaultKind::Denied, "Unsigned", format!("the request cannot be signed: {error}"))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use flashcrowd_http::Target;
    use http::Method;
    use ring::{digest, hmac};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn hmac_of(key: &[u8], text: &str) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
    }

    fn sha256(bytes: &[u8]) -> String {
        hex(digest::digest(&digest::SHA256, bytes).as_ref())
    }

    /// The header `Authorization` by the published steps, for these headers in this order.
    fn by_hand(headers: &[(&str, &str)], body: &[u8], date_time: &str, region: &str) -> String {
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(body));
        let date = &date_time[..8];
        let scope = format!("{date}/{region}/dynamodb/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in [date, region, "dynamodb", "aws4_request"] {
            key = hmac_of(&key, part);
        }
        let signature = hex(&hmac_of(&key, &text));
        format!("AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    fn request(url: &str, body: &'static str) -> (Signer, Request) {
        let target = Rc::new(Target::parse(url).unwrap());
        let signer = Signer::new("eu-central-1", &target.origin);
        let host = HeaderValue::from_str(&host(&target.origin)).unwrap();
        let request = Request::new(Method::POST, target)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"))
            .header(TARGET, HeaderValue::from_static("DynamoDB_20120810.GetItem"))
            .body(body);
        (signer, request)
    }

    #[test]
    fn signatures_are_those_of_the_published_steps() {
        // 2026-11-20T06:13:20Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_155_200);
        let (signer, mut request) = request("http://[::1]:8000", r#"{"TableName":"Products"}"#);
        signer.sign(&mut request, &Credentials::fixed("AKID", SECRET), now).unwrap();
        let date_time = request.headers["x-amz-date"].to_str().unwrap().to_owned();
        assert!(date_time.starts_with("20261120T") && date_time.ends_with('Z'), "{date_time}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", "[::1]:8000"),
            ("x-amz-date", &date_time),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ];
        let wanted = by_hand(&headers, &request.body, &date_time, "eu-central-1");
        assert_eq!(request.headers[header::AUTHORIZATION], wanted);
        assert!(!request.headers.contains_key("x-amz-security-token"));
    }

    #[test]
    fn session_tokens_are_sent_and_signed_and_kept_from_eyes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_155_200);
        let (signer, mut request) = request("https://dynamodb.eu-central-1.amazonaws.com", "{}");
        let credentials = Credentials::temporary("AKID", SECRET, "TOKEN");
        for _ in 0..2 {
            signer.sign(&mut request, &credentials, now).unwrap();
        }
        let date_time = request.headers["x-amz-date"].to_str().unwrap().to_owned();
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", "dynamodb.eu-central-1.amazonaws.com"),
            ("x-amz-date", &date_time),
            ("x-amz-security-token", "TOKEN"),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ];
        let wanted = by_hand(&headers, &request.body, &date_time, "eu-central-1");
        assert_eq!(request.headers.get_all(header::AUTHORIZATION).iter().collect::<Vec<_>>(), [&wanted]);
        assert_eq!(request.headers["x-amz-security-token"], "TOKEN");
        assert!(!format!("{request:?}").contains("TOKEN"));
    }
}
