//! Https with good, unknown, wrong and client certificates, over HTTP/1 and HTTP/2.

use std::{cell::Cell, convert::Infallible, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use flashcrowd_http::{ClientConfig, ConfigError, HostOverrides, TlsIdentity, TlsOptions, TlsVersion};
use futures_util::future::join_all;
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{net::TcpListener, task::spawn_local};
use tokio_rustls::TlsAcceptor;

use crate::server::{Conn, Server, assert_error, client, client_with, get, local, request};

/// A certificate authority and a certificate it signed.
pub struct Identity {
    pub root: String,
    pub cert: String,
    pub key: String,
}

impl Identity {
    pub fn new(names: &[&str]) -> Self {
        Self::valid(names, 1975, 4096)
    }

    /// With a certificate that is valid between two years.
    pub fn valid(names: &[&str], from: i32, to: i32) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let cert = params.signed_by(&key, &issuer).unwrap();
        Self { root: issuer.pem(), cert: cert.pem(), key: key.serialize_pem() }
    }

    /// An authority that shows its own certificate, as `openssl req -x509` makes it.
    pub fn self_signed(name: &str) -> Self {
        let mut authority = CertificateParams::new(vec![name.to_owned()]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let cert = authority.self_signed(&key).unwrap().pem();
        Self { root: cert.clone(), cert, key: key.serialize_pem() }
    }

    /// A client configuration that trusts this authority.
    pub fn trusting(&self) -> ClientConfig {
        let tls = TlsOptions { extra_roots: vec![self.root.clone()], ..TlsOptions::default() };
        ClientConfig { tls, ..ClientConfig::default() }
    }

    pub fn trusting_at(&self, name: &str, addr: SocketAddr) -> ClientConfig {
        let mut hosts = HostOverrides::default();
        hosts.insert(name, &addr.to_string()).unwrap();
        ClientConfig { hosts, ..self.trusting() }
    }
}

/// How a server differs from the plainest one.
#[derive(Clone, Default)]
pub struct Options {
    pub http2: bool,
    pub client_root: Option<String>,
    pub tls12: bool,
    pub connections: Rc<Cell<usize>>,
}

/// Starts an https server that answers everything with a greeting.
pub async fn serve(identity: &Identity, options: Options) -> SocketAddr {
    let chain = vec![CertificateDer::from_pem_slice(identity.cert.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = if options.tls12 { vec![&rustls::version::TLS12] } else { vec![&rustls::version::TLS13] };
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&versions).unwrap();
    let builder = match &options.client_root {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let mut config = builder.with_single_cert(chain, key).unwrap();
    if options.http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            options.connections.set(options.connections.get() + 1);
            let (acceptor, http2) = (acceptor.clone(), options.http2);
            spawn_local(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper::service::service_fn(greet);
                let _ = match http2 {
                    true => {
                        let server = hyper::server::conn::http2::Builder::new(Local);
                        server.serve_connection(TokioIo::new(stream), service).await
                    }
                    false => {
                        let server = hyper::server::conn::http1::Builder::new();
                        server.serve_connection(TokioIo::new(stream), service).await
                    }
                };
            });
        }
    });
    addr
}

async fn greet(
    request: http::Request<hyper::body::Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/slow" {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let echo = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = if echo.is_empty() { Bytes::from_static(b"hello over tls") } else { echo };
    Ok(http::Response::builder().header("x-authority", host).body(Full::new(body)).unwrap())
}

#[derive(Clone, Copy)]
struct Local;

impl<F: Future + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        spawn_local(async move {
            future.await;
        });
    }
}

#[test]
fn a_trusted_server() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        for (tls12, version, cipher) in [
            (false, "tls1.3", "TLS_AES_256_GCM_SHA384"),
            (true, "tls1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ] {
            let addr = serve(&identity, Options { tls12, ..Options::default() }).await;
            let client = client_with(identity.trusting_at("shop.invalid", addr));
            let first = get(&client, "https://shop.invalid/").await;
            assert_eq!((first.error.clone(), &first.body[..]), (None, &b"hello over tls"[..]));
            let tls = first.tls.unwrap();
            assert_eq!((tls.version, tls.cipher), (version, cipher));
            assert!(first.timings.tls_handshaking > Duration::ZERO);
            assert!(first.timings.blocked >= first.timings.tls_handshaking + first.timings.connecting);
            let second = get(&client, "https://shop.invalid/").await;
            assert!(second.delivery.reused && second.timings.tls_handshaking.is_zero());
            assert!(second.bytes_received < first.bytes_received);
            client.park();
            assert!(get(&client, "https://shop.invalid/").await.delivery.reused);
        }
    });
}

