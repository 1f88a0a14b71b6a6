//! The shop serves until it is told to stop, and prints what its customers need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::run::Run;

#[test]
fn a_token_alone_is_printed_for_scripts() {
    let outcome = Run::of("shop --print-token").go();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert_eq!((outcome.stdout.lines().count(), outcome.stdout.matches('.').count()), (1, 2), "{outcome:?}");
}

#[test]
fn wrong_settings_are_named() {
    let outcome = Run::of("shop --error-rate 2 --threads 0").go();
    assert_eq!(outcome.code, Some(104));
    assert!(
        outcome.stderr.contains("error_rate is 2") && outcome.stderr.contains("threads is 0"),
        "{outcome:?}"
    );
}

#[cfg(unix)]
#[test]
fn it_serves_until_it_is_interrupted() {
    let mut shop = Run::of("shop --listen 127.0.0.1:0 --latency 0 --threads 1").start();
    let mut lines = BufReader::new(shop.child.stdout.take().unwrap()).lines();
    let (first, second) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
    let address = first.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(second.starts_with("token  "), "{second}");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /v1/products/1 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    shop.signal("INT");
    assert_eq!(shop.end().code, Some(0));
}
