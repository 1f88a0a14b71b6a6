//! A stranger is a member of an option's objects that means nothing. k6 lets it pass, so it is a warning.

use flashcrowd_text::nearest;
use serde_json::{Map, Value};

use super::input::{known, member};
use super::thresholds::FIELDS;
use super::{Dns, Identity, TlsRange, Warning};

/// The members of a stage.
const STAGE: [&str; 2] = ["duration", "target"];

/// A warning for each member that has no effect, and for each stage that is left out.
pub(super) fn strangers(options: &Map<String, Value>) -> Vec<Warning> {
    let mut found = Vec::new();
    let listed =
        |name: &str| member(options, name).and_then(Value::as_array).into_iter().flatten().enumerate();
    for (i, stage) in listed("stages") {
        look(stage, &format!("stages[{i}]"), STAGE, &mut found);
        if stage.as_object().is_some_and(|stage| member(stage, "duration").is_none()) {
            found.push(Warning::new(format!("stages[{i}] has no duration, so it is left out")));
        }
    }
    for (i, identity) in listed("tlsAuth") {
        look(identity, &format!("tlsAuth[{i}]"), Identity::FIELDS, &mut found);
    }
    member(options, "dns").into_iter().for_each(|dns| look(dns, "dns", Dns::PARTS, &mut found));
    member(options, "tlsVersion")
        .into_iter()
        .for_each(|tls| look(tls, "tlsVersion", TlsRange::FIELDS, &mut found));
    for (name, list) in member(options, "thresholds").and_then(Value::as_object).into_iter().flatten() {
        for (i, one) in list.as_array().into_iter().flatten().enumerate() {
            look(one, &format!("thresholds.{name}[{i}]"), FIELDS, &mut found);
        }
    }
    found
}

fn look<const N: usize>(value: &Value, at: &str, names: [&'static str; N], found: &mut Vec<Warning>) {
    for name in value.as_object().into_iter().flat_map(Map::keys) {
        if known(name, names).is_none() {
            let meant = nearest(name, names).map(|near| format!(": did you mean '{near}'?"));
            found.push(Warning::new(format!(
                "unknown field {at}.{name} has no effect{}",
                meant.unwrap_or_default()
            )));
        }
    }
}
