//! An encoding is a way a body is compressed, as `Content-Encoding` names it; several may be stacked.

use std::cell::Cell;
use std::io::{self, Read, Write as _};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use flate2::{
    Compression,
    read::{MultiGzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderMap, header};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::error::{HttpError, fixed};
use crate::gathered::Gathered;

/// How much is decoded at a time.
const PART: usize = 16 * 1024;
/// How much is decoded before others have their turn.
const TURN: usize = 256 * 1024;
/// How many encodings may be stacked; each has buffers of its own.
const MOST: usize = 8;
/// How much a decoder may read without a byte to show for it: a body of empty members would keep the thread for itself.
const NOTHING: usize = 256 * 1024;

/// One way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip`
    Gzip,
    /// `deflate`, which on the web means zlib.
    Deflate,
    /// `zstd`
    Zstd,
    /// `br`
    Brotli,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Deflate, Self::Zstd, Self::Brotli];

    /// The name in headers and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
            Self::Brotli => "br",
        }
    }

    /// The encoding of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == name)
    }
}

/// Parses the `compression` of a request: names with commas between, applied in that order. The error is the first
/// name that is none.
pub fn parse_encodings(list: &str) -> Result<Vec<Encoding>, String> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| Encoding::from_name(name).ok_or_else(|| name.to_owned())).collect()
}

/// Compresses a body, first with the first encoding.
pub fn encode(encodings: &[Encoding], body: Bytes) -> io::Result<Bytes> {
    encodings.iter().try_fold(body, |body, encoding| encode_one(*encoding, &body).map(Bytes::from))
}

/// Within which bounds bodies are decoded.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    /// How large a decoded body may be.
    pub(crate) limit: usize,
    /// What all bodies share.
    pub(crate) budget: &'a Arc<Budget>,
    /// When it is too late.
    pub(crate) deadline: Instant,
}

/// Decodes the body of a response by its `Content-Encoding`, a part at a time; encodings nobody here knows are left on.
/// A body that is broken, or that grows beyond the bounds, is an error.
pub(crate) async fn decode_body(
    headers: &HeaderMap,
    body: Bytes,
    bounds: Bounds<'_>,
) -> Result<Bytes, HttpError> {
    let Some(named) = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return Ok(body);
    };
    if body.is_empty() {
        return Ok(body);
    }
    let known: Vec<_> = named.split(',').filter_map(|name| Encoding::from_name(name.trim())).collect();
    decode(&known, body, bounds).await
}

/// Undoes [`encode`], the last encoding first.
async fn decode(encodings: &[Encoding], body: Bytes, bounds: Bounds<'_>) -> Result<Bytes, HttpError> {
    let Some(last) = encodings.last() else { return Ok(body) };
    if encodings.len() > MOST {
        return Err(HttpError::decompression(format!("more than {MOST} encodings")));
    }
    let broken = |error: io::Error| {
        HttpError::decompression(format!("{}: {}", last.name(), fixed(&error.to_string(), "malformed body")))
    };
    let part = body.len().saturating_mul(3).clamp(64, PART);
    let mut reader: Box<dyn Read> = Box::new(io::Cursor::new(body));
    for encoding in encodings.iter().rev() {
        reader = Fruitful::decoder(*encoding, reader).map_err(broken)?;
    }
    let (mut decoded, mut since_turn, mut part) = (Gathered::new(bounds.budget), 0, vec![0; part]);
    loop {
        match reader.read(&mut part) {
            Ok(0) => return Ok(decoded.whole().await),
            Ok(read) => {
                decoded.push(&part[..read])?;
                since_turn += read;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(error)),
        }
        if decoded.len() > bounds.limit {
            return Err(HttpError::decoded_body_too_large());
        }
        if since_turn >= TURN {
            since_turn = 0;
            tokio::task::yield_now().await;
            if Instant::now() >= bounds.deadline {
                return Err(HttpError::timeout());
            }
        }
    }
}

/// A decoder that has something to show for what it reads.
struct Fruitful {
    decoder: Box<dyn Read>,
    read: Rc<Cell<usize>>,
}

/// What such a decoder reads from.
struct Counted {
    source: Box<dyn Read>,
    read: Rc<Cell<usize>>,
}

impl Fruitful {
    fn decoder(encoding: Encoding, source: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
        let read = Rc::<Cell<usize>>::default();
        let decoder = decoder(encoding, Box::new(Counted { source, read: read.clone() }))?;
        Ok(Box::new(Self { decoder, read }))
    }
}

impl Read for Fruitful {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let made = self.decoder.read(into)?;
        if made > 0 {
            self.read.set(0);
        }
        Ok(made)
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read.get() > NOTHING {
            return Err(io::Error::other("it decodes to nothing"));
        }
        let length = into.len().min(PART);
        let read = self.source.read(&mut into[..length])?;
        self.read.set(self.read.get() + read);
        Ok(read)
    }
}

fn decoder(encoding: Encoding, reader: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    Ok(match encoding {
        Encoding::Gzip => Box::new(MultiGzDecoder::new(reader)),
        Encoding::Deflate => Box::new(ZlibDecoder::new(reader)),
        Encoding::Zstd => {
            Box::new(ruzstd::decoding::StreamingDecoder::new(reader).map_err(io::Error::other)?)
        }
        Encoding::Brotli => Box::new(brotli::Decompressor::new(reader, 4096)),
    })
}

