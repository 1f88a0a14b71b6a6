//! What a search for the largest load looks for, as plans say it: `find: {rate: 10..1000}`.

use flashcrowd_engine::ScenarioConfig;
use flashcrowd_record::Expected;
use flashcrowd_test::{Bounds, FindSettings};

use super::expected::Known;
use super::object::Object;
use super::reader::{Reader, suggestion};
use crate::fields::FIND;
use crate::yaml::Node;

/// Reads `find` of a plan with these streams of load.
pub(super) fn find(
    reader: &mut Reader<'_>,
    plan: Object<'_>,
    known: &Known<'_>,
    scenarios: &[ScenarioConfig],
) -> FindSettings {
    let node = plan.get("find");
    let Some(object) = node.and_then(|node| Object::open(reader, node, &FIND)) else {
        return FindSettings::default();
    };
    let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let promises = object.get("promises").map(|node| reader.expected(node, known)).unwrap_or_default();
    let written =
        |promise: flashcrowd_diagnosis::Expectation| Expected { name: promise.name, target: promise.target };
    if let (Some(rate), Some(_)) = (object.entry("rate"), object.entry("users")) {
        reader.wrong(rate.place, "a search is for a rate or for users: leave one of 'rate' and 'users' out");
    }
    FindSettings {
        promises: promises.into_iter().map(written).collect(),
        rate: object.get("rate").and_then(|node| bounds(reader, node)),
        users: object.get("users").and_then(|node| bounds(reader, node)),
        precision: object.get("precision").and_then(|node| precision(reader, node)),
        time: object.get("time").and_then(|node| reader.some_time(node)),
        at_least: object.get("at_least").and_then(|node| least(reader, node)),
        scenario: object.get("scenario").and_then(|node| scenario(reader, node, &names)),
    }
}

fn bounds(reader: &mut Reader<'_>, node: &Node) -> Option<Bounds> {
    let text = reader.text(node, "range")?;
    let bounds = Bounds::parse(&text);
    if bounds.is_none() {
        let message = format!("'{text}' is no range of loads: write one such as 10..1000, ..1000 or 10..");
        reader.wrong(node.place, message);
    }
    bounds
}

fn precision(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    let text = reader.text(node, "percentage")?;
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let share = number.map(|percent| percent / 100.0).filter(|share| (0.005..=0.5).contains(share));
    if share.is_none() {
        reader.wrong(node.place, format!("'{text}' is no precision: write 0.5% to 50%, such as 5%"));
    }
    share
}

fn least(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    let text = reader.text(node, "load")?;
    let number = text.trim().trim_end_matches("/s").trim().replace([',', '_'], "").parse::<f64>().ok();
    let least = number.filter(|least| least.is_finite() && *least > 0.0);
    if least.is_none() {
        reader.wrong(node.place, format!("'{text}' is no load: write one such as 300/s, or 300 for users"));
    }
    least
}

fn scenario(reader: &mut Reader<'_>, node: &Node, scenarios: &[&str]) -> Option<String> {
    let name = reader.text(node, "name")?;
    if !scenarios.contains(&name.as_str()) {
        let near = suggestion(&name, scenarios.iter().copied());
        let message =
            format!("there is no scenario '{name}': those of this plan are {}{near}", scenarios.join(", "));
        reader.wrong(node.place, message);
    }
    Some(name)
}
