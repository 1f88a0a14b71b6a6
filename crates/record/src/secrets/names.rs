//! Secrets are known by the names they stand under, and by the places in a text where secrets stand.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// A name that holds one of these, in letters of any size, is a secret's.
const SECRET_PARTS: [&str; 13] = [
    "TOKEN",
    "PASS",
    "PWD",
    "SECRET",
    "KEY",
    "AUTH",
    "CREDENTIAL",
    "COOKIE",
    "JWT",
    "BEARER",
    "SESSION",
    "SIGNATURE",
    "PRIVATE",
];
/// A name of which one of these is a word is a secret's: parts of other words they often are.
const SECRET_WORDS: [&str; 4] = ["PAT", "PIN", "SIG", "OTP"];
/// Variables of every shell: a field or a parameter `pwd` is a password.
const OF_SHELLS: [&str; 2] = ["PWD", "OLDPWD"];
/// Names that hold such a word by chance.
const NO_SECRETS: [&str; 8] = [
    "PASSES",
    "PASSED",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "SESSION_MANAGER",
    "GNOME_KEYRING_CONTROL",
];

/// Whether a name looks like that of a secret: of a variable, a header, a field, a parameter of a URL.
pub fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let is_usual = OF_SHELLS.contains(&name) || NO_SECRETS.contains(&upper.as_str());
    if is_usual || upper.starts_with("XDG_") {
        return false;
    }
    let mut words = upper.split(|c: char| !c.is_ascii_alphanumeric());
    SECRET_PARTS.iter().any(|part| upper.contains(part)) || words.any(|word| SECRET_WORDS.contains(&word))
}

/// A text without what stands where secrets do: names and passwords in URLs, parameters of URLs with a secret's name,
/// and what follows `Bearer` and `Basic`.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    static USER: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"\b([A-Za-z][A-Za-z0-9+.-]*://)[^/\s"'`<>?#]*@"#));
    static PARAMETER: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"([?&;#]|%26|%3F|%23)([\w.\[\]-]+)(=|%3D)([^&;\s"'`<>#*]+)"#));
    static SCHEME: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)\b(Bearer|Basic)( +|%20|\+)([A-Za-z0-9._~+/=-]{4,})"));
    let mut clean = Cow::Borrowed(text);
    if text.contains("://") {
        clean = replaced(clean, &USER, |found| format!("{}{HIDDEN}@", &found[1]));
    }
    if text.contains('=') || text.contains("%3D") {
        clean = replaced(clean, &PARAMETER, |found| match is_secret_name(&found[2]) {
            true => format!("{}{}{}{HIDDEN}", &found[1], &found[2], &found[3]),
            false => found[0].to_owned(),
        });
    }
    if text.contains("earer") || text.contains("asic") || text.contains("BEARER") || text.contains("BASIC") {
        clean = replaced(clean, &SCHEME, |found| match is_word(&found[3]) {
            true => found[0].to_owned(),
            false => format!("{}{}{HIDDEN}", &found[1], &found[2]),
        });
    }
    clean
}

/// Whether what follows `Basic` is the next word of a sentence.
fn is_word(text: &str) -> bool {
    text.trim_end_matches(['.', '/', '-']).chars().skip(1).all(|c| c.is_ascii_lowercase() || c == '-')
}

