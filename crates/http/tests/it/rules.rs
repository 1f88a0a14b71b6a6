//! Host rules, look-ups and proxies decide where a connection goes, if it may go at all.

use std::{cell::RefCell, rc::Rc};

use flashcrowd_http::{BlockedHostnames, ClientConfig, DnsOptions, DnsTtl, HostOverrides, Proxies};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    server::{Conn, Server, assert_error, client, client_with, get, local},
    tls,
};

#[test]
fn hosts_go_elsewhere_but_keep_their_name() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut hosts = HostOverrides::default();
        hosts.insert("shop.invalid", &server.addr.to_string()).unwrap();
        hosts.insert("*.eu.invalid:81", &server.addr.to_string()).unwrap();
        let client = client_with(ClientConfig { hosts, ..ClientConfig::default() });
        for url in ["http://shop.invalid/", "http://a.eu.invalid:81/"] {
            let exchange = get(&client, url).await;
            assert_eq!((exchange.status, exchange.remote), (200, Some(server.addr)));
        }
        let seen = server.log.requests.borrow();
        assert!(seen[0].contains("Host: shop.invalid\r\n") && seen[1].contains("Host: a.eu.invalid:81\r\n"));
    });
}

#[test]
fn what_may_not_be_asked() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut block_hostnames = BlockedHostnames::default();
        block_hostnames.insert("*.blocked.invalid").unwrap();
        let blacklist_ips = vec!["127.0.0.0/8".parse().unwrap()];
        let client = client_with(ClientConfig { block_hostnames, blacklist_ips, ..ClientConfig::default() });
        assert_error(&get(&client, "http://x.blocked.invalid/").await, 1111, "hostname is blocked");
        assert_error(&get(&client, &server.url("/")).await, 1110, "ip is blacklisted");
        assert_error(&get(&client, "http://localhost:1/").await, 1110, "ip is blacklisted");
        let mapped = format!("http://[::ffff:127.0.0.1]:{}/", server.addr.port());
        assert_error(&get(&client, &mapped).await, 1110, "ip is blacklisted");
        let mut hosts = HostOverrides::default();
        hosts.insert("shop.invalid", "[::ffff:127.0.0.1]:80").unwrap();
        let blacklist_ips = vec!["127.0.0.0/8".parse().unwrap()];
        let client = client_with(ClientConfig { hosts, blacklist_ips, ..ClientConfig::default() });
        assert_error(&get(&client, "http://shop.invalid/").await, 1110, "ip is blacklisted");
        // The address of none leads to this machine, and a network may be written as mapped, too.
        for (network, url) in [
            ("127.0.0.0/8", "http://0.0.0.0:{port}/"),
            ("127.0.0.0/8", "http://[::ffff:0.0.0.0]:{port}/"),
            ("::1/128", "http://[::]:{port}/"),
            ("::ffff:127.0.0.0/104", "http://127.0.0.1:{port}/"),
        ] {
            let blacklist_ips = vec![network.parse().unwrap()];
            let client = client_with(ClientConfig { blacklist_ips, ..ClientConfig::default() });
            let url = url.replace("{port}", &server.addr.port().to_string());
            assert_error(&get(&client, &url).await, 1110, "ip is blacklisted");
        }
        assert_eq!(server.log.connections.get(), 0);
    });
}

#[test]
fn a_proxy_is_not_asked_for_what_may_not_be_asked() {
    local(async {
        let proxy = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy").await;
        let mut block_hostnames = BlockedHostnames::default();
        block_hostnames.insert("blocked.invalid").unwrap();
        let blacklist_ips = vec!["10.0.0.0/8".parse().unwrap()];
        let proxies = through(&proxy.addr.to_string());
        let config = ClientConfig { block_hostnames, blacklist_ips, proxies, ..ClientConfig::default() };
        let client = client_with(config);
        assert_error(&get(&client, "http://blocked.invalid/").await, 1111, "hostname is blocked");
        assert_error(&get(&client, "http://[::ffff:10.1.2.3]/").await, 1110, "ip is blacklisted");
        assert_eq!(get(&client, "http://shop.invalid/").await.status, 200);
        assert_eq!(proxy.log.requests.borrow().len(), 1);
    });
}

