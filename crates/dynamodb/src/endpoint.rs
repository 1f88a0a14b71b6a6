//! An endpoint is where DynamoDB is: AWS's own of a region, or another URL.

use flashcrowd_http::Target;
use thiserror::Error;

/// Where requests go, and the region they are signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL, without a slash at the end.
    pub url: String,
    /// The region.
    pub region: String,
}

/// Why there is no such endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct EndpointError(pub String);

impl Endpoint {
    /// AWS's own endpoint of a region.
    pub fn aws(region: &str) -> Result<Self, EndpointError> {
        let mut parts = region.split('-');
        let is_country = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase());
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        let is_region = parts.next().is_some_and(is_country)
            && parts.next_back().is_some_and(is_number)
            && parts.clone().count() > 0
            && parts.all(is_word);
        if !is_region {
            return Err(EndpointError(format!(
                "`{region}` is not a region of AWS: write one such as us-east-1"
            )));
        }
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Ok(Self { url: format!("https://dynamodb.{region}.{domain}"), region: region.to_owned() })
    }

    /// Another one: `http://` or `https://`, a host, and a port if it is not the usual one.
    pub fn at(url: &str, region: &str) -> Result<Self, EndpointError> {
        let wrong = |what: &str| {
            EndpointError(format!("the endpoint URL {what}: write one such as http://127.0.0.1:8000"))
        };
        let bare = url.trim().trim_end_matches('/');
        let target = Target::parse(bare).map_err(|error| wrong(&format!("`{bare}` is wrong ({error})")))?;
        // Not quoted: what it contains is a secret.
        if target.credentials.is_some() {
            return Err(wrong("has a user name and a password, which DynamoDB does not take"));
        }
        let authority = bare.split_once("://").map_or(bare, |(_, rest)| rest);
        if authority.contains(['/', '?', '#']) {
            return Err(wrong(&format!("`{bare}` has more than scheme, host and port")));
        }
        if region.is_empty() {
            return Err(EndpointError("the region is empty: write one such as us-east-1".to_owned()));
        }
        Ok(Self { url: bare.to_owned(), region: region.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_has_an_endpoint_in_each_region() {
        let url = |region| Endpoint::aws(region).map(|endpoint| endpoint.url);
        assert_eq!(url("us-east-1").unwrap(), "https://dynamodb.us-east-1.amazonaws.com");
        assert_eq!(url("us-gov-west-1").unwrap(), "https://dynamodb.us-gov-west-1.amazonaws.com");
        assert_eq!(url("cn-north-1").unwrap(), "https://dynamodb.cn-north-1.amazonaws.com.cn");
        for wrong in
            ["", "us-east", "US-EAST-1", "us-1", "useast1", "us-east-1a", "us-east-1.evil.test/", "-"]
        {
            assert!(url(wrong).is_err(), "{wrong}");
        }
        insta::assert_snapshot!(
            Endpoint::aws("east").unwrap_err(),
            @"`east` is not a region of AWS: write one such as us-east-1"
        );
    }

    #[test]
    fn another_endpoint_is_scheme_host_and_port() {
        let at = |url| Endpoint::at(url, "local").map(|endpoint| endpoint.url);
        assert_eq!(at("http://localhost:8000/").unwrap(), "http://localhost:8000");
        assert_eq!(at("https://[::1]:8000").unwrap(), "https://[::1]:8000");
        let wrong =
            ["localhost:8000", "http://u:hidden@host", "http://host/path", "http://host?x", "ftp://host"];
        let errors: Vec<_> = wrong.iter().map(|url| at(url).unwrap_err()).collect();
        insta::assert_snapshot!(errors.iter().map(|error| format!("{error}\n")).collect::<String>(), @r#"
        the endpoint URL `localhost:8000` is wrong (unsupported protocol scheme ""): write one such as http://127.0.0.1:8000
        the endpoint URL has a user name and a password, which DynamoDB does not take: write one such as http://127.0.0.1:8000
        the endpoint URL `http://host/path` has more than scheme, host and port: write one such as http://127.0.0.1:8000
        the endpoint URL `http://host?x` has more than scheme, host and port: write one such as http://127.0.0.1:8000
        the endpoint URL `ftp://host` is wrong (unsupported protocol scheme "ftp"): write one such as http://127.0.0.1:8000
        "#);
        assert!(Endpoint::at("http://localhost:8000", "").is_err());
    }
}
