//! Whom the endpoint lets in.

use std::time::Duration;

use flashcrowd_dynamodb_shop::{Auth, ServerConfig, StoreConfig};
use http_body_util::Full;
use serde_json::json;

use crate::client::{Client, Identity, fast, open};

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided.";

fn issued() -> Auth {
    let Identity { key, secret, .. } = Identity::default();
    let (access_key, secret) = (key.to_owned(), secret.to_owned());
    Auth { access_key, secret, token: Some("session".to_owned()), expires: None }
}

fn owner() -> Identity {
    Identity { token: Some("session"), ..Identity::default() }
}

/// The error of a request signed so, without its namespace, and its message; nothing if it is let in.
async fn refusal(config: &ServerConfig, identity: Identity) -> (String, String) {
    let server = open(config.clone());
    let mut client = Client::connect(server.address()).await.with(identity);
    let answer = client.ask("ListTables", json!({})).await;
    if answer.status == 200 {
        return <(String, String)>::default();
    }
    let (status, kind, message) = answer.error();
    assert_eq!(status, 400);
    (kind.strip_prefix("com.amazon.coral.service#").unwrap_or(&kind).to_owned(), message)
}

#[tokio::test]
async fn everybody_who_signs_is_let_in_where_there_are_no_credentials() {
    assert_eq!(refusal(&fast(), Identity::default()).await.0, "");
    let stranger = Identity { key: "any", secret: "thing", token: Some("works"), ..Identity::default() };
    assert_eq!(refusal(&fast(), stranger).await.0, "");
    let old = Identity { behind: Duration::from_secs(3600), ..Identity::default() };
    assert_eq!(refusal(&fast(), old).await.0, "");
}

#[tokio::test]
async fn whoever_does_not_sign_is_not() {
    let server = open(fast());
    let mut client = Client::connect(server.address()).await;
    let request = client.unsigned("ListTables", "{}");
    assert_eq!(
        client.send(request).await.error(),
        (
            400,
            "com.amazon.coral.service#MissingAuthenticationTokenException".to_owned(),
            "Request is missing Authentication Token".to_owned()
        )
    );
    let mut request = client.unsigned("ListTables", "{}");
    request.headers_mut().insert("authorization", "AWS4-HMAC-SHA256 Credential=me".parse().unwrap());
    let (status, kind, message) = client.send(request).await.error();
    assert_eq!((status, kind.as_str()), (400, "com.amazon.coral.service#IncompleteSignatureException"));
    assert!(message.contains("requires 'Signature' parameter"), "{message}");
    let mut request = client.signed("ListTables", "{}");
    request.headers_mut().remove("x-amz-date");
    let (_, kind, message) = client.send(request).await.error();
    assert_eq!(kind, "com.amazon.coral.service#IncompleteSignatureException");
    assert!(message.contains("'X-Amz-Date'"), "{message}");
    assert_eq!(server.handle().stats().operations["ListTables"].failed, 3);
}

#[tokio::test]
async fn the_wrong_region_is_named() {
    let european = Identity { region: "eu-west-1", ..Identity::default() };
    let message = "Credential should be scoped to a valid region, not 'eu-west-1'. ".to_owned();
    assert_eq!(refusal(&fast(), european.clone()).await, ("InvalidSignatureException".to_owned(), message));
    let store = StoreConfig { region: "eu-west-1".to_owned(), ..StoreConfig::default() };
    assert_eq!(refusal(&ServerConfig { store, ..fast() }, european).await.0, "");
    let other = Identity { service: "s3", ..Identity::default() };
    let message = "Credential should be scoped to correct service: 'dynamodb'. ".to_owned();
    assert_eq!(refusal(&fast(), other).await, ("InvalidSignatureException".to_owned(), message));
}

#[tokio::test]
async fn only_the_owner_of_the_credentials_is_let_in() {
    let config = ServerConfig { auth: Some(issued()), ..fast() };
    assert_eq!(refusal(&config, owner()).await.0, "");
    let invalid = "The security token included in the request is invalid.";
    for (stranger, kind, message) in [
        (Identity { key: "AKIDOTHER", ..owner() }, "UnrecognizedClientException", invalid),
        (Identity { token: None, ..owner() }, "UnrecognizedClientException", invalid),
        (Identity { token: Some("another"), ..owner() }, "UnrecognizedClientException", invalid),
        (Identity { secret: "guessed", ..owner() }, "InvalidSignatureException", MISMATCH),
        (
            Identity { behind: Duration::from_secs(360), ..owner() },
            "InvalidSignatureException",
            "Signature expired: ",
        ),
    ] {
        let (found, text) = refusal(&config, stranger).await;
        assert_eq!(found, kind, "{text}");
        assert!(text.starts_with(message), "{text}");
    }
    let config = ServerConfig { auth: Some(Auth { token: None, ..issued() }), ..fast() };
    assert_eq!(refusal(&config, Identity::default()).await.0, "");
    assert_eq!(refusal(&config, owner()).await.0, "UnrecognizedClientException");
}

#[tokio::test]
async fn a_signature_is_for_one_request_only() {
    let server = open(ServerConfig { auth: Some(issued()), ..fast() });
    let mut client = Client::connect(server.address()).await.with(owner());
    let request = client.signed("ListTables", r#"{"Limit":1}"#);
    assert_eq!(client.send(request.clone()).await.status, 200);
    let mut longer = request.clone();
    *longer.body_mut() = Full::from(r#"{"Limit":2}"#);
    let mut other = request.clone();
    other.headers_mut().insert("x-amz-target", "DynamoDB_20120810.DescribeLimits".parse().unwrap());
    for changed in [longer, other] {
        let (_, kind, message) = client.send(changed).await.error();
        assert_eq!(kind, "com.amazon.coral.service#InvalidSignatureException");
        assert!(message.starts_with(MISMATCH), "{message}");
    }
    let mut more = request;
    more.headers_mut().insert("x-amz-more", "unsigned".parse().unwrap());
    let (_, _, message) = client.send(more).await.error();
    assert_eq!(message, "'x-amz-more' must be a 'SignedHeader' in the AWS Authorization.");
}

#[tokio::test]
async fn a_token_expires() {
    let expired = Auth { expires: Some(Duration::ZERO), ..issued() };
    let config = ServerConfig { auth: Some(expired), ..fast() };
    let message = "The security token included in the request is expired".to_owned();
    assert_eq!(refusal(&config, owner()).await, ("ExpiredTokenException".to_owned(), message));
    let guessed = Identity { secret: "guessed", ..owner() };
    assert_eq!(refusal(&config, guessed).await.0, "InvalidSignatureException");
    for life in [Duration::from_secs(600), Duration::MAX] {
        let lasting = Auth { expires: Some(life), ..issued() };
        assert_eq!(refusal(&ServerConfig { auth: Some(lasting), ..fast() }, owner()).await.0, "");
    }
}