#[test]
fn names_nobody_knows() {
    local(async {
        for ttl in [DnsTtl::Zero, DnsTtl::Forever] {
            let config =
                ClientConfig { dns: DnsOptions { ttl, ..DnsOptions::default() }, ..ClientConfig::default() };
            let exchange = get(&client_with(config), "http://nobody.invalid/").await;
            let error = exchange.error.unwrap();
            // Without a network the resolver cannot say that there is no such host.
            match error.code {
                1101 => assert_eq!(error.message, "lookup: no such host"),
                code => assert!(code == 1100 && error.message.starts_with("lookup: "), "{error:?}"),
            }
            assert_eq!(exchange.remote, None);
        }
    });
}

#[test]
fn localhost_is_looked_up() {
    local(async {
        let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let client = client();
        let url = format!("http://localhost:{}/", server.addr.port());
        assert_eq!(get(&client, &url).await.status, 200);
        client.close_idle();
        assert_eq!(get(&client, &url).await.status, 200);
    });
}

#[test]
fn local_ips_are_dealt_out() {
    local(async {
        let peers = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&peers);
        let server = Server::start(move |mut conn: Conn| {
            seen.borrow_mut().push(conn.stream.peer_addr().unwrap().ip().to_string());
            async move {
                conn.request().await;
                conn.ok("").await;
            }
        })
        .await;
        let local_ips = vec!["127.0.0.2".parse().unwrap(), "127.0.0.3".parse().unwrap()];
        let worker =
            flashcrowd_http::WorkerClient::build(ClientConfig { local_ips, ..ClientConfig::default() })
                .unwrap();
        for vu in 1..=3 {
            let client = flashcrowd_http::Client::new(Rc::clone(&worker), vu);
            assert_eq!(get(&client, &server.url("/")).await.status, 200);
        }
        assert_eq!(*peers.borrow(), ["127.0.0.2", "127.0.0.3", "127.0.0.2"]);
    });
}

fn through(address: &str) -> Proxies {
    Proxies::from_vars(|name| match name {
        "http_proxy" | "HTTPS_PROXY" => Some(format!("http://u:p@{address}")),
        "NO_PROXY" => Some("direct.invalid".to_owned()),
        _ => None,
    })
    .unwrap()
}

#[test]
fn a_plain_proxy_gets_the_whole_url() {
    local(async {
        let proxy = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy").await;
        let proxies = through(&proxy.addr.to_string());
        let client =
            client_with(ClientConfig { proxies, user_agent: String::new(), ..ClientConfig::default() });
        for _ in 0..2 {
            assert_eq!(&get(&client, "http://shop.invalid:81/a?b").await.body[..], b"proxy");
        }
        assert_eq!(proxy.log.connections.get(), 1);
        let expected = "GET http://shop.invalid:81/a?b HTTP/1.1\r\nHost: shop.invalid:81\r\nProxy-Authorization: Basic dTpw\r\n\r\n";
        assert_eq!(proxy.log.requests.borrow()[0], expected);
        let direct = get(&client, "http://direct.invalid/").await;
        assert!(matches!(direct.error_code(), 1100 | 1101));
    });
}

#[test]
fn https_goes_through_a_tunnel() {
    local(async {
        let identity = tls::Identity::new(&["shop.invalid"]);
        let target = tls::serve(&identity, tls::Options::default()).await;
        let proxy = Server::start(move |mut conn: Conn| async move {
            conn.request().await;
            conn.send("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await;
            let mut upstream = tokio::net::TcpStream::connect(target).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut conn.stream, &mut upstream).await;
        })
        .await;
        let config = ClientConfig { proxies: through(&proxy.addr.to_string()), ..identity.trusting() };
        let exchange = get(&client_with(config), "https://shop.invalid/").await;
        assert_eq!((exchange.error, &exchange.body[..]), (None, &b"hello over tls"[..]));
        let expected = "CONNECT shop.invalid:443 HTTP/1.1\r\nHost: shop.invalid:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n";
        assert_eq!(proxy.log.requests.borrow()[0], expected);
        assert!(exchange.bytes_received > 500);
    });
}

#[test]
fn a_tunnel_may_be_refused() {
    local(async {
        let proxy = Server::closing_after("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        let config = ClientConfig {
            proxies: through(&proxy.addr.to_string()),
            ..tls::Identity::new(&["x"]).trusting()
        };
        let exchange = get(&client_with(config), "https://shop.invalid/").await;
        assert_error(&exchange, 1000, "proxy: 407 Proxy Authentication Required");
    });
}

#[test]
fn an_origin_on_ipv6() {
    local(async {
        let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
        let addr = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        });
        let exchange = get(&client(), &format!("http://{addr}/")).await;
        assert_eq!((exchange.status, exchange.remote), (200, Some(addr)));
    });
}
