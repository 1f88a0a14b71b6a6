//! A code says why a request failed: the status of its answer, or k6's error code where there was none.

/// A code with what it means, where that is not its own name.
pub fn named(code: &str) -> String {
    let meaning = match code {
        "" => return "no answer".to_owned(),
        "1000" => "no answer",
        "1050" => "request timeout",
        "1100" | "1101" => "host not found",
        "1201" => "broken pipe",
        "1211" => "connect timeout",
        "1212" => "connection refused",
        "1220" => "connection reset",
        code if is_tls(code) => "TLS",
        _ => return code.to_owned(),
    };
    format!("{code} {meaning}")
}

/// Whether there was no such host.
pub(crate) fn is_unknown_host(code: &str) -> bool {
    matches!(code, "1100" | "1101")
}

/// Whether nobody listened.
pub(crate) fn is_refused(code: &str) -> bool {
    code == "1212"
}

/// Whether the TLS handshake failed.
pub(crate) fn is_tls(code: &str) -> bool {
    matches!(code, "1300" | "1301" | "1310" | "1311")
}
