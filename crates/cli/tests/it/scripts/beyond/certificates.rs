//! `k6/crypto/x509`, with certificates of rcgen and of OpenSSL.

use rcgen::{CertificateParams, DnType, KeyPair, SanType, date_time_ymd};

use crate::run::said;

/// A certificate that `openssl req -x509 -newkey rsa:2048 -sha256` made.
const RSA: &str = include_str!("facts/rsa.pem");

fn said_of(pem: &str, body: &str) -> String {
    said(&format!(
        "import x509, {{ parse }} from 'k6/crypto/x509'; const pem = {};
         const show = (...all) => console.log(...all.map((one) => JSON.stringify(one)));
         export default function () {{ {body} }}",
        serde_json::Value::from(pem)
    ))
}

#[test]
fn a_certificate_is_taken_apart() {
    let mut params = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
    params.subject_alt_names.insert(0, SanType::IpAddress([127, 0, 0, 1].into()));
    params.subject_alt_names.push(SanType::Rfc822Name("a@shop.test".try_into().unwrap()));
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2039, 1, 2);
    for (kind, value) in [
        (DnType::CommonName, "shop.test"),
        (DnType::CountryName, "KR"),
        (DnType::OrganizationName, "Shop"),
        (DnType::OrganizationalUnitName, "Sales"),
    ] {
        params.distinguished_name.push(kind, value);
    }
    let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let found = said_of(
        &pem,
        "const { subject, issuer, publicKey, fingerPrint, ...rest } = x509.parse(pem);
         show(subject); show(issuer); show(rest);
         show(publicKey.algorithm, publicKey.key.curve, publicKey.key.x.length, fingerPrint.length);
         show(x509.getAltNames(pem).length, x509.getIssuer(pem).commonName, x509.getSubject(pem).organizationName, parse === x509.parse);",
    );
    insta::assert_snapshot!(found, @r#"
    {"commonName":"shop.test","country":"KR","postalCode":"","stateOrProvinceName":"","localityName":"","streetAddress":"","organizationName":"Shop","organizationalUnitName":["Sales"],"names":[{"type":"2.5.4.3","value":"shop.test"},{"type":"2.5.4.6","value":"KR"},{"type":"2.5.4.10","value":"Shop"},{"type":"2.5.4.11","value":"Sales"}]}
    {"commonName":"shop.test","country":"KR","stateOrProvinceName":"","localityName":"","organizationName":"Shop","names":[{"type":"2.5.4.3","value":"shop.test"},{"type":"2.5.4.6","value":"KR"},{"type":"2.5.4.10","value":"Shop"},{"type":"2.5.4.11","value":"Sales"}]}
    {"notBefore":"2019-01-01T00:00:00Z","notAfter":"2039-01-02T00:00:00Z","altNames":["shop.test","a@shop.test","127.0.0.1"],"signatureAlgorithm":"ECDSA-SHA256"}
    "ECDSA" "P-256" 32 20
    3 "shop.test" "Shop" true
    "#);
}

#[test]
fn one_of_openssl_is_read_too() {
    let found = said_of(
        RSA,
        "const { signatureAlgorithm, publicKey, altNames } = x509.parse(`text before\\n${pem}text behind`);
         show(signatureAlgorithm, altNames, publicKey.algorithm, publicKey.key.e, publicKey.key.n.length);
         for (const wrong of ['', 'bad', pem.replace('CERTIFICATE', 'KEY'), pem.replace(/[A-Z]{4}/, 'AAAA'), null])
           try { show(x509.parse(wrong)); } catch (e) { show(e.message.split(':')[0]); }",
    );
    insta::assert_snapshot!(found, @r#"
    "SHA256-RSA" ["shop.test","https://shop.test/"] "RSA" 65537 256
    "failed to decode certificate PEM file"
    "failed to decode certificate PEM file"
    "failed to decode certificate PEM file"
    "failed to decode certificate PEM file"
    "failed to decode certificate PEM file"
    "#);
}
