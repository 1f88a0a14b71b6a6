//! Connecting turns an origin into a wire: rules, look-up, dial, a proxy's tunnel, and the TLS handshake.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

use crate::config::Shared;
use crate::connection::io::{Metered, Wire};
use crate::connection::trace::{Facts, Trace};
use crate::error::{ErrorCode, HttpError};
use crate::network::proxy::Proxy;
use crate::network::tls;
use crate::target::Origin;

/// A new connection.
pub(crate) struct Dialed {
    pub(crate) wire: Wire,
    pub(crate) facts: Facts,
    pub(crate) http2: bool,
}

/// Connects to where requests for `origin` go.
pub(crate) async fn connect(
    shared: &Shared,
    origin: &Origin,
    local_ip: Option<IpAddr>,
    trace: &Trace,
) -> Result<Dialed, HttpError> {
    let proxy = shared.config.proxies.find(origin);
    let (host, port) = match proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (origin.host.as_str(), origin.port),
    };
    let remote = address(shared, host, port).await?;
    trace.remote.set(Some(remote));
    let started = Instant::now();
    let dialed = timeout(shared.config.dial_timeout, dial(remote, local_ip)).await;
    trace.connecting.set(started.elapsed());
    let tcp = dialed.map_err(|_| HttpError::dial_timeout())??;
    let (mut stream, meter) = Metered::new(tcp);
    trace.attach(&meter);
    if !origin.tls {
        let facts = Facts { meter, remote, tls: None };
        return Ok(Dialed { wire: Wire::plain(stream), facts, http2: false });
    }
    if let Some(proxy) = proxy {
        tunnel(&mut stream, proxy, &origin.authority()).await?;
    }
    let started = Instant::now();
    let shaken = handshake(shared, origin, stream).await;
    trace.handshaking.set(started.elapsed());
    let stream = shaken?;
    let session = stream.get_ref().1;
    let http2 = session.alpn_protocol() == Some(b"h2");
    let facts = Facts { meter, remote, tls: tls::describe(session) };
    Ok(Dialed { wire: Wire::tls(stream), facts, http2 })
}

/// The address to dial for a host, or why it may not be dialled.
async fn address(shared: &Shared, host: &str, port: u16) -> Result<SocketAddr, HttpError> {
    let config = &shared.config;
    if config.block_hostnames.contains(host) {
        return Err(HttpError::new(ErrorCode::BLOCKED_HOSTNAME, "hostname is blocked"));
    }
    let address = match (config.hosts.find(host, port), host.parse::<IpAddr>()) {
        (Some(address), _) => address,
        (None, Ok(ip)) => SocketAddr::new(ip, port),
        (None, Err(_)) => SocketAddr::new(shared.resolver.resolve(host).await?, port),
    };
    // An IPv4 address in the form of IPv6 is the same place.
    let (ip, plain) = (address.ip(), address.ip().to_canonical());
    if config.blacklist_ips.iter().any(|network| network.contains(&ip) || network.contains(&plain)) {
        return Err(HttpError::new(ErrorCode::BLACKLISTED_IP, "ip is blacklisted"));
    }
    Ok(address)
}

async fn dial(remote: SocketAddr, local_ip: Option<IpAddr>) -> Result<TcpStream, HttpError> {
    let open = || -> std::io::Result<TcpSocket> {
        let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(ip) = local_ip.filter(|ip| ip.is_ipv4() == remote.is_ipv4()) {
            socket.bind(SocketAddr::new(ip, 0))?;
        }
        Ok(socket)
    };
    let connected = async {
        let stream = open()?.connect(remote).await?;
        stream.set_nodelay(true)?;
        let period = Duration::from_secs(30);
        let keepalive = socket2::TcpKeepalive::new().with_time(period).with_interval(period);
        socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        Ok(stream)
    };
    connected.await.map_err(|error| HttpError::from_dial(&error))
}

async fn handshake(
    shared: &Shared,
    origin: &Origin,
    stream: Metered,
) -> Result<tokio_rustls::client::TlsStream<Metered>, HttpError> {
    let config = shared.tls()?.for_host(&origin.host);
    let name = ServerName::try_from(origin.host.clone())
        .map_err(|_| HttpError::new(ErrorCode::TLS, "tls: the host's name cannot be in a certificate"))?;
    TlsConnector::from(Arc::clone(&config))
        .connect(name, stream)
        .await
        .map_err(|error| HttpError::from_io(&error, "read"))
}

/// Asks a proxy for a tunnel to `authority`.
async fn tunnel(stream: &mut Metered, proxy: &Proxy, authority: &str) -> Result<(), HttpError> {
    const MAX_HEAD: usize = 16 * 1024;
    let mut head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
    if let Some(value) = &proxy.authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.map_err(|error| HttpError::from_io(&error, "write"))?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let read = stream.read_buf(&mut answer).await.map_err(|error| HttpError::from_io(&error, "read"))?;
        if read == 0 {
            return Err(HttpError::generic("proxy: unexpected EOF"));
        }
        if answer.len() > MAX_HEAD {
            return Err(HttpError::generic("proxy: malformed HTTP response"));
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let status = text.lines().next().and_then(|line| line.split_once(' ')).map_or("", |(_, status)| status);
    let code = status.trim().get(..3).and_then(|code| http::StatusCode::from_bytes(code.as_bytes()).ok());
    match code {
        Some(code) if code.is_success() => Ok(()),
        // The standard's words: a proxy's own may differ from request to request.
        Some(code) => Err(HttpError::generic(format!("proxy: {code}"))),
        None => Err(HttpError::generic("proxy: malformed HTTP response")),
    }
}
