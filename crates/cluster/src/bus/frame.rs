//! A frame is what passes over a connection to the hub: a kind, a name and bytes, with their lengths before them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Larger names and contents are refused: whoever sends them is no party of a run.
const LONGEST_NAME: usize = 256;
const LARGEST: usize = 256 << 20;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The first frame of a connection: what it hears, and the secret of the run.
    Hello = 1,
    Publish = 2,
    Put = 3,
    Get = 4,
    /// The answer to `Put`, and to `Get` where there is such an object.
    Done = 5,
    /// The answer to `Get` where there is none.
    Absent = 6,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

impl Frame {
    pub(super) fn new(kind: FrameKind, name: &str, content: Vec<u8>) -> Self {
        Self { kind, name: name.to_owned(), content }
    }

    /// Reads the next one; an error when the connection is over, or is no party's. A content beyond `most` is refused.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Self> {
        let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let kind = match from.read_u8().await? {
            1 => FrameKind::Hello,
            2 => FrameKind::Publish,
            3 => FrameKind::Put,
            4 => FrameKind::Get,
            5 => FrameKind::Done,
            6 => FrameKind::Absent,
            _ => return Err(wrong("this is no frame of the bus")),
        };
        let name = from.read_u16().await? as usize;
        let content = from.read_u32().await? as usize;
        if name > LONGEST_NAME || content > most.min(LARGEST) {
            return Err(wrong("a frame is too large"));
        }
        let mut text = vec![0; name];
        from.read_exact(&mut text).await?;
        // Grows with what comes, not with what is announced.
        let mut bytes = Vec::new();
        if from.take(content as u64).read_to_end(&mut bytes).await? < content {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let name = String::from_utf8(text).map_err(|_| wrong("a name is not UTF-8"))?;
        Ok(Self { kind, name, content: bytes })
    }

    pub(super) async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let too_large = || io::Error::new(io::ErrorKind::InvalidData, "a frame is too large");
        let (name, content) = (self.name.as_bytes(), &self.content);
        if name.len() > LONGEST_NAME || content.len() > LARGEST {
            return Err(too_large());
        }
        let mut head = vec![self.kind as u8];
        head.extend(u16::try_from(name.len()).map_err(|_| too_large())?.to_be_bytes());
        head.extend(u32::try_from(content.len()).map_err(|_| too_large())?.to_be_bytes());
        head.extend(name);
        to.write_all(&head).await?;
        to.write_all(content).await?;
        to.flush().await
    }
}

/// The largest content of a first frame.
pub(super) const HELLO: usize = 1024;
/// The largest content of any other.
pub(super) const ANY: usize = LARGEST;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_read_as_they_were_written_and_hostile_ones_are_refused() {
        for (name, content) in [("", vec![]), ("lead", b"abc".to_vec()), ("x", vec![7; 100_000])] {
            let frame = Frame::new(FrameKind::Put, name, content);
            let mut bytes = Vec::new();
            frame.write(&mut bytes).await.unwrap();
            assert_eq!(Frame::read(&mut &bytes[..], ANY).await.unwrap(), frame);
            let cut = &bytes[..bytes.len() - 1];
            assert!(Frame::read(&mut &cut[..], ANY).await.is_err());
        }
        for hostile in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[1, 0xff, 0xff, 0, 0, 0, 0],
            &[1, 0, 0, 0xff, 0xff, 0xff, 0xff],
            &[2, 0, 1, 0, 0, 0, 0, 0xff],
        ] {
            assert!(Frame::read(&mut &hostile[..], HELLO).await.is_err(), "{hostile:?}");
        }
    }
}
