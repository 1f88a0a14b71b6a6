//! An encoding is a way a body is compressed, as `Content-Encoding` names it; several may be stacked.

use std::io::{self, Read, Write as _};

use bytes::Bytes;
use flate2::{
    Compression,
    read::{MultiGzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderMap, header};

use crate::error::HttpError;

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

/// Undoes [`encode`], the last encoding first. A body that grows beyond `limit` bytes is an error, as is a broken one.
pub fn decode(encodings: &[Encoding], body: Bytes, limit: usize) -> Result<Bytes, HttpError> {
    encodings.iter().rev().try_fold(body, |body, encoding| {
        let mut decoded = Vec::with_capacity(body.len().saturating_mul(3).min(limit).min(1 << 20));
        decode_one(*encoding, &body, limit as u64, &mut decoded)
            .map_err(|error| HttpError::decompression(format!("{}: {error}", encoding.name())))?;
        Ok(Bytes::from(decoded))
    })
}

/// Decodes the body of a response by its `Content-Encoding`; encodings nobody here knows are left on.
pub fn decode_body(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, HttpError> {
    let Some(named) = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return Ok(body);
    };
    if body.is_empty() {
        return Ok(body);
    }
    let known: Vec<_> = named.split(',').filter_map(|name| Encoding::from_name(name.trim())).collect();
    decode(&known, body, limit)
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

fn decode_one(encoding: Encoding, body: &[u8], limit: u64, decoded: &mut Vec<u8>) -> io::Result<()> {
    match encoding {
        Encoding::Gzip => drain(MultiGzDecoder::new(body), limit, decoded),
        Encoding::Deflate => drain(ZlibDecoder::new(body), limit, decoded),
        Encoding::Zstd => {
            drain(ruzstd::decoding::StreamingDecoder::new(body).map_err(io::Error::other)?, limit, decoded)
        }
        Encoding::Brotli => drain(brotli::Decompressor::new(body, 4096), limit, decoded),
    }
}

fn drain(reader: impl Read, limit: u64, decoded: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(limit.saturating_add(1)).read_to_end(decoded)?;
    if read as u64 > limit {
        return Err(io::Error::other("the decompressed body is larger than this client keeps"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    #[test]
    fn every_encoding_and_stack_comes_back() {
        let bodies = [Bytes::new(), Bytes::from_static(b"x"), Bytes::from(vec![7u8; 300_000])];
        let noise: Vec<u8> =
            (0..100_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8).collect();
        for body in bodies.into_iter().chain([Bytes::from(noise)]) {
            for one in Encoding::ALL {
                for other in Encoding::ALL {
                    let encoded = encode(&[one, other], body.clone()).unwrap();
                    assert_eq!(decode(&[one, other], encoded, LIMIT).unwrap(), body, "{one:?} {other:?}");
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
        assert_eq!(decode_body(&headers, encoded, LIMIT).unwrap(), body);
        headers.insert(header::CONTENT_ENCODING, "rot13".parse().unwrap());
        assert_eq!(decode_body(&headers, body.clone(), LIMIT).unwrap(), body);
    }

    #[test]
    fn broken_and_bursting_bodies_are_errors() {
        for encoding in Encoding::ALL {
            let error =
                decode(&[encoding], Bytes::from_static(b"this is not compressed"), LIMIT).unwrap_err();
            assert_eq!(error.code, 1701, "{error}");
            let bomb = encode(&[encoding], Bytes::from(vec![0u8; 4 << 20])).unwrap();
            assert_eq!(decode(&[encoding], bomb, LIMIT).unwrap_err().code, 1701);
        }
        assert_eq!(parse_encodings("gzip, br").unwrap(), [Encoding::Gzip, Encoding::Brotli]);
        assert_eq!(parse_encodings("gzip,lzma"), Err("lzma".to_owned()));
    }
}
