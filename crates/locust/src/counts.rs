//! Counts of what became of requests: each that was sent is counted, interrupted or unreported.

/// What became of the requests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that users asked for, without those that redirects led to.
    pub sent: u64,
    /// Those that are in the table.
    pub counted: u64,
    /// Those that were given up before their answer was there, mostly at the end of the run.
    pub interrupted: u64,
    /// Those whose answer nobody judged: `catch_response` without a with-block.
    pub unreported: u64,
    /// Further requests of a call: redirects, and what was sent past the client's own methods.
    pub further: u64,
    /// Entries in the table that are no requests of ours: other protocols, and adapters that files mount.
    pub foreign: u64,
}
