//! The status of a run: whether it is paused, how many virtual users there are, and the ways to change both.

use flashcrowd_engine::executor::RateError;
use flashcrowd_engine::{AbortReason, Control};
use serde_json::{Map, Value, json};

/// k6's numbers of what a run is doing.
mod stage {
    pub(super) const CREATED: u8 = 0;
    pub(super) const INIT: u8 = 1;
    pub(super) const PAUSED: u8 = 4;
    pub(super) const STARTED: u8 = 5;
    pub(super) const SETUP: u8 = 6;
    pub(super) const RUNNING: u8 = 7;
    pub(super) const TEARDOWN: u8 = 8;
    pub(super) const ENDED: u8 = 9;
    pub(super) const INTERRUPTED: u8 = 10;
}

/// The status as k6 tells it.
pub(crate) fn status(control: Option<&Control>, now: &str, is_tainted: bool) -> Value {
    let Some(control) = control else {
        return json!({
            "status": stage::CREATED, "paused": false, "vus": 0, "vus-max": 0, "stopped": false, "running": false,
            "tainted": false,
        });
    };
    let has_started = control.started().is_some();
    let number = match now {
        _ if control.has_ended() && control.is_aborted() => stage::INTERRUPTED,
        _ if control.has_ended() => stage::ENDED,
        _ if !has_started && control.is_paused() => stage::PAUSED,
        _ if !has_started => stage::INIT,
        "setup" => stage::SETUP,
        "running" => stage::RUNNING,
        "teardown" => stage::TEARDOWN,
        _ => stage::STARTED,
    };
    let mut status = json!({
        "status": number, "paused": control.is_paused(), "vus": control.vus_active(),
        "vus-max": control.vus_initialized(), "stopped": control.is_aborted(),
        "running": has_started && !control.has_ended(), "tainted": is_tainted,
    });
    if let Some(rate) = control.rate() {
        status["rate"] = json!(rate);
    }
    status
}

/// What a change of the status asks for.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    paused: Option<bool>,
    stopped: bool,
    vus: Option<u64>,
    max_vus: Option<u64>,
    /// Iterations a second.
    rate: Option<f64>,
}

impl Wanted {
    fn load(&self) -> bool {
        self.vus.is_some() || self.max_vus.is_some() || self.rate.is_some()
    }
}

/// Changes the status as a document asks; nothing where something in it is wrong, and then what.
pub(crate) fn change(control: Option<&Control>, document: &[u8]) -> Result<(), String> {
    let wanted = wanted(document)?;
    let control = control.ok_or("the run has not begun yet: try again")?;
    if control.has_ended() {
        return Err("the run is over".to_owned());
    }
    if (wanted.paused.is_some() || wanted.load()) && control.is_elsewhere() {
        return Err(
            "other processes make this load: it can be stopped from here, and nothing else".to_owned()
        );
    }
    if wanted.vus.is_some() || wanted.max_vus.is_some() {
        let scale = control
            .scale()
            .ok_or("no scenario has the executor externally-controlled, whose VUs can be set from outside")?;
        // A wrong rate changes no number of virtual users either.
        if wanted.rate.is_some() && control.rate().is_none() {
            return Err(RateError::NoScenario.to_string());
        }
        scale.set(wanted.vus, wanted.max_vus).map_err(|error| error.to_string())?;
    }
    if let Some(rate) = wanted.rate {
        control.set_rate(rate).map_err(|error| error.to_string())?;
    }
    match wanted.paused {
        Some(true) => drop(control.pause()),
        Some(false) => drop(control.resume()),
        None => {}
    }
    if wanted.stopped {
        control.abort(AbortReason::Stopped);
    }
    Ok(())
}

fn wanted(document: &[u8]) -> Result<Wanted, String> {
    const FORM: &str =
        "write {\"data\": {\"type\": \"status\", \"id\": \"default\", \"attributes\": {\"paused\": true}}}";
    let document: Value = serde_json::from_slice(document).map_err(|error| format!("{error}: {FORM}"))?;
    let attributes = document["data"]["attributes"].as_object().ok_or(FORM)?;
    let flag = |name: &str| match attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(on)) => Ok(Some(*on)),
        Some(other) => Err(format!("{name} is {other}: use true or false")),
    };
    Ok(Wanted {
        paused: flag("paused")?,
        stopped: flag("stopped")?.unwrap_or_default(),
        vus: number(attributes, "vus")?,
        max_vus: number(attributes, "vus-max")?,
        rate: rate(attributes)?,
    })
}

fn rate(attributes: &Map<String, Value>) -> Result<Option<f64>, String> {
    match attributes.get("rate") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|rate| (0.0..=1e6).contains(rate)) {
            Some(rate) => Ok(Some(rate)),
            None => Err(format!("rate is {value}: use 0 to 1000000 iterations a second")),
        },
    }
}

fn number(attributes: &Map<String, Value>, name: &str) -> Result<Option<u64>, String> {
    match attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("{name} is {value}: use a whole number, 0 or more")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(attributes: Value) -> Vec<u8> {
        json!({ "data": { "type": "status", "id": "default", "attributes": attributes } })
            .to_string()
            .into_bytes()
    }

    #[test]
    fn what_is_wrong_is_said_and_changes_nothing() {
        assert!(change(None, &asking(json!({ "paused": true }))).unwrap_err().contains("not begun"));
        let control = Control::new();
        for (document, wrong) in [
            (b"{".to_vec(), "EOF while parsing"),
            (b"{\"paused\": true}".to_vec(), "write {\"data\""),
            (asking(json!({ "paused": "yes" })), "paused is \"yes\": use true or false"),
            (asking(json!({ "paused": true, "vus": -1 })), "vus is -1: use a whole number"),
            (asking(json!({ "paused": true, "vus": 5 })), "externally-controlled"),
            (asking(json!({ "paused": true, "rate": 5 })), "externally-controlled-arrival-rate"),
            (asking(json!({ "paused": true, "rate": "5/s" })), "rate is \"5/s\": use 0 to 1000000"),
        ] {
            let error = change(Some(&control), &document).unwrap_err();
            assert!(error.contains(wrong), "{error}");
            assert!(!control.is_paused());
        }
        change(Some(&control), &asking(json!({ "paused": true, "vus": null }))).unwrap();
        assert!(control.is_paused());
        assert_eq!(status(Some(&control), "init", false)["status"], 4);
        change(Some(&control), &asking(json!({ "stopped": true }))).unwrap();
        assert_eq!(control.aborted(), Some(AbortReason::Stopped));
    }
}
