//! Module `k6/crypto/x509`: certificates taken apart.

use ring::digest;
use rquickjs::{Ctx, Exception, Function, Object, Value};
use time::format_description::well_known::Rfc3339;
use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use crate::quickjs::convert::Text;
use crate::quickjs::fiber::on_thread_stack;

/// What the module exports.
pub const EXPORTS: &[&str] = &["getAltNames", "getIssuer", "getSubject", "parse"];

/// Fields of a name, by the numbers of their attributes.
const FIELDS: [(&str, &str); 8] = [
    ("commonName", "2.5.4.3"),
    ("country", "2.5.4.6"),
    ("postalCode", "2.5.4.17"),
    ("stateOrProvinceName", "2.5.4.8"),
    ("localityName", "2.5.4.7"),
    ("streetAddress", "2.5.4.9"),
    ("organizationName", "2.5.4.10"),
    ("organizationalUnitName", UNIT),
];
const UNIT: &str = "2.5.4.11";

/// Fields that only subjects have.
const OF_SUBJECTS: [&str; 3] = ["postalCode", "streetAddress", "organizationalUnitName"];

/// Signature algorithms by their numbers, under the names of k6's language.
const ALGORITHMS: [(&str, &str); 13] = [
    ("1.2.840.113549.1.1.4", "MD5-RSA"),
    ("1.2.840.113549.1.1.5", "SHA1-RSA"),
    ("1.2.840.113549.1.1.11", "SHA256-RSA"),
    ("1.2.840.113549.1.1.12", "SHA384-RSA"),
    ("1.2.840.113549.1.1.13", "SHA512-RSA"),
    ("1.2.840.113549.1.1.10", "SHA256-RSAPSS"),
    ("1.2.840.10040.4.3", "DSA-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "DSA-SHA256"),
    ("1.2.840.10045.4.1", "ECDSA-SHA1"),
    ("1.2.840.10045.4.3.2", "ECDSA-SHA256"),
    ("1.2.840.10045.4.3.3", "ECDSA-SHA384"),
    ("1.2.840.10045.4.3.4", "ECDSA-SHA512"),
    ("1.3.101.112", "Ed25519"),
];

/// Curves by their numbers, under the names of k6's language.
const CURVES: [(&str, &str); 4] = [
    ("1.3.132.0.33", "P-224"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
];

/// A certificate as scripts see it.
struct Certificate {
    subject: Vec<(String, String)>,
    issuer: Vec<(String, String)>,
    not_before: String,
    not_after: String,
    alt_names: Vec<String>,
    algorithm: String,
    fingerprint: Vec<u8>,
    key: Key,
}

/// A public key as scripts see it.
enum Key {
    Rsa { exponent: u64, modulus: Vec<u8> },
    Ecdsa { curve: String, x: Vec<u8>, y: Vec<u8> },
    Other { name: String },
}

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    let parse = |ctx: Ctx<'js>, Text(pem): Text| show(&ctx, read(&ctx, &pem)?);
    module.set("parse", Function::new(ctx.clone(), parse)?.with_name("parse")?)?;
    let names = |ctx: Ctx<'js>, Text(pem): Text| read(&ctx, &pem).map(|found| found.alt_names);
    module.set("getAltNames", Function::new(ctx.clone(), names)?.with_name("getAltNames")?)?;
    let issuer = |ctx: Ctx<'js>, Text(pem): Text| name(&ctx, &read(&ctx, &pem)?.issuer, false);
    module.set("getIssuer", Function::new(ctx.clone(), issuer)?.with_name("getIssuer")?)?;
    let subject = |ctx: Ctx<'js>, Text(pem): Text| name(&ctx, &read(&ctx, &pem)?.subject, true);
    module.set("getSubject", Function::new(ctx.clone(), subject)?.with_name("getSubject")?)?;
    Ok(module)
}

fn read(ctx: &Ctx<'_>, pem: &str) -> rquickjs::Result<Certificate> {
    on_thread_stack(|| take_apart(pem)).map_err(|text| Exception::throw_message(ctx, &text))
}

fn take_apart(pem: &str) -> Result<Certificate, String> {
    let decoded = Pem::iter_from_buffer(pem.as_bytes()).next();
    let decoded = decoded.and_then(Result::ok).filter(|pem| pem.label == "CERTIFICATE");
    let decoded = decoded.ok_or("failed to decode certificate PEM file")?;
    let (_, certificate) = X509Certificate::from_der(&decoded.contents)
        .map_err(|error| format!("failed to parse certificate: {error}"))?;
    let time = |time: x509_parser::time::ASN1Time| time.to_datetime().format(&Rfc3339).unwrap_or_default();
    let validity = certificate.validity();
    Ok(Certificate {
        subject: attributes(certificate.subject()),
        issuer: attributes(certificate.issuer()),
        not_before: time(validity.not_before),
        not_after: time(validity.not_after),
        alt_names: alt_names(&certificate),
        algorithm: named(&ALGORITHMS, &certificate.signature_algorithm.algorithm),
        fingerprint: digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &decoded.contents).as_ref().to_vec(),
        key: key(&certificate),
    })
}

