//! What a hostile server does once it has read the head of a request, by the name of the mode.

use std::io::Write as _;
use std::net::Shutdown;
use std::sync::LazyLock;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::visit::Visit;

/// A mode: nothing where the connection is over, so that it is closed.
type Mode = fn(&mut Visit<'_>) -> Option<()>;

/// All modes of HTTP/1.
pub const MODES: [(&str, Mode); 22] = [
    ("fine", fine),
    ("silence", silence),
    ("close", close),
    ("half", half),
    ("reset", reset),
    ("trickle", trickle),
    ("endless", endless),
    ("bomb", bomb),
    ("encodings", encodings),
    ("garbage", garbage),
    ("interim", interim),
    ("lengths", lengths),
    ("chunks", chunks),
    ("twice", twice),
    ("nul", nul),
    ("heads", heads),
    ("cookies", cookies),
    ("loop", round),
    ("elsewhere", elsewhere),
    ("halfclose", halfclose),
    ("status", status),
    ("upgrade", upgrade),
];

/// The pause between two parts of a flood: what bends figures is what it says, not how much of it there is.
const FLOOD: Duration = Duration::from_millis(8);

const OK: &str = "HTTP/1.1 200 OK\r\n";

fn answer(visit: &mut Visit<'_>, headers: &str, body: &[u8]) -> Option<()> {
    let head = format!("{OK}X-Path: {}\r\n{headers}Content-Length: {}\r\n\r\n", visit.path, body.len());
    (visit.say(head) && visit.say(body)).then_some(())
}

fn fine(visit: &mut Visit<'_>) -> Option<()> {
    answer(visit, "", b"fine")
}

fn silence(visit: &mut Visit<'_>) -> Option<()> {
    visit.hang();
    None
}

fn close(_: &mut Visit<'_>) -> Option<()> {
    None
}

fn half(visit: &mut Visit<'_>) -> Option<()> {
    let parts = [
        "H",
        "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ];
    let part = visit.dice.one(&parts);
    visit.say(part);
    None
}

fn reset(visit: &mut Visit<'_>) -> Option<()> {
    let parts = ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n12345"];
    let part = visit.dice.one(&parts);
    visit.say(part);
    visit.reset();
    None
}

fn trickle(visit: &mut Visit<'_>) -> Option<()> {
    let starts = ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", ""];
    let start = visit.dice.one(&starts);
    visit.say(start);
    visit.repeat("H", Duration::from_millis(15));
    None
}

fn endless(visit: &mut Visit<'_>) -> Option<()> {
    let block = [b'x'; 1 << 16];
    let (head, block) = match visit.dice.below(3) {
        0 => (OK.to_owned(), block.to_vec()),
        1 => (format!("{OK}Content-Length: {}\r\n", u64::MAX / 2), block.to_vec()),
        _ => {
            let chunk = [b"10000\r\n".as_slice(), &block, b"\r\n"].concat();
            (format!("{OK}Transfer-Encoding: chunked\r\n"), chunk)
        }
    };
    visit.say(head + "\r\n");
    visit.repeat(block, FLOOD);
    None
}

/// A small body that is a gigabyte when it is decoded.
fn bomb(visit: &mut Visit<'_>) -> Option<()> {
    static GZIP: LazyLock<Vec<u8>> = LazyLock::new(|| gzipped(&[0; 1 << 20]).repeat(1024));
    static TWICE: LazyLock<Vec<u8>> = LazyLock::new(|| gzipped(&GZIP));
    static ZLIB: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        (0..1024).for_each(|_| encoder.write_all(&[0; 1 << 18]).unwrap());
        encoder.finish().unwrap()
    });
    match visit.dice.below(3) {
        0 => answer(visit, "Content-Encoding: gzip\r\n", &GZIP),
        1 => answer(visit, "Content-Encoding: gzip, gzip\r\n", &TWICE),
        _ => answer(visit, "Content-Encoding: deflate\r\n", &ZLIB),
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encodings(visit: &mut Visit<'_>) -> Option<()> {
    let name = visit.dice.one(&["gzip", "deflate", "br", "zstd", "gzip, br", "x-nobody-knows", "\u{7f}"]);
    let many = format!("Content-Encoding: {}gzip\r\n", "gzip, ".repeat(200));
    let header = if visit.dice.below(4) == 0 { many } else { format!("Content-Encoding: {name}\r\n") };
    let size = visit.dice.below(5000);
    let mut body = visit.dice.bytes(size);
    let magic: &[u8] = visit.dice.one(&[&[], &[0x1f, 0x8b, 8, 0], &[0x28, 0xb5, 0x2f, 0xfd], &[0x78, 0x9c]]);
    body.splice(0..0, magic.iter().copied());
    answer(visit, &header, &body)
}

fn garbage(visit: &mut Visit<'_>) -> Option<()> {
    let size = 1 + visit.dice.below(5000);
    let noise = visit.dice.bytes(size);
    if visit.dice.below(2) == 0 {
        visit.say(OK);
    }
    visit.say(noise);
    None
}

fn interim(visit: &mut Visit<'_>) -> Option<()> {
    let heads =
        ["100 Continue\r\n", "102 Processing\r\n", "103 Early Hints\r\nLink: </a.css>; rel=preload\r\n"];
    let head = format!("HTTP/1.1 {}\r\n", visit.dice.one(&heads));
    if visit.dice.below(2) == 0 {
        visit.say(head.repeat(3));
        return answer(visit, "", b"after three");
    }
    visit.repeat(head.repeat(500), FLOOD);
    None
}

fn lengths(visit: &mut Visit<'_>) -> Option<()> {
    let lengths = [
        "Content-Length: 3\r\n",
        "Content-Length: 4000\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: many\r\n",
        "Content-Length: 18446744073709551615\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, nonsense\r\n",
    ];
    let length = visit.dice.one(&lengths);
    visit.say(format!("{OK}{length}\r\nhello"));
    None
}

fn chunks(visit: &mut Visit<'_>) -> Option<()> {
    let bodies = [
        "zz\r\n",
        "FFFFFFFFFFFFFFFFF\r\nx",
        "-1\r\nx",
        "5\r\nhello",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5;x=y\r\nhello\r\n0\r\nX: trailer\r\n\r\n",
        "0\r\n\0: \r\n\r\n",
        "\r\n\r\n",
    ];
    let body = visit.dice.one(&bodies);
    visit.say(format!("{OK}Transfer-Encoding: chunked\r\n\r\n{body}"));
    if visit.dice.below(4) == 0 {
        visit.say(format!("1;{}", "x".repeat(100_000)));
    }
    None
}

/// An answer, and another one that nobody has asked for.
fn twice(visit: &mut Visit<'_>) -> Option<()> {
    let stolen = format!("{OK}X-Path: stolen\r\nContent-Length: 6\r\n\r\nstolen");
    let head = format!("{OK}X-Path: {}\r\nContent-Length: 2\r\n\r\nok", visit.path);
    // Not later: what comes once the next request is on its way is an answer to that one.
    let count = 1 + visit.dice.below(50);
    visit.say(head + &stolen.repeat(count)).then_some(())
}

fn nul(visit: &mut Visit<'_>) -> Option<()> {
    let answers = [
        "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-\0: 1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\x1b[2Jc\r\nContent-Length: 0\r\n\r\n",
        "\0HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nSet-Cookie: a\0=b\x07; path=\0\r\nContent-Length: 3\r\n\r\n\0\0\0",
        "HTTP/1.1 200 OK\r\nX: a\r\n\tfolded\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    ];
    let answer = visit.dice.one(&answers);
    visit.say(answer);
    None
}

fn heads(visit: &mut Visit<'_>) -> Option<()> {
    visit.say(OK);
    match visit.dice.below(3) {
        0 => visit.say(format!("X: {}\r\n", "x".repeat(12 << 20))),
        1 => visit.say((0..20_000).map(|n| format!("X-{n}: 1\r\n")).collect::<String>()),
        _ => visit.say("X: 1\r\n".repeat(99)),
    };
    visit.say("Content-Length: 0\r\n\r\n");
    None
}

fn cookies(visit: &mut Visit<'_>) -> Option<()> {
    let from = visit.dice.next();
    let size = visit.dice.below(3000);
    let cookie = |n: u64| {
        let name = from.wrapping_add(n);
        format!("Set-Cookie: c{name}={}; Path=/cookies; Max-Age=99999\r\n", "v".repeat(size))
    };
    let many = if visit.dice.below(3) == 0 { 2000 } else { 90 };
    let headers: String = (0..many).map(cookie).collect();
    answer(visit, &headers, b"")
}

/// A redirect to itself, or rather to the next of endless selves.
fn round(visit: &mut Visit<'_>) -> Option<()> {
    let status = visit.dice.one(&["301", "302", "303", "307", "308"]);
    let place = format!("{}/n", visit.path);
    let head = format!("HTTP/1.1 {status} Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
    visit.say(head).then_some(())
}

fn elsewhere(visit: &mut Visit<'_>) -> Option<()> {
    let long = format!("http://:0/{}", "x".repeat(60_000));
    let places = [
        "javascript:alert(1)",
        "http://[::",
        "http://\u{1b}]8;;x\u{7}",
        "ftp://x/",
        "http:///",
        "http://:0:0/",
        &long,
    ];
    let place = visit.dice.one(&places);
    visit.say(format!("HTTP/1.1 302 Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"));
    None
}

fn halfclose(visit: &mut Visit<'_>) -> Option<()> {
    if visit.dice.below(2) == 0 {
        visit.say(format!("{OK}Content-Length: 2\r\n\r\nok"));
    }
    let _ = visit.stream.shutdown(Shutdown::Write);
    visit.hang();
    None
}

fn status(visit: &mut Visit<'_>) -> Option<()> {
    let lines = [
        "HTTP/1.1 999 Odd\r\n",
        "HTTP/1.1 000 Odd\r\n",
        "HTTP/1.1 99 Odd\r\n",
        "HTTP/1.1 1000 Odd\r\n",
        "HTTP/1.1 200\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/9.9 200 OK\r\n",
        "ICY 200 OK\r\n",
        "HTTP/1.1 204 None\r\n",
        "HTTP/1.1 304 None\r\n",
        "HTTP/1.1 200 \u{9b}2J\u{202e}\r\n",
    ];
    let line = visit.dice.one(&lines);
    visit.say(format!("{line}Content-Length: 5\r\n\r\nhello"));
    None
}

fn upgrade(visit: &mut Visit<'_>) -> Option<()> {
    visit.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
    let noise = visit.dice.bytes(500);
    visit.say(noise);
    None
}
