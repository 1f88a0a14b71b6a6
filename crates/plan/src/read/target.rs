//! The target's own metrics: whether they are read, from which sources, and which of them are charted in any case.

use super::object::Object;
use super::reader::Reader;
use crate::fields::TARGET;
use crate::model::TargetMetrics;
use crate::yaml::Node;

/// Reads `target`.
pub(super) fn target(reader: &mut Reader<'_>, node: &Node) -> (TargetMetrics, Vec<String>) {
    let Some(object) = Object::open(reader, node, &TARGET) else { return Default::default() };
    let metrics = object.get("metrics").map(|node| metrics(reader, node)).unwrap_or_default();
    let charts = object.get("charts").map(|node| charts(reader, node)).unwrap_or_default();
    if !charts.is_empty() && metrics == TargetMetrics::Off {
        reader.wrong(object.place, "'charts' are of what the target reports: leave 'metrics: off' out");
    }
    (metrics, charts)
}

/// The series that are charted: one or a list, each once.
fn charts(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let nodes = node.list().unwrap_or(std::slice::from_ref(node));
    let texts: Vec<_> =
        nodes.iter().filter_map(|node| Some((node.place, reader.text(node, "name of a series")?))).collect();
    let mut series = Vec::new();
    for (place, text) in texts {
        match text.trim() {
            "" => reader.wrong(place, "the name of a series is empty"),
            name if series.iter().any(|known| known == name) => {
                reader.wrong(place, format!("'{name}' is there twice"))
            }
            name => series.push(name.to_owned()),
        }
    }
    series
}

fn metrics(reader: &mut Reader<'_>, node: &Node) -> TargetMetrics {
    let urls: Vec<String> = match node.list() {
        Some([]) => {
            reader.wrong(node.place, "the list of metrics is empty: write sources, or 'metrics: off'");
            Vec::new()
        }
        Some(items) => items.iter().filter_map(|item| listed(reader, item)).collect(),
        None => match reader.text(node, "word, source or list of sources") {
            Some(text) if text == "off" || text == "false" => return TargetMetrics::Off,
            Some(text) if text != "auto" => url(reader, node, text).into_iter().collect(),
            _ => Vec::new(),
        },
    };
    if urls.is_empty() { TargetMetrics::Auto } else { TargetMetrics::At(urls) }
}

fn listed(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "source")?;
    if ["auto", "off", "false"].contains(&text.as_str()) {
        reader.wrong(
            node.place,
            format!("'{text}' is not for lists: write 'metrics: {text}', or list sources only"),
        );
        return None;
    }
    url(reader, node, text)
}

fn url(reader: &mut Reader<'_>, node: &Node, text: String) -> Option<String> {
    match flashcrowd_observe::find(&text) {
        Ok(kind) if kind.schemes.contains(&"http") => reader.url(node),
        Ok(_) => Some(text),
        Err(error) => {
            let message = if text.contains("://") {
                error.to_string()
            } else {
                format!(
                    "'{text}' is none of auto, off and a source, such as http://localhost:8080/metrics or host"
                )
            };
            reader.wrong(node.place, message);
            None
        }
    }
}
