//! A form is what the page and scripts send: pairs of names and values, in the forms that Locust takes.

use serde_json::Value;

/// Pairs in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request.
    pub(super) fn read(kind: &str, body: &[u8]) -> Self {
        if let Some(boundary) = boundary(kind) {
            return Self(parts(body, &boundary));
        }
        if kind.starts_with("application/json") {
            return Self(
                serde_json::from_slice(body).map(|value: Value| of_json(&value)).unwrap_or_default(),
            );
        }
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The value of a name; the first, if there are several.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// All pairs.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn boundary(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let found = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(found.trim_matches('"').to_owned())
}

fn parts(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    let part = |part: &str| {
        let (head, value) = part.trim_start_matches("\r\n").split_once("\r\n\r\n")?;
        let name = head.split("name=\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
    };
    body.split(&format!("--{boundary}")).filter_map(part).collect()
}

fn of_json(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut pairs = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Array(all) => pairs.extend(all.iter().map(|one| (name.clone(), text(one)))),
            Value::Null => {}
            one => pairs.push((name.clone(), text(one))),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_form_in_all_its_forms() {
        let plain = b"user_count=5&spawn_rate=2.5&host=http%3A%2F%2Fa&user_classes=A&user_classes=B";
        let parts = b"--x\r\nContent-Disposition: form-data; name=\"user_count\"\r\n\r\n5\r\n--x\r\nContent-Disposition: form-data; \
                      name=\"spawn_rate\"\r\n\r\n2.5\r\n--x\r\nContent-Disposition: form-data; name=\"host\"\r\n\r\nhttp://a\r\n--x\r\n\
                      Content-Disposition: form-data; name=\"user_classes\"\r\n\r\nA\r\n--x\r\nContent-Disposition: form-data; \
                      name=\"user_classes\"\r\n\r\nB\r\n--x--\r\n";
        let json = br#"{"user_count": 5, "spawn_rate": 2.5, "host": "http://a", "user_classes": ["A", "B"], "x": null}"#;
        for (kind, body) in [
            ("application/x-www-form-urlencoded", &plain[..]),
            ("", plain),
            ("multipart/form-data; boundary=x", parts),
            ("application/json", json),
        ] {
            let form = Form::read(kind, body);
            assert_eq!((form.get("user_count"), form.get("spawn_rate")), (Some("5"), Some("2.5")), "{kind}");
            assert_eq!((form.get("host"), form.all("user_classes").len()), (Some("http://a"), 2), "{kind}");
        }
        assert_eq!(Form::read("application/json", b"nonsense"), Form::default());
        assert_eq!(Form::read("multipart/form-data; boundary=x", b"\xff--x"), Form::default());
    }
}
