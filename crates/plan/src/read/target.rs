//! The target's own metrics: whether they are read, and from which sources.

use super::object::Object;
use super::reader::Reader;
use crate::fields::TARGET;
use crate::model::TargetMetrics;
use crate::yaml::Node;

/// Reads `target`.
pub(super) fn target_metrics(reader: &mut Reader<'_>, node: &Node) -> TargetMetrics {
    let object = Object::open(reader, node, &TARGET);
    let Some(node) = object.as_ref().and_then(|object| object.get("metrics")) else {
        return TargetMetrics::default();
    };
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