fn attributes(name: &X509Name<'_>) -> Vec<(String, String)> {
    let attributes = name.iter_attributes();
    let shown = attributes.map(|attribute| {
        let value = attribute
            .as_str()
            .map_or_else(|_| String::from_utf8_lossy(attribute.as_slice()).into_owned(), str::to_owned);
        (attribute.attr_type().to_id_string(), value)
    });
    shown.collect()
}

/// Other names, in the order of k6: hosts, addresses of people, addresses of machines, addresses of pages.
fn alt_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let mut names: Vec<(u8, String)> = Vec::new();
    for name in &extension.value.general_names {
        match name {
            GeneralName::DNSName(host) => names.push((0, (*host).to_owned())),
            GeneralName::RFC822Name(mail) => names.push((1, (*mail).to_owned())),
            GeneralName::IPAddress(bytes) => {
                let v4 = <[u8; 4]>::try_from(*bytes).map(|four| std::net::Ipv4Addr::from(four).to_string());
                let v6 = <[u8; 16]>::try_from(*bytes).map(|all| std::net::Ipv6Addr::from(all).to_string());
                names.extend(v4.or(v6).ok().map(|address| (2, address)));
            }
            GeneralName::URI(page) => names.push((3, (*page).to_owned())),
            _ => {}
        }
    }
    names.sort_by_key(|(order, _)| *order);
    names.into_iter().map(|(_, name)| name).collect()
}

fn key(certificate: &X509Certificate<'_>) -> Key {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let exponent = rsa.exponent.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
            let modulus = rsa.modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
            Key::Rsa { exponent, modulus }
        }
        Ok(PublicKey::EC(point)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
            let curve = curve.map(|oid| named(&CURVES, &oid)).unwrap_or_default();
            let data = point.data();
            // An uncompressed point is a mark and two numbers of one length.
            let (x, y) = match data {
                [4, rest @ ..] => rest.split_at(rest.len() / 2),
                _ => (data, &[][..]),
            };
            Key::Ecdsa { curve, x: x.to_vec(), y: y.to_vec() }
        }
        Ok(PublicKey::DSA(_)) => Key::Other { name: "DSA".to_owned() },
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            Key::Other { name: "Ed25519".to_owned() }
        }
        _ => Key::Other { name: info.algorithm.algorithm.to_id_string() },
    }
}

/// The name of a number in a table; the number itself where it is in none.
fn named(table: &[(&str, &str)], oid: &Oid<'_>) -> String {
    let number = oid.to_id_string();
    table.iter().find(|(known, _)| *known == number).map_or(number, |(_, name)| (*name).to_owned())
}

fn show<'js>(ctx: &Ctx<'js>, found: Certificate) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("subject", name(ctx, &found.subject, true)?)?;
    object.set("issuer", name(ctx, &found.issuer, false)?)?;
    object.set("notBefore", found.not_before)?;
    object.set("notAfter", found.not_after)?;
    object.set("altNames", found.alt_names)?;
    object.set("signatureAlgorithm", found.algorithm)?;
    object.set("fingerPrint", found.fingerprint)?;
    let (public, key) = (Object::new(ctx.clone())?, Object::new(ctx.clone())?);
    match found.key {
        Key::Rsa { exponent, modulus } => {
            public.set("algorithm", "RSA")?;
            key.set("e", exponent)?;
            key.set("n", modulus)?;
        }
        Key::Ecdsa { curve, x, y } => {
            public.set("algorithm", "ECDSA")?;
            key.set("curve", curve)?;
            key.set("x", x)?;
            key.set("y", y)?;
        }
        Key::Other { name } => public.set("algorithm", name)?,
    }
    public.set("key", key)?;
    object.set("publicKey", public)?;
    Ok(object)
}

fn name<'js>(
    ctx: &Ctx<'js>,
    attributes: &[(String, String)],
    of_subject: bool,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for (field, number) in FIELDS.iter().filter(|(field, _)| of_subject || !OF_SUBJECTS.contains(field)) {
        let mut values =
            attributes.iter().filter(|(found, _)| found == number).map(|(_, value)| value.clone());
        if *number == UNIT {
            object.set(*field, values.collect::<Vec<_>>())?;
        } else {
            object.set(*field, values.next().unwrap_or_default())?;
        }
    }
    let names = attributes.iter().map(|(kind, value)| -> rquickjs::Result<Value<'js>> {
        let one = Object::new(ctx.clone())?;
        one.set("type", kind.as_str())?;
        one.set("value", value.as_str())?;
        Ok(one.into_value())
    });
    object.set("names", names.collect::<rquickjs::Result<Vec<_>>>()?)?;
    Ok(object)
}
