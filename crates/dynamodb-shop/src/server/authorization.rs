//! An authorization is what a request claims about its sender: the signing key, the scope and the signature.

use super::rejection::Rejection;

/// The signing algorithm; the first line of the string to sign.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of a scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// The parsed header `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub access_key: &'a str,
    /// The day of the scope, such as `20150830`.
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
    /// The names of the signed headers, separated by semicolons.
    pub signed_headers: &'a str,
    pub signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Parses a header, or returns the service's error.
    pub(super) fn parse(header: Option<&'a str>) -> Result<Self, Rejection> {
        let header = header.map(str::trim).filter(|header| header.starts_with("AWS4-"));
        let Some(header) = header else {
            let message = "Request is missing Authentication Token";
            return Err(Rejection::of_service("MissingAuthenticationTokenException", message));
        };
        let (algorithm, parameters) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split([',', ' ']).filter(|parameter| !parameter.is_empty()) {
            let Some((name, value)) = parameter.split_once('=') else {
                return Err(incomplete(format!(
                    "'{parameter}' not a valid key=value pair (missing equal-sign) in Authorization header."
                )));
            };
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) = (
            credential.filter(|value| !value.is_empty()),
            signed_headers.filter(|value| !value.is_empty()),
            signature.filter(|value| !value.is_empty()),
        ) else {
            return Err(lacking([
                ("Credential", credential),
                ("Signature", signature),
                ("SignedHeaders", signed_headers),
            ]));
        };
        let mut parts = credential.split('/');
        let mut part = || parts.next();
        let parts = (part(), part(), part(), part(), part(), part());
        let (Some(access_key), Some(date), Some(region), Some(service), Some(end), None) = parts else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{credential}'"
            )));
        };
        if end != TERMINATOR {
            return Err(invalid(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{end}'. "
            )));
        }
        Ok(Self { access_key, date, region, service, signed_headers, signature })
    }

    /// Whether a header, named in lower case, is signed.
    pub(super) fn signs(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|name| name == header)
    }
}

pub(super) fn incomplete(message: impl Into<String>) -> Rejection {
    Rejection::of_service("IncompleteSignatureException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> Rejection {
    Rejection::of_service("InvalidSignatureException", message)
}

fn lacking(parameters: [(&str, Option<&str>); 3]) -> Rejection {
    let lacking = parameters.into_iter().filter(|(_, value)| value.is_none_or(str::is_empty));
    incomplete(
        lacking
            .map(|(name, _)| format!("Authorization header requires '{name}' parameter. "))
            .collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/dynamodb/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=5fa00f";

    #[test]
    fn a_header_has_its_parts() {
        let authorization = Authorization {
            access_key: "AKID",
            date: "20150830",
            region: "us-east-1",
            service: "dynamodb",
            signed_headers: "host;x-amz-date",
            signature: "5fa00f",
        };
        assert_eq!(Authorization::parse(Some(HEADER)), Ok(authorization));
        assert_eq!(Authorization::parse(Some(&HEADER.replace(", ", ","))), Ok(authorization));
        assert!(
            authorization.signs("host") && authorization.signs("x-amz-date") && !authorization.signs("x-amz")
        );
    }

    #[test]
    fn what_is_wrong_with_a_header_is_said() {
        let table = [
            ("", "Missing", "Request is missing"),
            ("Bearer abc", "Missing", "Request is missing"),
            (
                "AWS4-ECDSA-P256-SHA256 x=y",
                "Incomplete",
                "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'",
            ),
            ("AWS4-HMAC-SHA256", "Incomplete", "requires 'Credential' parameter. "),
            (
                &HEADER.replace("Signature=5fa00f", ""),
                "Incomplete",
                "header requires 'Signature' parameter. ",
            ),
            (&HEADER.replace("=5fa00f", ""), "Incomplete", "'Signature' not a valid key=value pair"),
            (&HEADER.replace("=host;x-amz-date", "="), "Incomplete", "requires 'SignedHeaders' parameter. "),
            (&HEADER.replace("AKID/", ""), "Incomplete", "exactly 5 slash-delimited elements"),
            (&HEADER.replace("AKID/", "AKID/AKID/"), "Incomplete", "exactly 5 slash-delimited elements"),
            (
                &HEADER.replace("aws4_request", "aws5"),
                "Invalid",
                "valid terminator: 'aws4_request', not 'aws5'. ",
            ),
        ];
        for (header, kind, message) in table {
            let rejection = Authorization::parse(Some(header)).unwrap_err();
            assert_eq!(rejection.status, 400);
            assert!(
                rejection.kind.starts_with(&format!("com.amazon.coral.service#{kind}")),
                "{header}: {rejection:?}"
            );
            assert!(rejection.message.as_ref().unwrap().contains(message), "{header}: {rejection:?}");
        }
        assert!(
            Authorization::parse(None).unwrap_err().kind.ends_with("#MissingAuthenticationTokenException")
        );
    }
}
