//! Expected responses: which statuses count as success, by default 200 to 399.

/// Which responses are expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These ranges of statuses.
    Statuses(Vec<(u16, u16)>),
    /// No response is classified.
    Unsaid,
}

impl Default for Expected {
    fn default() -> Self {
        Expected::Statuses(vec![(200, 399)])
    }
}

impl Expected {
    /// Whether a status is expected; `None` if responses are not classified.
    pub fn accepts(&self, status: u16) -> Option<bool> {
        match self {
            Expected::Statuses(ranges) => {
                Some(ranges.iter().any(|(low, high)| (*low..=*high).contains(&status)))
            }
            Expected::Unsaid => None,
        }
    }
}
