//! Redirects, cookies and digest authentication make further exchanges, each counted.

use std::{
    cell::RefCell,
    time::{Duration, UNIX_EPOCH},
};

use flashcrowd_http::{Auth, CookieAttributes, FetchOptions, Jar, RequestCookie};
use http::{HeaderValue, Method, header};

use crate::server::{Conn, Server, client, hops, local, request};

fn jar() -> RefCell<Jar> {
    RefCell::new(Jar::new(UNIX_EPOCH + Duration::from_secs(1_700_000_000)))
}

fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

/// Answers `/redirect/STATUS/REST` with that status and `Location: /REST`, `/loop` with itself, all else with 200.
async fn redirector() -> Server {
    Server::start(|mut conn: Conn| async move {
        while let Some(request) = conn.request().await {
            let path = path(&request);
            let answer = match path.strip_prefix("/redirect/").and_then(|rest| rest.split_once('/')) {
                Some((status, rest)) => format!(
                    "HTTP/1.1 {status} X\r\nLocation: /{rest}\r\nSet-Cookie: hop=1; Path=/\r\nContent-Length: 0\r\n\r\n"
                ),
                None if path == "/loop" => {
                    "HTTP/1.1 302 X\r\nLocation: loop\r\nContent-Length: 0\r\n\r\n".to_owned()
                }
                None if path == "/nowhere" => {
                    "HTTP/1.1 302 X\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n".to_owned()
                }
                None if path == "/none" => "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n".to_owned(),
                None => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(),
            };
            conn.send(answer).await;
        }
    })
    .await
}

#[test]
fn methods_and_bodies() {
    local(async {
        for (status, method, next, body) in [
            (301, Method::POST, "GET", ""),
            (302, Method::POST, "GET", ""),
            (303, Method::PUT, "GET", ""),
            (302, Method::HEAD, "HEAD", ""),
            (307, Method::POST, "POST", "hello"),
            (308, Method::PUT, "PUT", "hello"),
        ] {
            let server = redirector().await;
            let client = client();
            let mut first = request(&client, method.clone(), &server.url(&format!("/redirect/{status}/end")))
                .header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            if method != Method::HEAD {
                first = first.body("hello");
            } else {
                client.close_idle();
            }
            let from = first.target.url.to_string();
            if method == Method::HEAD {
                // The scripted server sends a body even to HEAD; only the request matters here.
                let _ = hops(&client, first, &jar(), &FetchOptions::default()).await;
            } else {
                let (fetched, statuses) = hops(&client, first, &jar(), &FetchOptions::default()).await;
                assert_eq!(statuses, [status, 200]);
                assert_eq!(&*fetched.request.target.url, server.url("/end"));
            }
            let seen = server.log.requests.borrow();
            assert!(seen[1].starts_with(&format!("{next} /end ")), "{}", seen[1]);
            assert!(seen[1].ends_with(&format!("\r\n\r\n{body}")));
            assert!(seen[1].contains(&format!("Referer: {from}\r\n")));
            assert!(seen[1].contains("Cookie: hop=1\r\n"));
            assert_eq!(seen[1].contains("Content-Type"), !body.is_empty());
        }
    });
}

#[test]
fn limits() {
    local(async {
        let server = redirector().await;
        let client = client();
        for (redirects, exchanges) in [(0, 1), (1, 2), (10, 11)] {
            let options = FetchOptions { redirects, ..FetchOptions::default() };
            let (fetched, statuses) =
                hops(&client, request(&client, Method::GET, &server.url("/loop")), &jar(), &options).await;
            assert_eq!(statuses, vec![302; exchanges]);
            assert!(fetched.redirect_limit_reached && fetched.exchange.error.is_none());
        }
        let (fetched, statuses) = hops(
            &client,
            request(&client, Method::GET, &server.url("/none")),
            &jar(),
            &FetchOptions::default(),
        )
        .await;
        assert_eq!((statuses, fetched.redirect_limit_reached), (vec![302], false));
        let (fetched, _) = hops(
            &client,
            request(&client, Method::GET, &server.url("/nowhere")),
            &jar(),
            &FetchOptions::default(),
        )
        .await;
        assert_eq!((fetched.exchange.status, fetched.exchange.error_code()), (0, 1020));
    });
}

#[test]
fn one_timeout_covers_all_hops() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            while conn.request().await.is_some() {
                tokio::time::sleep(Duration::from_millis(200)).await;
                conn.send("HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").await;
            }
        })
        .await;
        let client = client();
        let mut first = request(&client, Method::GET, &server.url("/"));
        first.timeout = Duration::from_millis(500);
        let (fetched, statuses) = hops(&client, first, &jar(), &FetchOptions::default()).await;
        // Two hops fit into the time, unless the machine is busy.
        assert!([&[302, 0][..], &[302, 302, 0]].contains(&&statuses[..]), "{statuses:?}");
        assert_eq!(fetched.exchange.error_code(), 1050);
    });
}

#[test]
fn cookies_of_jar_and_request() {
    local(async {
        let server = redirector().await;
        let client = client();
        let jar = jar();
        let target = client.worker().target(&server.url("/")).unwrap();
        jar.borrow_mut().set(&target, "j", "1", &CookieAttributes::default());
        let cookie = RequestCookie { name: "j".to_owned(), value: "2".to_owned(), replace: false };
        let options = FetchOptions { cookies: vec![cookie], ..FetchOptions::default() };
        hops(&client, request(&client, Method::GET, &server.url("/redirect/302/end")), &jar, &options).await;
        let seen = server.log.requests.borrow();
        assert!(seen[0].contains("Cookie: j=2; j=1\r\n"), "{}", seen[0]);
        assert!(seen[1].contains("Cookie: j=2; j=1; hop=1\r\n"), "{}", seen[1]);
        assert_eq!(jar.borrow().cookies_for(&target), [("j", "1"), ("hop", "1")]);
    });
}

#[test]
fn digest() {
    local(async {
        let server = Server::start(|mut conn: Conn| async move {
            while let Some(request) = conn.request().await {
                let challenge = r#"Digest realm="r", nonce="n", qop="auth", opaque="o""#;
                match request
                    .contains("Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/x?y\"")
                {
                    true => conn.ok("in").await,
                    false => {
                        conn.send(format!(
                            "HTTP/1.1 401 X\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n"
                        ))
                        .await
                    }
                };
            }
        })
        .await;
        let client = client();
        let url = format!("http://u:p@{}/x?y", server.addr);
        let options = FetchOptions { auth: Auth::Digest, ..FetchOptions::default() };
        let post = request(&client, Method::POST, &url)
            .body("hello")
            .header(header::COOKIE, HeaderValue::from_static("own=1"));
        let jar = jar();
        let target = client.worker().target(&url).unwrap();
        jar.borrow_mut().set(&target, "j", "1", &CookieAttributes::default());
        let (fetched, statuses) = hops(&client, post, &jar, &options).await;
        assert_eq!((statuses, &fetched.exchange.body[..]), (vec![401, 200], &b"in"[..]));
        let seen = server.log.requests.take();
        assert!(!seen[0].contains("Authorization"));
        assert!(
            seen.iter()
                .all(|request| request.contains("Cookie: own=1; j=1\r\n") && request.ends_with("hello"))
        );
        let without = FetchOptions::default();
        let (_, statuses) = hops(&client, request(&client, Method::GET, &url), &jar, &without).await;
        assert_eq!(statuses, [401]);
    });
}
