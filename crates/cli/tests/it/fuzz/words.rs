//! Words, and short texts: options, thresholds, durations, URLs, cookies, names.

use std::collections::BTreeMap;
use std::time::SystemTime;

use flashcrowd_diagnosis::Expectation;
use flashcrowd_dynamodb::{Decimal, Endpoint, Item, item_size};
use flashcrowd_engine::{Arrivals, Segment, Sequence, Share, duration};
use flashcrowd_http::{BlockedHostnames, Cookie, HostOverrides, Jar, Target, parse_encodings};
use flashcrowd_metrics::{Selector, Threshold};
use flashcrowd_prime_day::capacity::Prices;
use flashcrowd_record::{Secrets, without_secret_fields, without_secrets};
use flashcrowd_test::{Bounds, OptionLayer, Options, Tier};
use flashcrowd_text::{cut, one_line, visible, visible_json, wrap};

use super::fuzzer::fuzz;

fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

#[test]
fn expressions() {
    let words = [
        "p(99)<",
        "rate>0.5",
        "{a:b}",
        "10m5s",
        "1/3:2/3",
        "0,1/2,1",
        "bursts of 5",
        "10..20",
        "< 500ms",
        "%",
    ];
    fuzz("expressions", &words, |input| {
        let text = text(input);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let _ =
            (Threshold::parse(first), Selector::parse(first), duration::parse(first), Bounds::parse(first));
        let _ = (first.parse::<Arrivals>(), parse_encodings(first), Expectation::parse(first, rest));
        if let (Ok(segment), sequence) = (first.parse::<Segment>(), rest.parse::<Sequence>().ok()) {
            let _ = Share::of(&segment, sequence.as_ref()).map(|share| share.scale(1_000_000));
        }
        let _ = first.parse::<Decimal>();
    });
}

#[test]
fn options() {
    let words =
        ["scenarios", "\"executor\":\"ramping-vus\"", "stages", "thresholds", "K6_STAGES=10s:5,", "vus=1"];
    fuzz("options", &words, |input| {
        let text = text(input);
        if let Ok(json) = serde_json::from_str(&text) {
            let (layer, problems, _) = OptionLayer::from_json(&json);
            if problems.is_empty() {
                let _ = Options::consolidate(&[(Tier::Script, layer)]);
            }
        }
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let variables: BTreeMap<String, String> =
            pairs.map(|(name, value)| (name.into(), value.into())).collect();
        let (layer, problems) = OptionLayer::from_env(&variables);
        if problems.is_empty() {
            let _ = Options::consolidate(&[(Tier::Env, layer)]);
        }
        let flags: Vec<(&str, Vec<String>)> =
            variables.iter().map(|(name, value)| (name.as_str(), vec![value.clone()])).collect();
        let _ = OptionLayer::from_flags(&flags);
    });
}

#[test]
fn places() {
    let words = [
        "http://",
        "https://",
        "@",
        "[::1]",
        ":99999",
        "Set-Cookie: ",
        "; Path=/",
        "; Max-Age=",
        "; Expires=",
        "*.",
    ];
    fuzz("places", &words, |input| {
        let text = text(input);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let _ = (HostOverrides::default().insert(first, rest), BlockedHostnames::default().insert(first));
        let _ = Endpoint::at(first, "local");
        let mut headers = http::HeaderMap::new();
        for line in rest.lines() {
            let _ = Cookie::parse(line);
            if let Ok(value) = http::HeaderValue::from_bytes(line.as_bytes()) {
                headers.append(http::header::SET_COOKIE, value);
            }
        }
        if let Ok(target) = Target::parse(first) {
            let mut jar = Jar::new(SystemTime::UNIX_EPOCH);
            jar.store_response(&target, &headers);
            let _ = jar.cookies_for(&target).len();
        }
    });
}

#[test]
fn texts() {
    let words =
        ["Bearer ", "Basic ", "://u:p@", "?token=", "\"password\":\"", "\u{1b}[31m", "\u{9b}", "TOKEN="];
    fuzz("texts", &words, |input| {
        let text = text(input);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let secrets = Secrets::default();
        secrets.note_variables([("TOKEN", first), ("URL", rest)]);
        secrets.note_arguments(text.lines());
        let shown = secrets.hide(&text);
        assert!(
            !(6..=4096).contains(&first.len()) || !shown.contains(first) || first.contains('*'),
            "{first:?} in {shown:?}"
        );
        let _ = (without_secrets(&text), without_secret_fields(&text), wrap(&text, 20).len(), cut(first, 10));
        let safe = |text: &str| !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t'));
        assert!(safe(&visible(&text)) && safe(&one_line(&text)) && !one_line(&text).contains('\n'));
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
            let document = json.to_string();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&visible_json(&document)).unwrap(), json);
        }
    });
}

#[test]
fn dynamodb_values() {
    let words = [
        "{\"S\":\"",
        "{\"N\":\"",
        "{\"M\":{",
        "{\"L\":[",
        "{\"B\":\"",
        "{\"BOOL\":",
        "{\"NULL\":true}",
        "1E125",
    ];
    fuzz("dynamodb-values", &words, |input| {
        if let Ok(item) = serde_json::from_slice::<Item>(input) {
            let _ = item_size(&item);
            let _ = serde_json::to_string(&item);
        }
        let _ = Prices::from_json(&text(input));
    });
}
