//! Frames: each message travels as its length and its bytes.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::status::{Code, Status};

/// Bytes before each message: whether it is compressed, and its length.
const HEAD: usize = 5;

/// The frame of a message.
pub(crate) fn frame(message: &impl prost::Message, max: usize) -> Result<Bytes, Status> {
    let length = message.encoded_len();
    if length > max || u32::try_from(length).is_err() {
        let text = format!("trying to send message larger than max ({length} vs. {max})");
        return Err(Status::new(Code::ResourceExhausted, text));
    }
    let mut frame = BytesMut::with_capacity(HEAD + length);
    frame.put_u8(0);
    frame.put_u32(length as u32);
    message.encode_raw(&mut frame);
    Ok(frame.freeze())
}

/// Bytes that have come, of which messages are taken.
#[derive(Debug, Default)]
pub(crate) struct Frames(BytesMut);

impl Frames {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next message, if all of it has come.
    pub(crate) fn next(&mut self, max: usize) -> Result<Option<Bytes>, Status> {
        let Some(mut head) = self.0.get(..HEAD) else { return Ok(None) };
        let compressed = head.get_u8();
        let length = head.get_u32() as usize;
        if compressed > 1 {
            let text = format!("grpc: received unexpected payload format {compressed}");
            return Err(Status::new(Code::Internal, text));
        }
        if length > max {
            let text = format!("grpc: received message larger than max ({length} vs. {max})");
            return Err(Status::new(Code::ResourceExhausted, text));
        }
        if compressed == 1 {
            let text = "grpc: received a compressed message, and no compression was offered";
            return Err(Status::new(Code::Unimplemented, text));
        }
        if self.0.len() < HEAD + length {
            return Ok(None);
        }
        self.0.advance(HEAD);
        Ok(Some(self.0.split_to(length).freeze()))
    }

    /// Whether a message has begun that has not come whole.
    pub(crate) fn is_cut(&self) -> bool {
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_once_they_are_whole() {
        let mut frames = Frames::default();
        for byte in [0, 0, 0, 0, 2, 7] {
            frames.push(&[byte]);
            assert_eq!(frames.next(10), Ok(None));
        }
        frames.push(&[8, 0, 0, 0, 0, 0, 1]);
        assert_eq!(frames.next(10).unwrap().unwrap(), Bytes::from_static(&[7, 8]));
        assert_eq!(frames.next(10).unwrap().unwrap(), Bytes::new());
        assert!(frames.is_cut());
        for (head, code) in [
            ([0, 0, 0, 0, 11], Code::ResourceExhausted),
            ([1, 0, 0, 0, 1], Code::Unimplemented),
            ([9, 0, 0, 0, 1], Code::Internal),
        ] {
            let mut frames = Frames::default();
            frames.push(&head);
            assert_eq!(frames.next(10).unwrap_err().code, code);
        }
        assert_eq!(frame(&"x".repeat(11), 10).unwrap_err().code, Code::ResourceExhausted);
    }
}