/// A body without the values of fields whose names are those of secrets, however deep: of JSON, of XML, and of a form.
pub fn without_secret_fields(text: &str) -> Cow<'_, str> {
    if let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return if hide_fields(&mut value, false) {
            Cow::Owned(value.to_string())
        } else {
            Cow::Borrowed(text)
        };
    }
    // Of a list or an object that is cut off, nothing is kept.
    static OPENED: LazyLock<Regex> = LazyLock::new(|| regex(r#"("([\w.$ -]+)"\s*:\s*)[\[{]"#));
    let mut opened = OPENED.captures_iter(text).filter(|found| is_secret_name(&found[2]));
    let opened = opened.find_map(|found| found.get(1)).map(|name| name.end());
    if let Some(end) = opened {
        return Cow::Owned(format!("{}{HIDDEN}", without_secret_fields(&text[..end])));
    }
    static ELEMENT: LazyLock<Regex> = LazyLock::new(|| regex(r"(<([\w.:-]+)(?:\s[^<>]*)?>)[^<]+(</)"));
    static PART: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"((?i:Content-Disposition):[^\r\n]*\bname="([^"]*)"(?:[^\r\n]*\r?\n)+?\r?\n)[^\r\n]+"#)
    });
    static JSON: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"("([\w.$ -]+)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|-?[0-9][0-9.eE+-]*)"#));
    static FORM: LazyLock<Regex> = LazyLock::new(|| regex(r"((?:^|&)([\w.\[\]%-]+)=)[^&\s]+"));
    let clean = replaced(Cow::Borrowed(text), &ELEMENT, |found| match is_secret_name(&found[2]) {
        true => format!("{}{HIDDEN}{}", &found[1], &found[3]),
        false => found[0].to_owned(),
    });
    let clean = replaced(clean, &PART, |found| match is_secret_name(&found[2]) {
        true => format!("{}{HIDDEN}", &found[1]),
        false => found[0].to_owned(),
    });
    let clean = replaced(clean, &JSON, |found| match is_secret_name(&found[2]) {
        true => format!("{}\"{HIDDEN}\"", &found[1]),
        false => found[0].to_owned(),
    });
    replaced(clean, &FORM, |found| match is_secret_name(&found[2]) {
        true => format!("{}{HIDDEN}", &found[1]),
        false => found[0].to_owned(),
    })
}

/// Hides texts and numbers that stand under a secret's name; whether there was one.
fn hide_fields(value: &mut Value, is_named: bool) -> bool {
    match value {
        Value::Array(values) => {
            // All of them, not only up to the first.
            values.iter_mut().map(|one| hide_fields(one, is_named)).filter(|is_hidden| *is_hidden).count() > 0
        }
        Value::Object(fields) => {
            let hidden =
                fields.iter_mut().map(|(name, one)| hide_fields(one, is_named || is_secret_name(name)));
            hidden.filter(|is_hidden| *is_hidden).count() > 0
        }
        Value::String(_) | Value::Number(_) if is_named => {
            *value = HIDDEN.into();
            true
        }
        _ => false,
    }
}

/// The password of each URL in a text, and the name if it stands alone, as they are written there.
pub(crate) fn in_urls(text: &str) -> Vec<&str> {
    static USER: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"\b[A-Za-z][A-Za-z0-9+.-]*://([^/\s"'`<>?#]*)@"#));
    let users = USER.captures_iter(text).filter_map(|found| found.get(1));
    users.map(|user| user.as_str().split_once(':').map_or(user.as_str(), |(_, password)| password)).collect()
}

/// YAML without the values of entries whose names are those of secrets; placeholders and JSON paths stay.
pub(crate) fn in_yaml(text: &str) -> String {
    static WITHIN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"([{,][ \t]*["']?)([\w.-]+)(["']?[ \t]*:[ \t]*)("[^"\n]*"|'[^'\n]*'|[^,{}\[\]\s][^,{}\[\]\n]*)"#,
        )
    });
    static ENTRY: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"^([ \t-]*["']?)([\w.-]+)(["']?[ \t]*:(?:[ \t]+|$))(.*)$"#));
    let mut clean = String::with_capacity(text.len());
    // The indentation of a secret whose value follows on lines of its own.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let indent = line.len() - line.trim_start().len();
        let is_inside = block.is_some_and(|outer| indent > outer || line.trim().is_empty());
        let entry = ENTRY.captures(line);
        if is_inside && entry.is_none() {
            clean.push_str(&line[..indent]);
            clean.push_str(if line.trim().is_empty() { "" } else { HIDDEN });
            clean.push_str(end);
            continue;
        }
        block = block.filter(|_| is_inside);
        match entry {
            Some(found) if is_secret_name(&found[2]) => {
                let value = found[4].trim();
                let is_flow = value.starts_with(['{', '[']) && !is_placeholder(value);
                if value.is_empty() || value.starts_with(['|', '>']) {
                    block = Some(indent);
                    clean.push_str(line);
                } else if is_flow {
                    clean.push_str(&line[..line.len() - found[4].len()]);
                    clean.push_str(&flow(&found[4], &WITHIN));
                } else {
                    clean.push_str(&line[..line.len() - found[4].len()]);
                    clean.push_str(if is_placeholder(value) { &found[4] } else { HIDDEN });
                }
            }
            _ => clean.push_str(&flow(line, &WITHIN)),
        }
        clean.push_str(end);
    }
    clean
}