fn encode_one(encoding: Encoding, body: &[u8]) -> io::Result<Vec<u8>> {
    const BROTLI_BUFFER: usize = 4096;
    const BROTLI_QUALITY: u32 = 6;
    const BROTLI_WINDOW: u32 = 22;
    match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Encoding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Encoding::Zstd => {
            Ok(ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest))
        }
        Encoding::Brotli => {
            let mut encoder =
                brotli::CompressorWriter::new(Vec::new(), BROTLI_BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
            encoder.write_all(body)?;
            encoder.flush()?;
            Ok(encoder.into_inner())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    /// Decodes at once.
    fn decode(encodings: &[Encoding], body: Bytes) -> Result<Bytes, HttpError> {
        decode_by(Instant::now() + std::time::Duration::from_secs(60), |bounds| {
            super::decode(encodings, body, bounds)
        })
    }

    fn decode_by<'a, F>(deadline: Instant, work: impl FnOnce(Bounds<'a>) -> F) -> Result<Bytes, HttpError>
    where
        F: Future<Output = Result<Bytes, HttpError>>,
    {
        let budget: &'a Arc<Budget> = Box::leak(Box::new(Budget::new(4 << 20)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(work(Bounds { limit: LIMIT, budget, deadline }))
    }

    #[test]
    fn every_encoding_and_stack_comes_back() {
        let bodies = [Bytes::new(), Bytes::from_static(b"x"), Bytes::from(vec![7u8; 300_000])];
        let noise: Vec<u8> =
            (0..100_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8).collect();
        for body in bodies.into_iter().chain([Bytes::from(noise)]) {
            for one in Encoding::ALL {
                for other in Encoding::ALL {
                    let encoded = encode(&[one, other], body.clone()).unwrap();
                    assert_eq!(decode(&[one, other], encoded).unwrap(), body, "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn headers_say_how_to_decode() {
        let body = Bytes::from_static(b"hello");
        let encoded = encode(&[Encoding::Gzip, Encoding::Brotli], body.clone()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip, br".parse().unwrap());
        let later = Instant::now() + std::time::Duration::from_secs(60);
        let decoded_by = |headers: &HeaderMap, body: Bytes| {
            let headers = headers.clone();
            decode_by(later, |bounds| async move { decode_body(&headers, body, bounds).await })
        };
        assert_eq!(decoded_by(&headers, encoded).unwrap(), body);
        headers.insert(header::CONTENT_ENCODING, "rot13".parse().unwrap());
        assert_eq!(decoded_by(&headers, body.clone()).unwrap(), body);
    }

    #[test]
    fn decoding_ends_at_the_deadline() {
        let bomb = encode(&[Encoding::Gzip], Bytes::from(vec![0u8; LIMIT])).unwrap();
        let error =
            decode_by(Instant::now(), |bounds| super::decode(&[Encoding::Gzip], bomb, bounds)).unwrap_err();
        assert_eq!(error, HttpError::timeout());
    }

    #[test]
    fn bodies_that_decode_to_nothing_take_no_time() {
        let empty = |encoding| encode(&[encoding], Bytes::new()).unwrap();
        let members = Bytes::from(empty(Encoding::Gzip).repeat(1 << 20));
        let stacked = encode(&[Encoding::Gzip], members.clone()).unwrap();
        for (encodings, body) in [(vec![Encoding::Gzip], members), (vec![Encoding::Gzip; 2], stacked)] {
            let error = decode(&encodings, body).unwrap_err();
            assert_eq!((error.code, &*error.message), (1701, "gzip: it decodes to nothing"));
        }
        let error = decode(&[Encoding::Gzip; 9], Bytes::from_static(b"x")).unwrap_err();
        assert_eq!((error.code, &*error.message), (1701, "more than 8 encodings"));
    }

    #[test]
    fn the_text_of_a_fault_has_nothing_of_the_body() {
        for encoding in Encoding::ALL {
            let mut texts = std::collections::BTreeSet::new();
            let whole = encode(&[encoding], Bytes::from(vec![7u8; 5000])).unwrap();
            for at in 0..whole.len() {
                for bit in 0..8 {
                    let mut changed = whole.to_vec();
                    changed[at] ^= 1 << bit;
                    if let Err(error) = decode(&[encoding], Bytes::from(changed)) {
                        texts.insert(error.message);
                    }
                }
            }
            assert!(!texts.is_empty() && texts.len() <= 8, "{texts:#?}");
            assert!(texts.iter().all(|text| !text.contains(|c: char| c.is_ascii_digit())), "{texts:#?}");
        }
    }

    #[test]
    fn broken_and_bursting_bodies_are_errors() {
        for encoding in Encoding::ALL {
            let error = decode(&[encoding], Bytes::from_static(b"this is not compressed")).unwrap_err();
            assert_eq!(error.code, 1701, "{error}");
            let bomb = encode(&[encoding], Bytes::from(vec![0u8; 4 << 20])).unwrap();
            assert_eq!(decode(&[encoding], bomb).unwrap_err().code, 1701);
        }
        assert_eq!(parse_encodings("gzip, br").unwrap(), [Encoding::Gzip, Encoding::Brotli]);
        assert_eq!(parse_encodings("gzip,lzma"), Err("lzma".to_owned()));
    }
}