#[test]
fn certificates_that_do_not_fit() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        let addr = serve(&identity, Options::default()).await;
        let other = Identity::new(&["shop.invalid"]);
        let unknown = client_with(other.trusting_at("shop.invalid", addr));
        assert_error(&get(&unknown, "https://shop.invalid/").await, 1310, "x509: unknown authority");
        let own = Identity::self_signed("shop.invalid");
        let addr_of_own = serve(&own, Options::default()).await;
        let unknown = client_with(other.trusting_at("shop.invalid", addr_of_own));
        assert_error(&get(&unknown, "https://shop.invalid/").await, 1310, "x509: unknown authority");
        let wrong = client_with(identity.trusting_at("other.invalid", addr));
        let exchange = get(&wrong, "https://other.invalid/").await;
        assert_error(&exchange, 1311, "x509: certificate doesn't match hostname");
        let mut config = other.trusting_at("other.invalid", addr);
        config.tls.insecure_skip_verify = true;
        let careless = client_with(config);
        for url in ["https://other.invalid/".to_owned(), format!("https://{addr}/")] {
            assert_eq!(get(&careless, &url).await.status, 200);
        }
    });
}

#[test]
fn what_is_no_tls() {
    local(async {
        let check = async |server: Server, code: u16, message: &str| {
            let client = client_with(Identity::new(&["x"]).trusting());
            let exchange = get(&client, &format!("https://{}/", server.addr)).await;
            assert_error(&exchange, code, message);
        };
        let plain = |answer: &'static str| {
            Server::start(move |mut conn: Conn| async move {
                let _ = tokio::io::AsyncReadExt::read(&mut conn.stream, &mut [0; 4096]).await;
                conn.send(answer).await;
            })
        };
        let header = "tls: first record does not look like a TLS handshake";
        check(plain("HTTP/1.1 400 Bad Request\r\n\r\nthis is no TLS").await, 1301, header).await;
        check(plain("").await, 1000, "unexpected EOF").await;
        let reset = Server::start(|mut conn: Conn| async move {
            let _ = tokio::io::AsyncReadExt::read(&mut conn.stream, &mut [0; 8]).await;
            conn.reset();
        });
        check(reset.await, 1220, "read: connection reset by peer").await;
        // A server that refuses our versions says so with an alert.
        check(plain("\x15\x03\x01\x00\x02\x02\x28").await, 1300, "remote error: tls: HandshakeFailure").await;
    });
}

#[test]
fn client_certificates() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        let ours = Identity::new(&["client"]);
        let options = Options { client_root: Some(ours.root.clone()), tls12: true, ..Options::default() };
        let addr = serve(&identity, options).await;
        let without = client_with(identity.trusting_at("shop.invalid", addr));
        assert_eq!(get(&without, "https://shop.invalid/").await.error_code(), 1300);
        for (domain, works) in [("shop.invalid", true), ("*.invalid", true), ("other.invalid", false)] {
            let mut config = identity.trusting_at("shop.invalid", addr);
            let domains = vec![domain.to_owned()];
            config.tls.identities =
                vec![TlsIdentity { cert: ours.cert.clone(), key: ours.key.clone(), domains }];
            assert_eq!(
                get(&client_with(config), "https://shop.invalid/").await.error.is_none(),
                works,
                "{domain}"
            );
        }
    });
}

#[test]
fn http2_shares_one_connection() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        let options = Options { http2: true, ..Options::default() };
        let connections = Rc::clone(&options.connections);
        let addr = serve(&identity, options).await;
        let client = client_with(identity.trusting_at("shop.invalid", addr));
        let first = get(&client, "https://shop.invalid/").await;
        assert_eq!(
            (first.error.clone(), first.proto(), &first.body[..]),
            (None, "HTTP/2.0", &b"hello over tls"[..])
        );
        assert_eq!(first.headers["x-authority"], "shop.invalid");
        let started = tokio::time::Instant::now();
        let slow = join_all((0..10).map(|_| get(&client, "https://shop.invalid/slow"))).await;
        assert!(started.elapsed() < Duration::from_millis(1500));
        for exchange in &slow {
            assert!(exchange.status == 200 && exchange.delivery.reused);
            assert!(exchange.timings.waiting >= Duration::from_millis(190), "{:?}", exchange.timings);
        }
        assert_eq!(connections.get(), 1);
        let upload = request(&client, Method::POST, "https://shop.invalid/").body(vec![b'x'; 3 << 20]);
        let exchange = client.send(&upload).await;
        assert_eq!((exchange.error, exchange.body.len()), (None, 3 << 20));
        client.close_idle();
        assert!(!get(&client, "https://shop.invalid/").await.delivery.reused);
        assert_eq!(connections.get(), 2);
    });
}

#[test]
fn http2_may_be_switched_off() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        let addr = serve(&identity, Options { http2: true, ..Options::default() }).await;
        let config = ClientConfig { http2: false, ..identity.trusting_at("shop.invalid", addr) };
        let exchange = get(&client_with(config), "https://shop.invalid/").await;
        assert_eq!(exchange.error_code(), 1300, "{:?}", exchange.error);
    });
}

