//! TLS configurations are what https connections are made with: roots, versions, suites, certificates.

use std::sync::Arc;

use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedCipherSuite,
    SupportedProtocolVersion,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

use crate::error::{ErrorCode, HttpError};
use crate::exchange::TlsInfo;
use crate::network::options::{ConfigError, TlsIdentity, TlsOptions, TlsVersion};

/// A checked [`TlsOptions`]: all that can be said before the system's roots are loaded.
#[derive(Debug)]
pub(crate) struct TlsPlan {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    insecure: bool,
    roots: Vec<CertificateDer<'static>>,
    identities: Vec<Identity>,
    http2: bool,
}

#[derive(Debug)]
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    domains: Vec<String>,
}

/// The finished configurations, one for hosts in general and one for each client certificate.
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    plain: Arc<ClientConfig>,
    by_domain: Vec<(Vec<String>, Arc<ClientConfig>)>,
}

impl TlsConfigs {
    pub(crate) fn check(options: &TlsOptions, http2: bool) -> Result<TlsPlan, ConfigError> {
        let mut provider = ring::default_provider();
        restrict_suites(&mut provider, &options.cipher_suites)?;
        let roots = options.extra_roots.iter().enumerate().map(|(index, pem)| {
            CertificateDer::from_pem_slice(pem.as_bytes())
                .map_err(|error| ConfigError::Root { index, problem: error.to_string() })
        });
        Ok(TlsPlan {
            provider: Arc::new(provider),
            versions: versions(options.min_version, options.max_version)?,
            insecure: options.insecure_skip_verify,
            roots: roots.collect::<Result<_, _>>()?,
            identities: options
                .identities
                .iter()
                .enumerate()
                .map(parse_identity)
                .collect::<Result<_, _>>()?,
            http2,
        })
    }

    /// Builds the configurations; this is where the system's roots are read.
    pub(crate) fn load(plan: &TlsPlan) -> Result<Self, HttpError> {
        let roots = if plan.insecure { RootCertStore::empty() } else { load_roots(plan)? };
        let roots = Arc::new(roots);
        let by_domain = plan
            .identities
            .iter()
            .map(|identity| Ok((identity.domains.clone(), configure(plan, &roots, Some(identity))?)))
            .collect::<Result<_, HttpError>>()?;
        Ok(Self { plain: configure(plan, &roots, None)?, by_domain })
    }

    /// The configuration for a host: that of the first client certificate that is for it, else the plain one.
    pub(crate) fn for_host(&self, host: &str) -> Arc<ClientConfig> {
        let fits = |domain: &String| match domain.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
            None => domain.eq_ignore_ascii_case(host),
        };
        let found = self.by_domain.iter().find(|(domains, _)| domains.is_empty() || domains.iter().any(fits));
        Arc::clone(found.map_or(&self.plain, |(_, config)| config))
    }
}

/// A configuration apart from the others: with this client certificate, where there is one, and only these authorities,
/// where there are any.
pub(crate) fn apart(
    plan: &TlsPlan,
    identity: Option<&TlsIdentity>,
    authorities: &[String],
) -> Result<Arc<ClientConfig>, HttpError> {
    let wrong = |problem: String| HttpError::new(ErrorCode::TLS, problem);
    let identity = identity.map(|identity| parse_identity((0, identity))).transpose();
    let identity = identity.map_err(|error| wrong(error.to_string().replace("tlsAuth[0]", "tls")))?;
    let mut roots = RootCertStore::empty();
    for pem in authorities {
        let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| wrong(format!("tls: cacerts is no PEM certificate: {error}")))?;
        if roots.add_parsable_certificates(found).0 == 0 {
            return Err(wrong("tls: cacerts has no PEM certificate".to_owned()));
        }
    }
    if authorities.is_empty() && !plan.insecure {
        roots = load_roots(plan)?;
    }
    configure(plan, &Arc::new(roots), identity.as_ref())
}

