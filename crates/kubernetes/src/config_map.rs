//! The test is a ConfigMap, mounted where the run is led.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::deployment::Deployment;
use crate::manifest::Manifest;
use crate::test_file::TestFile;

/// The ConfigMap with the test.
pub(crate) fn config_map(deployment: &Deployment) -> Manifest {
    let TestFile { name, content } = &deployment.test;
    let (field, value) = match std::str::from_utf8(content) {
        // Tar archives have zero bytes, even those of nothing but text.
        Ok(text) if !text.contains('\0') => ("data", text.to_owned()),
        _ => ("binaryData", STANDARD.encode(content)),
    };
    let mut document = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": deployment.metadata("test", "test"),
        "immutable": true,
    });
    document[field] = json!({ name.as_str(): value });
    Manifest::new(document)
}
