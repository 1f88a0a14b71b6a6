//! NTLM proves who a request is from in two steps on one connection, as servers of Windows ask for it.

use std::hash::{BuildHasher, RandomState};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue, header};
use md4::Digest as _;

type HmacMd5 = hmac::Hmac<md5::Md5>;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// What this client can and asks for: Unicode, the target's name, NTLM, signing always, the second version's session
/// security, facts of the target, 128 and 56 bits.
const FLAGS: u32 = 0xA088_8205;

/// The fact of a target that is its time.
const TIMESTAMP: u16 = 7;

/// How a server offers NTLM: by its own name, or wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ntlm,
    Negotiate,
}

impl Scheme {
    /// How a response that refuses a request offers it; none where it does not.
    pub(crate) fn offered(headers: &HeaderMap) -> Option<Self> {
        let offers = |name: &str| {
            let offered =
                headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
            offered.flat_map(|text| text.split(',')).any(|text| {
                text.trim().split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(name))
            })
        };
        [Self::Ntlm, Self::Negotiate].into_iter().find(|scheme| offers(scheme.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
        }
    }

    /// The first step: what the client can.
    pub(crate) fn first(self) -> Option<HeaderValue> {
        let mut message = SIGNATURE.to_vec();
        message.extend(1_u32.to_le_bytes());
        message.extend(FLAGS.to_le_bytes());
        // No domain and no workstation.
        message.extend([0; 16]);
        self.value(&message)
    }

    /// The second step: the answer to the challenge in a response.
    pub(crate) fn second(self, headers: &HeaderMap, credentials: &(String, String)) -> Option<HeaderValue> {
        let texts = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut tokens = texts.filter_map(|text| {
            let (scheme, token) = text.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case(self.name()).then(|| token.trim())
        });
        let challenge = Challenge::read(&BASE64_STANDARD.decode(tokens.next()?).ok()?)?;
        let nonce: [u8; 8] = RandomState::new().hash_one(0).to_le_bytes();
        self.value(&challenge.answer(credentials, nonce))
    }

    fn value(self, message: &[u8]) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("{} {}", self.name(), BASE64_STANDARD.encode(message))).ok()
    }
}

/// What a server sends for the second step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Challenge {
    flags: u32,
    nonce: [u8; 8],
    /// Facts about the target.
    facts: Vec<u8>,
}

impl Challenge {
    fn read(message: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?));
        if message.get(..8)? != SIGNATURE || number(8)? != 2 {
            return None;
        }
        let length = usize::from(u16::from_le_bytes(message.get(40..42)?.try_into().ok()?));
        let start = number(44)? as usize;
        Some(Self {
            flags: number(20)?,
            nonce: message.get(24..32)?.try_into().ok()?,
            facts: message.get(start..start.checked_add(length)?)?.to_vec(),
        })
    }

    /// The server's time; none where it does not tell it.
    fn time(&self) -> Option<[u8; 8]> {
        let mut rest = self.facts.as_slice();
        while let [a, b, c, d, after @ ..] = rest {
            let (kind, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
            let value = after.get(..length)?;
            match kind {
                0 => return None,
                TIMESTAMP => return value.try_into().ok(),
                _ => rest = &after[length..],
            }
        }
        None
    }

    fn answer(&self, (user, password): &(String, String), nonce: [u8; 8]) -> Vec<u8> {
        let (domain, user) = user.split_once('\\').unwrap_or(("", user));
        let key = hmac(&md4::Md4::digest(utf16(password)), &[&utf16(&user.to_uppercase()), &utf16(domain)]);
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
        blob.extend(self.time().unwrap_or_default());
        blob.extend(nonce);
        blob.extend([0; 4]);
        blob.extend(&self.facts);
        blob.extend([0; 4]);
        let proof = hmac(&key, &[&self.nonce, &blob]);
        let nt = [&proof[..], &blob].concat();
        // A server that tells its time wants no answer of the first version.
        let lm = match self.time() {
            Some(_) => vec![0; 24],
            None => [&hmac(&key, &[&self.nonce, &nonce])[..], &nonce].concat(),
        };
        let parts = [lm, nt, utf16(domain), utf16(user), Vec::new(), Vec::new()];
        let mut message = SIGNATURE.to_vec();
        message.extend(3_u32.to_le_bytes());
        let mut at = 64;
        for part in &parts {
            let length = u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
            message.extend(length);
            message.extend(length);
            message.extend((at as u32).to_le_bytes());
            at += part.len();
        }
        message.extend((self.flags & FLAGS).to_le_bytes());
        message.extend(parts.concat());
        message
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let Ok(mut mac) = HmacMd5::new_from_slice(key) else { return [0; 16] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Microsoft's specification of NTLM, section 4.2.4.
    #[test]
    fn answers_are_those_of_the_specification() {
        let facts: Vec<u8> =
            [&[2, 0, 12, 0][..], &utf16("Domain"), &[1, 0, 12, 0], &utf16("Server"), &[0; 4]].concat();
        let challenge =
            Challenge { flags: FLAGS, nonce: [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef], facts };
        let credentials = ("Domain\\User".to_owned(), "Password".to_owned());
        let message = challenge.answer(&credentials, [0xaa; 8]);
        let lm =
            [0x86, 0xc3, 0x50, 0x97, 0xac, 0x9c, 0xec, 0x10, 0x25, 0x54, 0x76, 0x4a, 0x57, 0xcc, 0xcc, 0x19];
        let nt =
            [0x68, 0xcd, 0x0a, 0xb8, 0x51, 0xe5, 0x1c, 0x96, 0xaa, 0xbc, 0x92, 0x7b, 0xeb, 0xef, 0x6a, 0x1c];
        assert_eq!(message[64..80], lm);
        assert_eq!(message[88..104], nt);
    }

    #[test]
    fn what_is_no_challenge_is_not_answered() {
        let mut headers = HeaderMap::new();
        assert_eq!(Scheme::offered(&headers), None);
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"x\", Negotiate"));
        assert_eq!(Scheme::offered(&headers), Some(Scheme::Negotiate));
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("ntlm"));
        assert_eq!(Scheme::offered(&headers), Some(Scheme::Ntlm));
        let credentials = ("u".to_owned(), "p".to_owned());
        for token in [
            "",
            "AAAA",
            "TlRMTVNTUAACAAAA",
            "TlRMTVNTUAACAAAAAAAAADgAAAAFgokC////////////////////////////////",
        ] {
            let value = HeaderValue::from_str(&format!("NTLM {token}")).unwrap();
            headers.insert(header::WWW_AUTHENTICATE, value);
            assert_eq!(Scheme::Ntlm.second(&headers, &credentials), None, "{token}");
        }
    }
}
