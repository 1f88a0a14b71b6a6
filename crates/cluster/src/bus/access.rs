//! What opens a NATS server to a process: credentials, and the certificate authority of its TLS.

use std::path::PathBuf;

use async_nats::ConnectOptions;

/// What the JWT of a credentials file begins with.
const JWT: &str = "-----BEGIN NATS USER JWT-----";
/// What the seed of a user's nkey begins with.
const SEED: &str = "SU";

/// What opens a NATS server.
#[derive(Clone, Debug, Default)]
pub struct NatsAccess {
    /// A file with a JWT and the seed of an nkey, or with a seed alone.
    pub credentials: Option<PathBuf>,
    /// A file with certificates in PEM, which the server's is to be signed with, besides those of the system.
    pub ca: Option<PathBuf>,
}

impl NatsAccess {
    /// The options of a connection. What is in the files is in no error.
    pub(super) fn options(&self) -> Result<ConnectOptions, String> {
        let options = match &self.credentials {
            None => ConnectOptions::new(),
            Some(path) => {
                let wrong = |why: &str| format!("{}: {why}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
                credentials(&text).ok_or_else(|| {
                    wrong("there is no JWT with an nkey in it, and no seed of a user's nkey")
                })?
            }
        };
        Ok(match &self.ca {
            // Trust in one authority is not to be given away by a server that asks for no TLS.
            Some(ca) => options.add_root_certificates(ca.clone()).require_tls(true),
            None => options,
        })
    }
}

fn credentials(text: &str) -> Option<ConnectOptions> {
    if text.contains(JWT) {
        return ConnectOptions::with_credentials(text).ok();
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let seed = lines.find(|line| line.starts_with(SEED))?;
    Some(ConnectOptions::with_nkey(seed.to_owned()))
}
