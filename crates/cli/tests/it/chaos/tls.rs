//! Doors behind which TLS or HTTP/2 is spoken wrongly; frames are written by hand, since no library writes such frames.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

use super::dice::Dice;

/// No flood of frames lasts longer.
const LONGEST: Duration = Duration::from_secs(4);

/// The pause between two parts of a flood.
const FLOOD: Duration = Duration::from_millis(8);

/// What comes before the first frame of a client.
const PREFACE: usize = 24;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status 200`, compressed.
const STATUS_200: &[u8] = &[0x88];

type Stream = StreamOwned<ServerConnection, TcpStream>;

/// A server's certificate, which nobody has signed.
pub struct Tls {
    config: Arc<ServerConfig>,
}

impl Tls {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["chaos.test".to_owned()]).unwrap();
        let chain =
            vec![CertificateDer::from_pem_slice(params.self_signed(&key).unwrap().pem().as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self { config: Arc::new(config) }
    }

    /// Does not come to the end of a handshake, or ends the connection at once behind it.
    pub fn break_handshake(&self, mut stream: TcpStream, dice: &mut Dice) {
        let mut hello = [0; 2048];
        let fault = dice.below(8);
        if fault == 7 {
            if let Some(mut stream) = self.accept(stream) {
                let _ = stream.read(&mut hello);
            }
            return;
        }
        if fault > 0 {
            let _ = stream.read(&mut hello);
        }
        // A record: what it is, the version, its length.
        let record = |kind: u8, body: &[u8]| {
            let length = u16::try_from(body.len()).unwrap().to_be_bytes();
            [&[kind, 3, 3], length.as_slice(), body].concat()
        };
        let answer = match fault {
            0 => Vec::new(),
            1 => record(21, &[2, u8::try_from(dice.below(256)).unwrap()]),
            2 => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            3 => dice.bytes(300),
            4 => record(22, &[2, 0, 0, 70, 3, 3]),
            5 => record(22, &[2, 0xff, 0xff, 0xff]).repeat(2000),
            _ => {
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                return;
            }
        };
        let _ = stream.write_all(&answer);
        if dice.below(4) == 0 {
            let _ = stream.read(&mut hello);
        }
    }

    /// Takes one request of HTTP/2, tells so, and breaks the connection.
    pub fn break_http2(&self, stream: TcpStream, dice: &mut Dice, seen: impl FnOnce()) {
        let Some(mut stream) = self.accept(stream) else { return };
        if request(&mut stream).is_some() {
            seen();
            // Whatever is done, the client may have had enough of it.
            let _ = wrong(&mut stream, dice);
        }
    }

    fn accept(&self, stream: TcpStream) -> Option<Stream> {
        let mut stream = StreamOwned::new(ServerConnection::new(self.config.clone()).unwrap(), stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).ok()?;
        }
        Some(stream)
    }
}

/// Reads up to the head of the first request.
fn request(stream: &mut Stream) -> Option<()> {
    stream.read_exact(&mut [0; PREFACE]).ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length]).ok()?;
        if head[3] == HEADERS {
            return Some(());
        }
    }
}

fn frame(kind: u8, flags: u8, on: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &on.to_be_bytes(), body].concat()
}

/// One of the ways to be no server of HTTP/2.
fn wrong(stream: &mut Stream, dice: &mut Dice) -> std::io::Result<()> {
    let settings = frame(SETTINGS, 0, 0, &[]);
    stream.write_all(&settings)?;
    let head = frame(HEADERS, END_HEADERS, 1, STATUS_200);
    let block = vec![b'x'; 16 << 10];
    let code = u32::try_from(dice.below(20)).unwrap().to_be_bytes();
    let reset = |on: u32| frame(RST_STREAM, 0, on, &code);
    match dice.below(20) {
        0 => Ok(()),
        1 => stream.read(&mut [0; 64]).map(|_| ()),
        2 => stream.write_all(&dice.bytes(200)),
        3 => stream.write_all(&reset(1)),
        4 => stream.write_all(&frame(GOAWAY, 0, 0, &[&[0; 4], code.as_slice(), b"go \x1b[2J away"].concat())),
        5 => flood(stream, &settings.repeat(200)),
        6 => flood(stream, &frame(PING, 0, 0, &[7; 8]).repeat(200)),
        7 => flood(stream, &(0..200).flat_map(|n| reset(2 * n + 1)).collect::<Vec<u8>>()),
        8 => stream.write_all(&frame(HEADERS, END_HEADERS, 1, &dice.bytes(100))),
        9 => {
            stream.write_all(&frame(HEADERS, 0, 1, STATUS_200))?;
            flood(stream, &frame(CONTINUATION, 0, 1, &[0x40, 1, b'x', 1, b'y'].repeat(500)))
        }
        10 => {
            stream.write_all(&head)?;
            // More than the client has allowed.
            flood(stream, &frame(DATA, 0, 1, &block).repeat(8))
        }
        11 => stream.write_all(&frame(DATA, 0, 1, &block)),
        12 => stream.write_all(&frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x88])),
        13 => stream.write_all(&frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]).repeat(3)),
        14 => stream.write_all(&[&[0xff, 0xff, 0xff, DATA, 0], 1u32.to_be_bytes().as_slice()].concat()),
        15 => stream.write_all(&frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])),
        16 => flood(stream, &frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 9]).repeat(200)),
        17 => {
            stream.write_all(&head)?;
            flood(stream, &frame(DATA, 0, 1, &[]).repeat(200))
        }
        18 => flood(stream, &frame(HEADERS, END_HEADERS, 1, &[0x08, 3, b'1', b'0', b'3']).repeat(200)),
        _ => {
            stream.write_all(&head)?;
            stream.write_all(&frame(DATA, END_STREAM, 1, b"fine"))?;
            stream.write_all(&frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]))
        }
    }
}

fn flood(stream: &mut Stream, frames: &[u8]) -> std::io::Result<()> {
    let started = Instant::now();
    while started.elapsed() < LONGEST {
        stream.write_all(frames)?;
        std::thread::sleep(FLOOD);
    }
    Ok(())
}
