//! TLS and connections of Locust files: who trusts whom, what is said of it, and how many connections users have.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::Python;
use crate::target::{Target, answer};

/// A certificate that nobody has signed, and its key, as texts.
struct Identity {
    cert: String,
    key: String,
}

impl Identity {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        Self { cert, key: key.serialize_pem() }
    }

    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.cert.as_bytes()).unwrap()
    }
}

/// A server that says who it was asked for, and whether the client has shown a certificate that it trusts.
fn secure(own: &Identity, client: &Identity) -> Target {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(client.der()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let config = builder.with_client_cert_verifier(verifier).with_single_cert(vec![own.der()], key).unwrap();
    let config = Arc::new(config);
    Target::raw(move |stream| serve(stream, &config))
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>) {
    let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while let Ok(1) = stream.read(&mut byte) {
        head.push(byte[0]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let said = format!(
            "sni {} client {}",
            stream.conn.server_name().unwrap_or("none"),
            stream.conn.peer_certificates().is_some()
        );
        let closes = head.windows(6).any(|part| part == b"/close");
        let headers: &[(&str, &str)] = if closes { &[("Connection", "close")] } else { &[] };
        if stream.write_all(&answer(200, headers, said)).is_err() || closes {
            stream.conn.send_close_notify();
            let _ = stream.flush();
            return;
        }
        head.clear();
    }
}

#[test]
fn certificates_are_looked_at_as_the_file_says() {
    let Some(python) = Python::get() else { return };
    let (own, client) = (Identity::new("localhost"), Identity::new("client"));
    let target = secure(&own, &client);
    let port = target.address().rsplit_once(':').unwrap().1.to_owned();
    let file = r#"
from locust import FastHttpUser, HttpUser, task
from locust.exception import StopUser
def said(name, response):
    print(name, response.status_code, response.text, type(getattr(response, "error", None)).__name__)
class Careful(HttpUser):
    @task
    def all(self):
        c = self.client
        said("plain", c.get("/", name="plain"))
        said("off", c.get("/", name="off", verify=False))
        said("path", c.get("/", name="path", verify="own.pem"))
        said("wrong", c.get("/", name="wrong", verify="client.pem"))
        said("pair", c.get("/", name="pair", verify="own.pem", cert=("client.pem", "client.key")))
        said("one file", c.get("/", name="one file", verify="own.pem", cert="both.pem"))
        said("other name", c.get(self.host.replace("localhost", "127.0.0.1") + "/", name="other name", verify="own.pem"))
        c.verify, c.cert = False, ("client.pem", "client.key")
        said("session", c.get("/", name="session"))
        said("once", c.get("/", name="once", verify="client.pem"))
        raise StopUser()
class Fast(FastHttpUser):
    @task
    def all(self):
        said("fast", self.client.get("/", name="fast"))
        raise StopUser()
class Strict(FastHttpUser):
    insecure = False
    @task
    def all(self):
        said("strict", self.client.get("/", name="strict"))
        raise StopUser()
"#;
    let run = python.run(file, &format!("-u 3 -r 3 -t 8s --csv out --host https://localhost:{port}"));
    let run = run.file("own.pem", &own.cert).file("client.pem", &client.cert).file("client.key", &client.key);
    let outcome = run.file("both.pem", format!("{}{}", client.cert, client.key)).go();
    for line in [
        "plain 0  SSLError",
        "off 200 sni localhost client false NoneType",
        "path 200 sni localhost client false NoneType",
        "wrong 0  SSLError",
        "pair 200 sni localhost client true NoneType",
        "one file 200 sni localhost client true NoneType",
        "other name 0  SSLError",
        "session 200 sni localhost client true NoneType",
        "once 0  SSLError",
        "fast 200 sni localhost client false NoneType",
        "strict 0 None SSLError",
    ] {
        assert!(outcome.stdout.contains(line), "{line}: {outcome:?}");
    }
    let failures = outcome.read("out_failures.csv");
    let of =
        |name: &str| failures.lines().find(|line| line.contains(&format!(",{name},"))).unwrap_or_default();
    assert!(of("plain").contains("CERTIFICATE_VERIFY_FAILED"), "{failures}");
    assert!(of("other name").contains("Hostname mismatch, certificate is not valid for"), "{failures}");
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn users_have_a_connection_each_and_close_it_when_they_are_told_to() {
    let Some(python) = Python::get() else { return };
    let (own, client) = (Identity::new("localhost"), Identity::new("client"));
    for (path, expected) in [("/", 3), ("/close", 15)] {
        for kind in ["HttpUser", "FastHttpUser"] {
            let target = secure(&own, &client);
            let port = target.address().rsplit_once(':').unwrap().1.to_owned();
            let verify = if kind == "HttpUser" { ", verify=False" } else { "" };
            let file = format!(
                "from locust import FastHttpUser, HttpUser, task\nfrom locust.exception import StopUser\n\
                 class U({kind}):\n    @task\n    def all(self):\n        for _ in range(5): self.client.get('{path}'{verify})\n        raise StopUser()\n"
            );
            let line = format!("-u 3 -r 3 -t 4s --csv out --host https://localhost:{port}");
            let outcome = python.run(&file, &line).go();
            assert!(outcome.read("out_stats.csv").contains(",Aggregated,15,0,"), "{outcome:?}");
            assert_eq!(target.connections(), expected, "{path} {kind}");
        }
    }
}
