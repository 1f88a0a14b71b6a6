//! A status is how a call ended: a code, a message, and perhaps details.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flashcrowd_http::{Broken, ErrorCode, HttpError};
use http::{HeaderMap, StatusCode};
use prost::Message as _;

/// Base64 as gRPC writes it: with or without padding.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

macro_rules! codes {
    ($($name:ident = $number:literal, $export:literal;)*) => {
        /// gRPC's status codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names of the standard")]
        pub enum Code {
            $($name = $number),*
        }

        impl Code {
            /// All codes, each with the name of k6's constant for it.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $export)),*];

            /// The code of a number; those that nobody knows are unknown.
            pub fn of(number: i64) -> Self {
                match number {
                    $($number => Self::$name,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

codes! {
    Ok = 0, "StatusOK";
    Canceled = 1, "StatusCanceled";
    Unknown = 2, "StatusUnknown";
    InvalidArgument = 3, "StatusInvalidArgument";
    DeadlineExceeded = 4, "StatusDeadlineExceeded";
    NotFound = 5, "StatusNotFound";
    AlreadyExists = 6, "StatusAlreadyExists";
    PermissionDenied = 7, "StatusPermissionDenied";
    ResourceExhausted = 8, "StatusResourceExhausted";
    FailedPrecondition = 9, "StatusFailedPrecondition";
    Aborted = 10, "StatusAborted";
    OutOfRange = 11, "StatusOutOfRange";
    Unimplemented = 12, "StatusUnimplemented";
    Internal = 13, "StatusInternal";
    Unavailable = 14, "StatusUnavailable";
    DataLoss = 15, "StatusDataLoss";
    Unauthenticated = 16, "StatusUnauthenticated";
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// What the server says of it, or what went wrong on the way.
    pub message: String,
    /// Details in messages of their own.
    pub details: Vec<prost_types::Any>,
}

/// `google.rpc.Status`, in which details travel.
#[derive(Clone, PartialEq, prost::Message)]
struct Rich {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

impl Status {
    /// A status without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// Success.
    pub fn ok() -> Self {
        Self::new(Code::Ok, "")
    }

    /// Whether it is success.
    pub fn is_ok(&self) -> bool {
        self.code == Code::Ok
    }

    /// The time of a call was over.
    pub(crate) fn deadline() -> Self {
        Self::new(Code::DeadlineExceeded, "context deadline exceeded")
    }

    /// The status of trailers; none where they have none.
    pub(crate) fn of_trailers(trailers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| trailers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let code = text("grpc-status")?;
        let Ok(code) = code.parse::<i64>() else {
            return Some(Self::new(Code::Internal, "transport: malformed grpc-status"));
        };
        let message = text("grpc-message").map(|text| decode_percent(&text)).unwrap_or_default();
        let rich = text("grpc-status-details-bin").and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let rich = rich.and_then(|bytes| Rich::decode(bytes.as_slice()).ok());
        // Details that speak of another outcome are no details of this one.
        let details = rich.filter(|rich| i64::from(rich.code) == code).map(|rich| rich.details);
        Some(Self { code: Code::of(code), message, details: details.unwrap_or_default() })
    }

    /// The status of an answer that is none of gRPC's.
    pub(crate) fn of_http(status: StatusCode, content_type: &str) -> Self {
        let code = match status.as_u16() {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502..=504 => Code::Unavailable,
            _ => Code::Unknown,
        };
        let reason = status.canonical_reason().unwrap_or_default();
        let mut text =
            format!("unexpected HTTP status code received from server: {} ({reason})", status.as_u16());
        if status == StatusCode::OK {
            text = String::new();
        }
        if !content_type.starts_with("application/grpc") {
            let more = format!("transport: received unexpected content-type {content_type:?}");
            text = if text.is_empty() { more } else { format!("{text}; {more}") };
        }
        Self::new(code, text)
    }

    /// The status of a stream that broke.
    pub(crate) fn of_broken(broken: &Broken) -> Self {
        let code = match broken.reset {
            Some(7) => Code::Unavailable,
            Some(8) => Code::Canceled,
            Some(11) => Code::ResourceExhausted,
            Some(12) => Code::PermissionDenied,
            Some(_) => Code::Internal,
            None if broken.error.code == ErrorCode::REQUEST_TIMEOUT => Code::DeadlineExceeded,
            None => Code::Unavailable,
        };
        match broken.reset {
            Some(_) => Self::new(code, format!("stream terminated by RST_STREAM: {}", broken.error)),
            None => Self::new(code, format!("error reading from server: {}", broken.error)),
        }
    }

    /// The status of a connection that cannot be made.
    pub(crate) fn of_dial(error: &HttpError) -> Self {
        Self::new(Code::Unavailable, format!("connection error: {error}"))
    }
}

fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_tell_code_message_and_details() {
        let rich = Rich {
            code: 3,
            message: "no".to_owned(),
            details: vec![prost_types::Any {
                type_url: "type.googleapis.com/x.Y".to_owned(),
                value: vec![1],
            }],
        };
        let mut trailers = HeaderMap::new();
        assert_eq!(Status::of_trailers(&trailers), None);
        trailers.insert("grpc-status", "3".parse().unwrap());
        trailers.insert("grpc-message", "caf%C3%A9 100%".parse().unwrap());
        trailers.insert("grpc-status-details-bin", BASE64.encode(rich.encode_to_vec()).parse().unwrap());
        let status = Status::of_trailers(&trailers).unwrap();
        assert_eq!((status.code, status.message.as_str()), (Code::InvalidArgument, "café 100%"));
        assert_eq!(status.details[0].type_url, "type.googleapis.com/x.Y");
        trailers.insert("grpc-status", "4711".parse().unwrap());
        let status = Status::of_trailers(&trailers).unwrap();
        assert_eq!((status.code, status.details.len()), (Code::Unknown, 0));
        trailers.insert("grpc-status", "x".parse().unwrap());
        assert_eq!(Status::of_trailers(&trailers).unwrap().code, Code::Internal);
    }
}
