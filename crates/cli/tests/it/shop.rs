//! The shop serves until it is told to stop, and prints what its customers need.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::dynamodb::practice::url;
use crate::run::{Run, Signal};

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

#[test]
fn what_is_wrong_with_both_is_told_at_once() {
    let line = "shop --dynamodb 127.0.0.1:0 --dynamodb-burst 2 --dynamodb-auth key:hidden --dynamodb-token-life 1s --threads 0";
    let outcome = Run::of(line).go();
    assert_eq!(outcome.code, Some(104));
    for problem in ["threads is 0", "burst is 2", "a token life is given, and no token"] {
        assert_eq!(outcome.stderr.matches(problem).count(), 1, "{outcome:?}");
    }
    let outcome = Run::of("shop --dynamodb 127.0.0.1:0 --dynamodb-auth hidden").go();
    assert_eq!(outcome.code, Some(104));
    assert!(outcome.stderr.contains("KEY:SECRET:TOKEN") && !outcome.stderr.contains("hidden"), "{outcome:?}");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn dynamodb_is_served_beside_it() {
    let line = "shop --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 --dynamodb-auth AKID:hidden:token --dynamodb-region eu-west-1";
    let shop = Run::of(line).start();
    let text = ["shop ", "token ", "dynamodb ", "try "].map(|start| shop.out_line(start));
    let address = |line: &str| url(line).trim_start_matches("http://").to_owned();
    let (of_shop, of_dynamodb) = (address(&text[0]), address(&text[2]));
    assert!(text[2].starts_with("dynamodb  http://") && text[2].contains("region eu-west-1"), "{text:?}");
    let tried =
        format!("AWS_ENDPOINT_URL_DYNAMODB=http://{of_dynamodb} aws dynamodb list-tables --region eu-west-1");
    assert!(text[3].ends_with(&tried), "{text:?}");
    assert!(!text.concat().contains("hidden") && !text.concat().contains("AKID:"), "{text:?}");
    assert!(get(&of_shop, "/health").starts_with("HTTP/1.1 200"));
    assert!(get(&of_dynamodb, "/").ends_with("healthy: dynamodb.eu-west-1.amazonaws.com "));
    assert!(get(&of_dynamodb, "/stats").contains(r#""operations":{}"#));
    shop.signal(Signal::INT);
    assert_eq!(shop.end().code, Some(0));
    assert!(TcpStream::connect(of_dynamodb).is_err());
}

#[cfg(unix)]
#[test]
fn it_serves_until_it_is_interrupted() {
    let shop = Run::of("shop --listen 127.0.0.1:0 --latency 0 --threads 1").start();
    let token = shop.out_line("token ");
    assert!(token.starts_with("token  "), "{token}");
    let address = url(&shop.out_line("http://"));
    let answer = get(address.trim_start_matches("http://"), "/v1/products/1");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    shop.signal(Signal::INT);
    assert_eq!(shop.end().code, Some(0));
}