/// What was agreed on, in k6's words.
pub(crate) fn describe(session: &rustls::ClientConnection) -> Option<TlsInfo> {
    let version = match session.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_2 => TlsVersion::Tls12,
        rustls::ProtocolVersion::TLSv1_3 => TlsVersion::Tls13,
        _ => return None,
    };
    let suite = session.negotiated_cipher_suite()?.suite();
    Some(TlsInfo { version: version.name(), cipher: suite_name(suite) })
}

fn configure(
    plan: &TlsPlan,
    roots: &Arc<RootCertStore>,
    identity: Option<&Identity>,
) -> Result<Arc<ClientConfig>, HttpError> {
    let wrong = |error: rustls::Error| HttpError::new(ErrorCode::TLS, format!("tls: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&plan.provider))
        .with_protocol_versions(&plan.versions)
        .map_err(wrong)?;
    let builder = if plan.insecure {
        let verifier = AnyCertificate { provider: Arc::clone(&plan.provider) };
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        builder.with_root_certificates(Arc::clone(roots))
    };
    let mut config = match identity {
        Some(identity) => {
            builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key()).map_err(wrong)?
        }
        None => builder.with_no_client_auth(),
    };
    // A visitor's first connection is a full handshake, and k6 never resumes either.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = match plan.http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    Ok(Arc::new(config))
}

fn load_roots(plan: &TlsPlan) -> Result<RootCertStore, HttpError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(plan.roots.iter().cloned());
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        return Err(HttpError::new(
            ErrorCode::TLS,
            "tls: this system has no trusted root certificates (install ca-certificates or set SSL_CERT_FILE)",
        ));
    }
    Ok(roots)
}

fn parse_identity((index, identity): (usize, &TlsIdentity)) -> Result<Identity, ConfigError> {
    let wrong = |problem: String| ConfigError::Identity { index, problem };
    let chain = CertificateDer::pem_slice_iter(identity.cert.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(format!("cert is no PEM certificate: {error}")))?;
    if chain.is_empty() {
        return Err(wrong("cert has no PEM certificate".to_owned()));
    }
    if identity.key.contains("ENCRYPTED") {
        return Err(wrong("key is encrypted; decrypt it first (openssl pkey -in KEY -out PLAIN)".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes())
        .map_err(|error| wrong(format!("key is no PEM private key: {error}")))?;
    ring::sign::any_supported_type(&key).map_err(|error| wrong(format!("key cannot be used: {error}")))?;
    Ok(Identity { chain, key, domains: identity.domains.clone() })
}

fn versions(
    min: Option<TlsVersion>,
    max: Option<TlsVersion>,
) -> Result<Vec<&'static SupportedProtocolVersion>, ConfigError> {
    let (min, max) = (min.unwrap_or(TlsVersion::Tls10), max.unwrap_or(TlsVersion::Tls13));
    if min > max {
        return Err(ConfigError::TlsVersionRange { min, max });
    }
    if max < TlsVersion::Tls12 {
        return Err(ConfigError::TlsVersion { version: max });
    }
    let mut versions = Vec::new();
    if max == TlsVersion::Tls13 {
        versions.push(&rustls::version::TLS13);
    }
    if min <= TlsVersion::Tls12 {
        versions.push(&rustls::version::TLS12);
    }
    Ok(versions)
}

fn restrict_suites(provider: &mut CryptoProvider, names: &[String]) -> Result<(), ConfigError> {
    if names.is_empty() {
        return Ok(());
    }
    // Go spells the two ChaCha suites with and without their hash.
    let same = |name: &str, suite: &str| suite == name || suite.strip_suffix("_SHA256") == Some(name);
    let wanted =
        |suite: &SupportedCipherSuite| names.iter().any(|name| same(name.trim(), suite_name(suite.suite())));
    if !provider.cipher_suites.iter().any(wanted) {
        return Err(ConfigError::CipherSuites { names: names.join(", ") });
    }
    provider.cipher_suites.retain(|suite| suite.tls13().is_some() || wanted(suite));
    Ok(())
}

fn suite_name(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        other => other.as_str().unwrap_or("unknown"),
    }
}

/// Believes any certificate, for `insecureSkipTLSVerify`; signatures of the handshake are still checked.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
