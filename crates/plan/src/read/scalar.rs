//! A scalar is a single value, read as what its field wants it to be.

use std::ops::RangeInclusive;
use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_engine::executor::{Arrivals, ArrivalsError};
use serde_json_path::JsonPath;
use url::Url;

use super::reader::{Reader, suggestion};
use crate::yaml::Node;

/// Units of time that people write, and those that are read.
const UNITS: [(&str, &[&str]); 5] = [
    ("ms", &["msec", "msecs", "millis", "밀리초"]),
    ("s", &["sec", "secs", "second", "seconds", "초"]),
    ("m", &["min", "mins", "minute", "minutes", "분"]),
    ("h", &["hr", "hrs", "hour", "hours", "시간"]),
    ("d", &["day", "days", "일"]),
];

impl Reader<'_> {
    /// Text, a number or a boolean as written, with environment variables filled in.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let Some(scalar) = node.scalar() else {
            self.wrong(node.place, format!("{} is no {what}", node.told()));
            return None;
        };
        let mut text = String::new();
        let mut rest = scalar.text.as_str();
        while let Some(at) = rest.find("${") {
            let (before, tail) = rest.split_at(at);
            let Some(end) = tail.find('}') else { break };
            let name = &tail[2..end];
            if let Some(before) = before.strip_suffix('$') {
                text.push_str(before);
                text.push_str(&tail[..=end]);
            } else {
                text.push_str(before);
                text.push_str(&self.variable(node.place, name)?);
            }
            rest = &tail[end + 1..];
        }
        text.push_str(rest);
        Some(text)
    }

    /// A whole number from one.
    pub(crate) fn count(&mut self, node: &Node) -> Option<u64> {
        let text = self.text(node, "whole number")?;
        let number = text.parse::<u64>().ok().filter(|number| (1..=MOST).contains(number));
        if number.is_none() {
            let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | ' ')).collect();
            let message = match (text.parse::<i128>(), digits.parse::<u64>()) {
                (Ok(small), _) if small < 1 => format!("'{text}' is too small: write 1 or more"),
                (Ok(_), _) => format!("'{text}' is too large: write {MOST} at most"),
                (Err(_), Ok(whole)) => format!("'{text}' is no whole number: write {whole}"),
                (Err(_), Err(_)) => format!("'{text}' is no whole number: write one such as 100"),
            };
            self.wrong(node.place, message);
        }
        number
    }

    /// A whole number.
    pub(crate) fn whole(&mut self, node: &Node) -> Option<i64> {
        let text = self.text(node, "whole number")?;
        let number = text.parse().ok();
        if number.is_none() {
            self.wrong(node.place, format!("'{text}' is no whole number: write one such as 1"));
        }
        number
    }

    /// A whole number from zero, as random numbers are drawn with.
    pub(crate) fn seed(&mut self, node: &Node) -> Option<u64> {
        let seed = self.whole(node)?;
        let seed_or_none = u64::try_from(seed).ok();
        if seed_or_none.is_none() {
            self.wrong(node.place, format!("'{seed}' is too small for a seed: write 0 or more"));
        }
        seed_or_none
    }

    /// How requests of a rate are spread in time.
    pub(crate) fn arrivals(&mut self, node: &Node) -> Option<Arrivals> {
        let text = self.text(node, "arrival process such as poisson")?;
        text.parse().map_err(|error: ArrivalsError| self.wrong(node.place, error.to_string())).ok()
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, node: &Node) -> Option<bool> {
        let text = self.text(node, "yes or no")?;
        match text.to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.wrong(node.place, format!("'{text}' is neither yes nor no: write true or false"));
                None
            }
        }
    }

    /// One of some words.
    pub(crate) fn word(&mut self, node: &Node, known: &[&'static str]) -> Option<&'static str> {
        let text = self.text(node, "word")?;
        let word = known.iter().find(|word| word.eq_ignore_ascii_case(&text)).copied();
        if word.is_none() {
            let near = suggestion(&text, known.iter().copied());
            self.wrong(node.place, format!("'{text}' is none of {}{near}", known.join(", ")));
        }
        word
    }

    /// A duration; a plain number is seconds.
    pub(crate) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.text(node, "duration such as 60s")?;
        let duration = parse_duration(&text);
        duration.map_err(|message| self.wrong(node.place, message)).ok()
    }

    /// A duration above zero.
    pub(crate) fn some_time(&mut self, node: &Node) -> Option<Duration> {
        let duration = self.duration(node)?;
        if duration.is_zero() {
            self.wrong(
                node.place,
                format!("{} is no time at all: write a duration such as 60s", node.told()),
            );
        }
        (!duration.is_zero()).then_some(duration)
    }

    /// A duration, or two with a dash between them.
    pub(crate) fn durations(&mut self, node: &Node) -> Option<RangeInclusive<Duration>> {
        let text = self.text(node, "duration such as 1s, or two such as 0.1s-0.5s")?;
        match parse_durations(&text) {
            Ok(range) => Some(range),
            Err(message) => {
                self.wrong(node.place, message);
                None
            }
        }
    }

    /// A URL without a slash at its end.
    pub(crate) fn url(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "URL")?;
        parse_url(&text).map_err(|message| self.wrong(node.place, message)).ok()
    }

    /// A JSON path or pointer.
    pub(crate) fn json_path(&mut self, node: &Node) -> Option<JsonPath> {
        let text = self.text(node, "JSON path such as $.stock")?;
        parse_json_path(&text).map_err(|message| self.wrong(node.place, message)).ok()
    }
}

/// The most of anything that is counted.
const MOST: u64 = 100_000_000;

pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let plain = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds = if plain { format!("{trimmed}s") } else { trimmed.to_owned() };
    duration::parse(&seconds).map_err(|error| match error {
        duration::DurationError::Syntax(_) => {
            let remedy = spelt(trimmed).map_or_else(
                || "seconds as a number, or text such as '60s', '1m30s' or '500ms'".to_owned(),
                |right| format!("'{right}'"),
            );
            format!("'{text}' is no duration: write {remedy}")
        }
        duration::DurationError::Negative(_) => {
            format!("'{text}' is below zero: write a duration such as '60s'")
        }
        duration::DurationError::TooLong(_) => format!("'{text}' is too long"),
    })
}

/// What was probably meant: `60 sec` is 60s.
fn spelt(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_lowercase();
    let known = UNITS.iter().find(|(name, others)| *name == unit || others.contains(&unit.as_str()))?;
    let right = format!("{number}{}", known.0);
    duration::parse(&right).ok().map(|_| right)
}

fn parse_durations(text: &str) -> Result<RangeInclusive<Duration>, String> {
    let Some((from, to)) = text.split_once('-').filter(|(from, _)| !from.trim().is_empty()) else {
        return parse_duration(text).map(|one| one..=one);
    };
    // `0.1-0.5s` has one unit for both.
    let plain = |text: &str| text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let unit = to.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let from = if plain(from) { format!("{}{unit}", from.trim()) } else { from.to_owned() };
    let (from, to) = (parse_duration(&from)?, parse_duration(to)?);
    if from > to {
        return Err(format!("'{text}' ends before it begins: write the shorter duration first"));
    }
    Ok(from..=to)
}

pub(crate) fn parse_url(text: &str) -> Result<String, String> {
    let wrong = |remedy: &str| Err(format!("'{text}' is no URL of a host: write {remedy}"));
    let text = text.trim();
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => match Url::parse(&format!("http://{text}")) {
            Ok(_) if !text.contains("//") => wrong(&format!("http://{text}")),
            _ => wrong("one that begins with http:// or https://"),
        },
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            wrong("it without what follows '?' or '#'")
        }
        Ok(_) => Ok(text.trim_end_matches('/').to_owned()),
        Err(_) if !text.is_empty() && Url::parse(&format!("http://{text}")).is_ok() => {
            wrong(&format!("http://{text}"))
        }
        Err(_) => wrong("one such as http://localhost:8080"),
    }
}

/// Reads a JSON path, or a JSON pointer as a path.
pub(crate) fn parse_json_path(text: &str) -> Result<JsonPath, String> {
    let path = if text.starts_with('/') { from_pointer(text) } else { text.to_owned() };
    JsonPath::parse(&path).map_err(|_| {
        format!("'{text}' is no JSON path: write one such as '$.access_token' or '/access_token'")
    })
}

/// `/items/0/id` as a path. A number can be the position in a list or a name.
fn from_pointer(pointer: &str) -> String {
    let mut path = "$".to_owned();
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        let position = if name.parse::<u32>().is_ok_and(|number| number.to_string() == name) {
            format!(",{name}")
        } else {
            String::new()
        };
        path.push_str(&format!("['{quoted}'{position}]"));
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_in_seconds_and_other_units_are_put_right() {
        for (text, expected) in [
            ("60s", Ok(60_000)),
            ("60", Ok(60_000)),
            ("0.5", Ok(500)),
            ("1m30s", Ok(90_000)),
            ("500ms", Ok(500)),
            ("2h", Ok(7_200_000)),
            ("60sec", Err("'60sec' is no duration: write '60s'")),
            ("5 minutes", Err("'5 minutes' is no duration: write '5m'")),
            ("60초", Err("'60초' is no duration: write '60s'")),
            ("60 s", Err("'60 s' is no duration: write '60s'")),
            (
                "soon",
                Err(
                    "'soon' is no duration: write seconds as a number, or text such as '60s', '1m30s' or '500ms'",
                ),
            ),
            ("-1s", Err("'-1s' is below zero: write a duration such as '60s'")),
        ] {
            let expected = expected.map(Duration::from_millis).map_err(str::to_owned);
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn two_durations_may_share_their_unit() {
        for (text, from, to) in [
            ("0.1s-0.5s", 100, 500),
            ("0.1-0.5s", 100, 500),
            ("1 - 2", 1000, 2000),
            ("1s", 1000, 1000),
            ("100-500ms", 100, 500),
        ] {
            let range = Duration::from_millis(from)..=Duration::from_millis(to);
            assert_eq!(parse_durations(text), Ok(range), "{text}");
        }
        assert!(parse_durations("2s-1s").unwrap_err().contains("shorter"));
        assert!(parse_durations("-1s").unwrap_err().contains("below zero"));
    }

    #[test]
    fn hosts_are_urls() {
        for (text, expected) in [
            ("http://localhost:8080", Ok("http://localhost:8080")),
            ("https://shop.example/api/", Ok("https://shop.example/api")),
            ("localhost:8080", Err("write http://localhost:8080")),
            ("shop.example", Err("write http://shop.example")),
            ("127.0.0.1:80", Err("write http://127.0.0.1:80")),
            ("ftp://x", Err("http:// or https://")),
            ("http://x/?a=1", Err("without what follows")),
            ("", Err("such as http://localhost:8080")),
        ] {
            match (parse_url(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn pointers_are_paths() {
        let value = json!({"a/b": {"it's": [{"id": 7}], "0": 1}});
        for (text, expected) in
            [("/a~1b/it's/0/id", json!(7)), ("/a~1b/0", json!(1)), ("$['a/b'][\"it's\"][0].id", json!(7))]
        {
            assert_eq!(
                parse_json_path(text).unwrap().query(&value).exactly_one().unwrap(),
                &expected,
                "{text}"
            );
        }
        assert!(parse_json_path("$.a[").unwrap_err().contains("'$.a[' is no JSON path"));
    }
}
