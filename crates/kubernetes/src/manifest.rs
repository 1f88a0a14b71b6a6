//! A manifest is one object of Kubernetes, as a document.

use saphyr::{Mapping, Scalar, Yaml, YamlEmitter};
use serde_json::Value;

use crate::error::Invalid;

/// One object of Kubernetes.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest(Value);

impl Manifest {
    pub(crate) fn new(document: Value) -> Self {
        Self(document)
    }

    /// As a document.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// The name of a file for it.
    pub fn file_name(&self) -> String {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        format!("{}-{}.yaml", word(&self.0["metadata"]["name"]), word(&self.0["kind"]))
    }
}

/// Manifests as one stream of YAML documents.
pub fn yaml<'m>(manifests: impl IntoIterator<Item = &'m Manifest>) -> Result<String, Invalid> {
    let mut text = String::new();
    for manifest in manifests {
        let mut emitter = YamlEmitter::new(&mut text);
        emitter.multiline(true);
        emitter.dump(&node(&manifest.0)).map_err(|error| Invalid(error.to_string()))?;
        text.push('\n');
    }
    Ok(text)
}

fn node(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Value(Scalar::Null),
        Value::Bool(is) => Yaml::Value(Scalar::Boolean(*is)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Yaml::Value(Scalar::Integer(whole)),
            None => Yaml::Value(Scalar::FloatingPoint(number.as_f64().unwrap_or(f64::NAN).into())),
        },
        Value::String(text) => Yaml::Value(Scalar::String(text.as_str().into())),
        Value::Array(values) => Yaml::Sequence(values.iter().map(node).collect()),
        Value::Object(fields) => {
            let mut mapping = Mapping::new();
            for (name, value) in fields {
                mapping.insert(Yaml::Value(Scalar::String(name.as_str().into())), node(value));
            }
            Yaml::Mapping(mapping)
        }
    }
}
