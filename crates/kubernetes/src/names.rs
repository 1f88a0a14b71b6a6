//! Names of objects are labels of DNS.

/// Whether a text is a label of DNS, as names in Kubernetes are, that begins with a letter.
pub(crate) fn is_label(text: &str, longest: usize) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= longest
        && text.bytes().all(is_part)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}
