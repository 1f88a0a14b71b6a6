//! Frames are what goes over the socket: a length, a kind, and what is of that kind; little-endian.

use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;

/// Kinds of frames from the child.
mod kind {
    pub(super) const JSON: u8 = 0;
    pub(super) const REQUEST: u8 = 1;
    pub(super) const SAMPLE: u8 = 2;
    pub(super) const NAME: u8 = 3;
    pub(super) const CANCEL: u8 = 4;
    pub(super) const FETCH: u8 = 5;
    pub(super) const DROP: u8 = 6;
    pub(super) const CLOSE: u8 = 7;
    pub(super) const TASK: u8 = 8;
    /// To the child.
    pub(super) const REPLY: u8 = 1;
    pub(super) const BODY: u8 = 2;
}

/// A frame from the child.
#[derive(Debug)]
pub(crate) enum Frame {
    /// A message.
    Json(Value),
    /// A request to send.
    Request(RequestFrame),
    /// A request that the child judged or made.
    Sample(SampleFrame),
    /// A text under its number.
    Name(u32, String),
    /// Nobody waits for this request any more.
    Cancel(u32),
    /// The body that was left here is wanted.
    Fetch(u32),
    /// Nobody will want the body, or judge the answer.
    Drop(u32),
    /// The connections of a session are to be closed.
    Close(u32),
    /// A task came to its end: in order (0), by an exception (1) or since its user was stopped (2), and after how many
    /// microseconds.
    Task(u8, u32),
}

/// A request to send.
#[derive(Debug)]
pub(crate) struct RequestFrame {
    pub(crate) flags: u8,
    pub(crate) config: u16,
    pub(crate) session: u32,
    pub(crate) rid: u32,
    pub(crate) method: u32,
    pub(crate) name: u32,
    pub(crate) connect_ms: u32,
    pub(crate) read_ms: u32,
    pub(crate) url: Bytes,
    pub(crate) headers: Bytes,
    pub(crate) body: Bytes,
}

impl RequestFrame {
    /// A sample follows in any case.
    pub(crate) const HOLD: u8 = 1;
    /// A further request of a call that is counted already.
    pub(crate) const HOP: u8 = 2;
    /// A sample follows after an error.
    pub(crate) const HOLD_ERROR: u8 = 4;
    /// A sample follows after a redirect.
    pub(crate) const HOLD_REDIRECT: u8 = 8;
    /// It is judged as `FastHttpUser` judges.
    pub(crate) const FAST: u8 = 16;

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A request that the child judged or made.
#[derive(Debug)]
pub(crate) struct SampleFrame {
    /// The request that it is about; zero for none of ours.
    pub(crate) rid: u32,
    pub(crate) method: u32,
    pub(crate) name: u32,
    /// The response time in milliseconds, where the child says it.
    pub(crate) time: Option<f64>,
    pub(crate) length: u64,
    /// The text of the failure.
    pub(crate) error: Option<String>,
}

/// What came out of the bytes that are here.
pub(crate) enum Parsed {
    /// A frame.
    Frame(Frame),
    /// More bytes are needed.
    More,
    /// It is no frame.
    Wrong(String),
}

/// Takes the next frame out of the buffer.
pub(crate) fn parse(buffer: &mut BytesMut) -> Parsed {
    let Some(head) = buffer.first_chunk::<4>() else { return Parsed::More };
    let length = u32::from_le_bytes(*head) as usize;
    if buffer.len() < 4 + length {
        buffer.reserve(4 + length - buffer.len());
        return Parsed::More;
    }
    buffer.advance(4);
    let mut frame = buffer.split_to(length).freeze();
    match read(&mut frame) {
        Some(Ok(frame)) => Parsed::Frame(frame),
        Some(Err(problem)) => Parsed::Wrong(problem),
        None => Parsed::Wrong("a frame is too short".to_owned()),
    }
}

fn read(frame: &mut Bytes) -> Option<Result<Frame, String>> {
    let found = match u8_of(frame)? {
        kind::JSON => match serde_json::from_slice(frame) {
            Ok(value) => Frame::Json(value),
            Err(error) => return Some(Err(error.to_string())),
        },
        kind::REQUEST => Frame::Request(request(frame)?),
        kind::SAMPLE => Frame::Sample(sample(frame)?),
        kind::NAME => Frame::Name(u32_of(frame)?, String::from_utf8_lossy(frame).into_owned()),
        kind::CANCEL => Frame::Cancel(u32_of(frame)?),
        kind::FETCH => Frame::Fetch(u32_of(frame)?),
        kind::DROP => Frame::Drop(u32_of(frame)?),
        kind::CLOSE => Frame::Close(u32_of(frame)?),
        kind::TASK => Frame::Task(u8_of(frame)?, u32_of(frame)?),
        other => return Some(Err(format!("a frame of kind {other}"))),
    };
    Some(Ok(found))
}

fn request(frame: &mut Bytes) -> Option<RequestFrame> {
    let (flags, config) = (u8_of(frame)?, u16_of(frame)?);
    let (session, rid, method, name) = (u32_of(frame)?, u32_of(frame)?, u32_of(frame)?, u32_of(frame)?);
    let (connect_ms, read_ms) = (u32_of(frame)?, u32_of(frame)?);
    let (url, headers) = (u32_of(frame)? as usize, u32_of(frame)? as usize);
    (frame.len() >= url.checked_add(headers)?).then_some(())?;
    let (url, headers) = (frame.split_to(url), frame.split_to(headers));
    let body = std::mem::take(frame);
    Some(RequestFrame { flags, config, session, rid, method, name, connect_ms, read_ms, url, headers, body })
}

fn sample(frame: &mut Bytes) -> Option<SampleFrame> {
    let failed = u8_of(frame)? != 0;
    let (rid, method, name) = (u32_of(frame)?, u32_of(frame)?, u32_of(frame)?);
    let time = f64::from_bits(u64_of(frame)?);
    let (length, _) = (u64_of(frame)?, u32_of(frame)?);
    let error = failed.then(|| String::from_utf8_lossy(frame).into_owned());
    Some(SampleFrame { rid, method, name, time: (!time.is_nan()).then_some(time), length, error })
}

fn u8_of(frame: &mut Bytes) -> Option<u8> {
    frame.try_get_u8().ok()
}

fn u16_of(frame: &mut Bytes) -> Option<u16> {
    frame.try_get_u16_le().ok()
}

fn u32_of(frame: &mut Bytes) -> Option<u32> {
    frame.try_get_u32_le().ok()
}

fn u64_of(frame: &mut Bytes) -> Option<u64> {
    frame.try_get_u64_le().ok()
}

/// How much of an answer there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// All of it.
    Whole,
    /// None of it.
    Error,
    /// A part of its body.
    Broken,
}

