//! Connecting turns an origin into a wire: rules, look-up, dial, a proxy's tunnel, and the TLS handshake.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
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

/// What a connection is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// Requests, by whatever HTTP there is.
    Requests,
    /// A protocol that starts as HTTP/1.1 and needs the whole way to the server.
    Upgrade,
    /// Streams over HTTP/2, which go to the server itself. With TLS it may have a configuration of its own, and the
    /// name of a certificate that is not that of the origin.
    Streams { tls: Option<&'a Arc<ClientConfig>>, server_name: Option<&'a str> },
}

/// Connects to where requests for `origin` go.
pub(crate) async fn connect(
    shared: &Shared,
    origin: &Origin,
    local_ip: Option<IpAddr>,
    purpose: Purpose<'_>,
    trace: &Trace,
) -> Result<Dialed, HttpError> {
    let proxy = match purpose {
        Purpose::Streams { .. } => None,
        Purpose::Requests | Purpose::Upgrade => shared.config.proxies.find(origin),
    };
    let (host, port) = match proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (origin.host.as_str(), origin.port),
    };
    if proxy.is_some() {
        // What a proxy is asked for is under the same rules, as far as it can be known here.
        allowed(shared, &origin.host)?;
    }
    let remote = address(shared, host, port).await?;
    trace.remote.set(Some(remote));
    let started = Instant::now();
    let dialed = timeout(shared.config.dial_timeout, dial(remote, local_ip)).await;
    trace.connecting.set(started.elapsed());
    let tcp = dialed.unwrap_or_else(|_| Err(HttpError::dial_timeout()));
    let tcp = tcp.map_err(|error| if proxy.is_some() { error.of_proxy() } else { error })?;
    let (mut stream, meter) = Metered::new(tcp);
    trace.attach(&meter);
    if let Some(proxy) = proxy.filter(|_| origin.tls || matches!(purpose, Purpose::Upgrade)) {
        tunnel(&mut stream, proxy, &origin.authority()).await?;
    }
    if !origin.tls {
        let facts = Facts { meter, remote, tls: None };
        return Ok(Dialed { wire: Wire::plain(stream), facts, http2: false });
    }
    let started = Instant::now();
    let shaken = handshake(shared, origin, purpose, stream).await;
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
    unlisted(shared, address.ip())?;
    Ok(address)
}

/// Whether a host may be asked at all, by its name or the address that it is.
fn allowed(shared: &Shared, host: &str) -> Result<(), HttpError> {
    if shared.config.block_hostnames.contains(host) {
        return Err(HttpError::new(ErrorCode::BLOCKED_HOSTNAME, "hostname is blocked"));
    }
    host.parse().map_or(Ok(()), |ip| unlisted(shared, ip))
}

/// Whether an address may be dialled, in all the forms in which it is the same place.
fn unlisted(shared: &Shared, ip: IpAddr) -> Result<(), HttpError> {
    let networks = &shared.config.blacklist_ips;
    if !networks.is_empty() && forms_of(ip).any(|ip| networks.iter().any(|network| network.contains(&ip))) {
        return Err(HttpError::new(ErrorCode::BLACKLISTED_IP, "ip is blacklisted"));
    }
    Ok(())
}

/// An address in the forms of IPv4 and IPv6, and that of the machine itself for the address of none, which leads there.
fn forms_of(ip: IpAddr) -> impl Iterator<Item = IpAddr> {
    let plain = ip.to_canonical();
    let mapped = match plain {
        IpAddr::V4(ip) => IpAddr::V6(ip.to_ipv6_mapped()),
        IpAddr::V6(ip) => IpAddr::V6(ip),
    };
    let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let here = here.into_iter().filter(move |_| plain.is_unspecified());
    [ip, plain, mapped].into_iter().chain(here)
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
    purpose: Purpose<'_>,
    stream: Metered,
) -> Result<tokio_rustls::client::TlsStream<Metered>, HttpError> {
    let (config, name) = match purpose {
        Purpose::Streams { tls, server_name } => (tls, server_name),
        Purpose::Requests | Purpose::Upgrade => (None, None),
    };
    let mut config = match config {
        Some(config) => Arc::clone(config),
        None => shared.tls()?.for_host(&origin.host),
    };
    match purpose {
        Purpose::Requests => {}
        Purpose::Upgrade => Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()],
        Purpose::Streams { .. } => Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec()],
    }
    let name = ServerName::try_from(name.unwrap_or(&origin.host).to_owned())
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