fn flow(line: &str, within: &Regex) -> String {
    let hidden = within.replace_all(line, |found: &Captures<'_>| {
        match is_secret_name(&found[2]) && !is_placeholder(&found[4]) {
            true => format!("{}{}{}{HIDDEN}", &found[1], &found[2], &found[3]),
            false => found[0].to_owned(),
        }
    });
    hidden.into_owned()
}

/// A script without literals that stand at the names of secrets: `password: 'x'`, `TOKEN = __ENV.TOKEN || "x"`.
pub(crate) fn in_script(text: &str) -> String {
    static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"([\w$.-]+)(["'`\]]{0,2}\s*(?::|=|\|\||\?\?)\s*)("[^"\n]*"|'[^'\n]*'|`[^`\n$]*`)"#)
    });
    let hidden = LITERAL.replace_all(text, |found: &Captures<'_>| {
        let name = found[1].rsplit('.').next().unwrap_or_default();
        let literal = &found[3];
        let is_empty = literal.len() <= 2;
        match is_secret_name(name) && !is_empty {
            true => {
                let quote = &literal[..1];
                format!("{}{}{quote}{HIDDEN}{quote}", &found[1], &found[2])
            }
            false => found[0].to_owned(),
        }
    });
    hidden.into_owned()
}

/// Whether a value in a plan only says where the value comes from: `{token}`, `Bearer {token}`, `${TOKEN}`, `$.token`.
fn is_placeholder(value: &str) -> bool {
    static ONLY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"^["']?(?:(?:Bearer|Basic|Token) +)?(?:\$?\{[\w. -]+\}|\$\.[\w.\[\]*-]+|\$\{[^}]*\})["']?\s*(?:#.*)?$"#,
        )
    });
    ONLY.is_match(value)
}

fn replaced<'a>(text: Cow<'a, str>, regex: &Regex, new: impl Fn(&Captures<'_>) -> String) -> Cow<'a, str> {
    match regex.replace_all(&text, |found: &Captures<'_>| new(found)) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("patterns are constant, and tests use them all")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_by_their_words() {
        for name in [
            "TOKEN",
            "api_key",
            "AWS_SECRET_ACCESS_KEY",
            "BASIC_AUTH",
            "dbPassword",
            "DB_PASS",
            "SSHPASS",
            "GH_PAT",
            "BEARER",
            "SESSION_ID",
            "X-Api-Key",
            "X-Amz-Security-Token",
            "Set-Cookie",
            "passwd",
            "pwd",
            "pass",
            "otp",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["PWD", "BASE_URL", "VUS", "PATH", "PATTERN", "SPIN", "passes", "DESIGN", "HOST"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn places_of_secrets_are_known() {
        for (text, expected) in [
            ("http://me:pw@shop.test:80/a@b", "http://***@shop.test:80/a@b"),
            ("http://shop.test/a@b", "http://shop.test/a@b"),
            ("http://bob:UPW_88@127.0.0.1:99999/x: invalid URL", "http://***@127.0.0.1:99999/x: invalid URL"),
            ("mongodb://u:S_mongo7@h/db", "mongodb://***@h/db"),
            ("http://user:p@ss@h/x", "http://***@h/x"),
            ("http://x/?a=1&access_token=abc&b=2", "http://x/?a=1&access_token=***&b=2"),
            ("GET /x?api-key=abc", "GET /x?api-key=***"),
            ("http://x/?pwd=abc#access_token=def&a=b", "http://x/?pwd=***#access_token=***&a=b"),
            ("Authorization: Bearer abc.def-g", "Authorization: Bearer ***"),
            ("Bearer {token} basic goods", "Bearer {token} basic goods"),
            ("use Basic authentication, Bearer tokens.", "use Basic authentication, Bearer tokens."),
            ("Basic dTpw", "Basic ***"),
            ("a = b", "a = b"),
        ] {
            assert_eq!(without_secrets(text), expected);
            assert_eq!(without_secrets(expected), expected, "twice");
        }
        assert_eq!(in_urls("x http://a:b@c/ y ftp://d@e"), ["b", "d"]);
    }

    #[test]
    fn bodies_keep_the_names_of_their_fields() {
        for (text, expected) in [
            (
                r#"{"token":"a\"b","n":{"password" : "x y"},"user":"me"}"#,
                r#"{"token":"***","n":{"password":"***"},"user":"me"}"#,
            ),
            (
                r#"{"session":{"id":"a","n":1},"tokens":["b",["c"]],"ok":true}"#,
                r#"{"session":{"id":"***","n":"***"},"tokens":["***",["***"]],"ok":true}"#,
            ),
            (r#"{"a": 1}"#, r#"{"a": 1}"#),
            (r#"{"a": 1, "session": {"id": "cut"#, r#"{"a": 1, "session": ***"#),
            (
                "<login><user>me</user><ns:password type='x'>pw</ns:password></login>",
                "<login><user>me</user><ns:password type='x'>***</ns:password></login>",
            ),
            (
                "--b\r\nContent-Disposition: form-data; name=\"password\"\r\nX: y\r\n\r\npw\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--b--",
                "--b\r\nContent-Disposition: form-data; name=\"password\"\r\nX: y\r\n\r\n***\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--b--",
            ),
            (r#"{"pin": 1234, "cut_token":"abc"#, r#"{"pin": "***", "cut_token":"***""#),
            ("user=me&password=x%20y&n=1", "user=me&password=***&n=1"),
            ("password=x", "password=***"),
            ("plain text = words", "plain text = words"),
        ] {
            assert_eq!(without_secret_fields(text), expected);
        }
    }

    #[test]
    fn a_plan_keeps_its_placeholders_and_loses_its_passwords() {
        for (text, expected) in [
            ("password: hunter2", "password: ***"),
            ("json: {username: me, password: 'a b', n: 1}", "json: {username: me, password: ***, n: 1}"),
            ("json: {\"password\":\"x\"}", "json: {\"password\":***}"),
            ("  Authorization: Bearer {token}", "  Authorization: Bearer {token}"),
            ("  Authorization: Bearer abc.def", "  Authorization: ***"),
            ("- password: a, b", "- password: ***"),
            ("password: Pa$$w0rd", "password: ***"),
            ("secret: /abc", "secret: ***"),
            ("token: |\n    abc\n    def\nhost: x", "token: |\n    ***\n    ***\nhost: x"),
            ("passwd:\n  abc\nusers: 5", "passwd:\n  ***\nusers: 5"),
            (
                "auth:\n  username: me\n  password: x\nusers: 5",
                "auth:\n  username: me\n  password: ***\nusers: 5",
            ),
            ("form: {pass: abc}", "form: {pass: ***}"),
            ("save: {token: $.access_token}", "save: {token: $.access_token}"),
            ("password: {customer.password}", "password: {customer.password}"),
            ("api_key: ${API_KEY}  # ours", "api_key: ${API_KEY}  # ours"),
            ("path: /token", "path: /token"),
            ("name: 토큰\nusers: 5\n", "name: 토큰\nusers: 5\n"),
        ] {
            assert_eq!(in_yaml(text), expected);
        }
    }

    #[test]
    fn a_script_keeps_its_names_and_loses_its_literals() {
        for (text, expected) in [
            ("const API_KEY = 'abc';", "const API_KEY = '***';"),
            ("{ password: \"x y\", user: 'me' }", "{ password: \"***\", user: 'me' }"),
            ("__ENV.AUTH_TOKEN || 'eyJ'", "__ENV.AUTH_TOKEN || '***'"),
            ("headers['X-Api-Key'] = 'abc'", "headers['X-Api-Key'] = '***'"),
            ("const token = '';", "const token = '';"),
            ("r.json('token') === 'x'", "r.json('token') === 'x'"),
            ("const url = 'http://h'", "const url = 'http://h'"),
        ] {
            assert_eq!(in_script(text), expected);
        }
    }
}
