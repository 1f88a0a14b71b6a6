//! System tags are the tags that samples of requests carry without being asked.

/// The tags that samples carry without being asked, each of which can be switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemTags {
    names: Vec<String>,
    /// Asked for every request.
    ip: bool,
}

impl SystemTags {
    /// Exactly these tags.
    pub fn new(tags: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = tags.into_iter().collect();
        Self { ip: names.iter().any(|on| on == "ip"), names }
    }

    /// Whether a tag is on.
    pub fn has(&self, tag: &str) -> bool {
        self.names.iter().any(|on| on == tag)
    }

    /// Whether samples are tagged with the peer's address.
    pub fn has_ip(&self) -> bool {
        self.ip
    }
}