/// A server that speaks just enough HTTP/2 to answer each request of a connection with the next of its frames.
async fn http2_script(
    identity: &Identity,
    frames: &'static [&'static [u8]],
) -> (SocketAddr, Rc<Cell<usize>>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    let acceptor = acceptor(identity, b"h2");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = Rc::new(Cell::new(0));
    let counted = Rc::clone(&connections);
    spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.set(counted.get() + 1);
            let acceptor = acceptor.clone();
            spawn_local(async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
                stream.write_all(&settings).await.unwrap();
                stream.read_exact(&mut [0; PREFACE]).await.unwrap();
                let mut left = frames.iter();
                let mut head = [0; 9];
                while stream.read_exact(&mut head).await.is_ok() {
                    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                    stream.read_exact(&mut vec![0; length]).await.unwrap();
                    if head[3] == HEADERS
                        && let Some(frame) = left.next()
                    {
                        stream.write_all(frame).await.unwrap();
                        stream.flush().await.unwrap();
                    }
                }
            });
        }
    });
    (addr, connections)
}

fn acceptor(identity: &Identity, protocol: &[u8]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(identity.cert.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// `HEADERS` with END_STREAM and END_HEADERS for stream 1: `:status: 200`.
const OK_1: &[u8] = &[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88];

#[test]
fn http2_errors_have_codes() {
    local(async {
        let check = async |frames: &'static [&'static [u8]], code: u16, message: &str| {
            let identity = Identity::new(&["shop.invalid"]);
            let (addr, connections) = http2_script(&identity, frames).await;
            let client = client_with(identity.trusting_at("shop.invalid", addr));
            assert_error(&get(&client, "https://shop.invalid/").await, code, message);
            assert_eq!(connections.get(), 1);
        };
        // GOAWAY, last stream 0, ENHANCE_YOUR_CALM (11).
        let goaway: &[&[u8]] = &[&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]];
        check(goaway, 1622, "http2: received GoAway with http2 ErrCode ENHANCE_YOUR_CALM").await;
        // RST_STREAM of stream 1, INTERNAL_ERROR (2), then REFUSED_STREAM (7).
        let reset: &[&[u8]] = &[&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 2]];
        check(reset, 1633, "http2: stream error with http2 ErrCode INTERNAL_ERROR").await;
        let refused: &[&[u8]] = &[&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7]];
        check(refused, 1638, "http2: stream error with http2 ErrCode REFUSED_STREAM").await;
        // A DATA frame of stream 0 is a connection error that we find: PROTOCOL_ERROR (1).
        let wrong: &[&[u8]] = &[&[0, 0, 1, 0, 0, 0, 0, 0, 0, 9]];
        check(wrong, 1652, "http2: connection error with http2 ErrCode PROTOCOL_ERROR").await;
    });
}

#[test]
fn a_refused_stream_of_a_kept_connection_goes_over_a_fresh_one() {
    local(async {
        let identity = Identity::new(&["shop.invalid"]);
        // The second request of a connection, stream 3, is refused.
        let frames: &[&[u8]] = &[OK_1, &[0, 0, 4, 3, 0, 0, 0, 0, 3, 0, 0, 0, 7]];
        let (addr, connections) = http2_script(&identity, frames).await;
        let client = client_with(identity.trusting_at("shop.invalid", addr));
        for round in 1..=3 {
            let exchange = get(&client, "https://shop.invalid/").await;
            assert_eq!((exchange.error, exchange.status, exchange.delivery.reused), (None, 200, false));
            assert_eq!(connections.get(), round);
        }
    });
}

#[test]
fn configurations_that_cannot_be() {
    let check = |tls: TlsOptions| ClientConfig { tls, ..ClientConfig::default() }.build().err();
    let versions = |min, max| TlsOptions { min_version: min, max_version: max, ..TlsOptions::default() };
    use TlsVersion::{Tls10, Tls11, Tls12, Tls13};
    let unsupported = check(versions(Some(Tls10), Some(Tls11)));
    assert_eq!(unsupported, Some(ConfigError::TlsVersion { version: Tls11 }));
    assert!(unsupported.unwrap().to_string().starts_with("tlsVersion tls1.1 is not supported"));
    let upside_down = check(versions(Some(Tls13), Some(Tls12)));
    assert_eq!(upside_down, Some(ConfigError::TlsVersionRange { min: Tls13, max: Tls12 }));
    assert_eq!(check(versions(Some(Tls10), Some(Tls12))), None);
    let suites = |names: &[&str]| TlsOptions {
        cipher_suites: names.iter().map(|&name| name.to_owned()).collect(),
        ..TlsOptions::default()
    };
    assert_eq!(check(suites(&["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_RSA_WITH_RC4_128_SHA"])), None);
    assert!(matches!(check(suites(&["TLS_RSA_WITH_RC4_128_SHA"])), Some(ConfigError::CipherSuites { .. })));
    let identity = TlsIdentity { cert: "no".to_owned(), key: "no".to_owned(), domains: Vec::new() };
    let identities = TlsOptions { identities: vec![identity], ..TlsOptions::default() };
    assert!(matches!(check(identities), Some(ConfigError::Identity { index: 0, .. })));
    assert_eq!(TlsVersion::from_name("tls1.2"), Some(Tls12));
    assert_eq!(client().worker().shared().config().max_idle, 20);
}