/// What came of a request, for the child.
pub(crate) struct Reply<'a> {
    pub(crate) rid: u32,
    pub(crate) status: u16,
    pub(crate) cut: Cut,
    /// Whether the body stays here until it is asked for.
    pub(crate) withheld: bool,
    pub(crate) is_http10: bool,
    pub(crate) micros: u32,
    pub(crate) micros_to_head: u32,
    /// How long the body is.
    pub(crate) length: u32,
    pub(crate) reason: &'a [u8],
    pub(crate) headers: &'a http::HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Reply<'_> {
    /// Adds the frame to what is sent.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0, 0, 0, 0, kind::REPLY]);
        out.extend_from_slice(&self.rid.to_le_bytes());
        out.extend_from_slice(&self.status.to_le_bytes());
        let cut = match self.cut {
            Cut::Whole => 0,
            Cut::Error => 1,
            Cut::Broken => 1 | 4,
        };
        out.push(cut | if self.withheld { 2 } else { 0 } | if self.is_http10 { 8 } else { 0 });
        for number in [self.micros, self.micros_to_head, self.length, self.reason.len() as u32, 0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let length_at = out.len() - 4;
        out.extend_from_slice(self.reason);
        let headers = out.len();
        for (name, value) in self.headers {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let headers = (out.len() - headers) as u32;
        out[length_at..length_at + 4].copy_from_slice(&headers.to_le_bytes());
        out.extend_from_slice(self.body);
        finish(out, start);
    }
}

/// Adds a body that was left here.
pub(crate) fn body_frame(out: &mut Vec<u8>, rid: u32, body: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind::BODY]);
    out.extend_from_slice(&rid.to_le_bytes());
    out.extend_from_slice(body);
    finish(out, start);
}

/// Adds a message.
pub(crate) fn json_frame(out: &mut Vec<u8>, message: &Value) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind::JSON]);
    out.extend_from_slice(message.to_string().as_bytes());
    finish(out, start);
}

fn finish(out: &mut [u8], start: usize) {
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_arrives_in_any_pieces() {
        let mut bytes = Vec::new();
        json_frame(&mut bytes, &serde_json::json!({ "say": "done", "user": 7 }));
        for split in 0..bytes.len() {
            let mut buffer = BytesMut::from(&bytes[..split]);
            assert!(matches!(parse(&mut buffer), Parsed::More), "{split}");
            buffer.extend_from_slice(&bytes[split..]);
            let Parsed::Frame(Frame::Json(value)) = parse(&mut buffer) else { panic!("{split}") };
            assert_eq!(value["user"], 7);
            assert!(buffer.is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Parsed::Frame(_) | Parsed::Wrong(_) = parse(&mut buffer) {}
        }
    }
}
