//! An endpoint is where DynamoDB is: AWS's own of a region, or another URL.

use aws_types::service_config::ServiceConfigKey;
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

/// AWS's partitions: how the names of their regions begin, the domain of their endpoints, and that of those for IPv6 too.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("", "amazonaws.com", "api.aws"),
];

/// What the environment and the profile say of the endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Another endpoint than AWS's.
    pub url: Option<String>,
    /// Whether AWS's is to be one that keeps to FIPS 140.
    pub fips: bool,
    /// Whether AWS's is to be one for IPv6 too.
    pub dual_stack: bool,
}

impl Configured {
    /// Found as AWS's own tools find it: `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL`, the profile's `services`
    /// section and `endpoint_url`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is set; FIPS and dual stack likewise.
    pub async fn find(profile: Option<&str>, region: &str) -> Self {
        let region = aws_config::Region::new(region.to_owned());
        let mut loader =
            aws_config::defaults(aws_config::BehaviorVersion::latest()).no_credentials().region(region);
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let found = loader.load().await;
        let key = ServiceConfigKey::builder()
            .service_id("dynamodb")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let of_service =
            found.service_config().zip(key.ok()).and_then(|(config, key)| config.load_config(key));
        Self {
            url: of_service.or_else(|| found.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty()),
            fips: found.use_fips().unwrap_or(false),
            dual_stack: found.use_dual_stack().unwrap_or(false),
        }
    }

    /// The endpoint in a region.
    pub fn endpoint(&self, region: &str) -> Result<Endpoint, EndpointError> {
        match &self.url {
            Some(url) => Endpoint::at(url, region),
            None => Endpoint::of_aws(region, self.fips, self.dual_stack),
        }
    }
}

impl Endpoint {
    /// AWS's own endpoint of a region.
    pub fn aws(region: &str) -> Result<Self, EndpointError> {
        Self::of_aws(region, false, false)
    }

    /// Whether it is one of AWS's own, where load costs money.
    pub fn is_aws(&self) -> bool {
        let host = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or_default();
        PARTITIONS.iter().any(|(_, domain, dual)| {
            [domain, dual]
                .iter()
                .any(|domain| host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.')))
        })
    }

    fn of_aws(region: &str, fips: bool, dual_stack: bool) -> Result<Self, EndpointError> {
        let mut parts = region.split('-');
        let is_country =
            |part: &str| (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
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
        let of = |(name, ..): &&(&str, &str, &str)| region.starts_with(name);
        let (_, single, dual) = PARTITIONS.iter().find(of).unwrap_or(&PARTITIONS[PARTITIONS.len() - 1]);
        let domain = if dual_stack { dual } else { single };
        let service = if fips { "dynamodb-fips" } else { "dynamodb" };
        Ok(Self { url: format!("https://{service}.{region}.{domain}"), region: region.to_owned() })
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
    fn each_partition_has_its_domain() {
        let url = |region, fips, dual_stack| {
            Configured { url: None, fips, dual_stack }.endpoint(region).map(|endpoint| endpoint.url).unwrap()
        };
        for (region, expected) in [
            ("us-east-1", "https://dynamodb.us-east-1.amazonaws.com"),
            ("cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "https://dynamodb.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", "https://dynamodb.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "https://dynamodb.us-isob-east-1.sc2s.sgov.gov"),
            ("eusc-de-east-1", "https://dynamodb.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(url(region, false, false), expected);
            assert!(Endpoint::aws(region).unwrap().is_aws(), "{region}");
        }
        assert_eq!(url("us-gov-west-1", true, false), "https://dynamodb-fips.us-gov-west-1.amazonaws.com");
        assert_eq!(url("ap-northeast-2", false, true), "https://dynamodb.ap-northeast-2.api.aws");
        for other in ["http://localhost:8000", "https://notamazonaws.com", "https://amazonaws.com.example"] {
            assert!(!Endpoint::at(other, "us-east-1").unwrap().is_aws(), "{other}");
        }
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
        the endpoint URL `localhost:8000` is wrong (unsupported protocol scheme "localhost"): write one such as http://127.0.0.1:8000
        the endpoint URL has a user name and a password, which DynamoDB does not take: write one such as http://127.0.0.1:8000
        the endpoint URL `http://host/path` has more than scheme, host and port: write one such as http://127.0.0.1:8000
        the endpoint URL `http://host?x` has more than scheme, host and port: write one such as http://127.0.0.1:8000
        the endpoint URL `ftp://host` is wrong (unsupported protocol scheme "ftp"): write one such as http://127.0.0.1:8000
        "#);
        assert!(Endpoint::at("http://localhost:8000", "").is_err());
    }
}
