//! The configuration of a search: where it looks, what must hold, and when it may stop.

/// What has to hold at a load: at most this share of what is counted is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The largest share of bad ones, from 0 to 1: 0.01 for a 99th percentile, or for an error rate below 1 %.
    pub allowed: f64,
    /// For response times: the limit in seconds beyond which one is bad.
    pub limit: Option<f64>,
}

/// How a search goes about.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchConfig {
    /// The lightest load that is tried.
    pub lowest: f64,
    /// The largest load that is tried.
    pub highest: f64,
    /// Whether loads are whole numbers, as virtual users are.
    pub whole: bool,
    /// Whether the load is a rate of arrivals, which the target has to keep up with.
    pub keeps_up: bool,
    /// The variance of the number of arrivals by their mean: 0 for even ones, 1 for a Poisson process.
    pub dispersion: f64,
    /// What must hold.
    pub promises: Vec<Promise>,
    /// Half the width of the interval, relative to the load, at which the search is over.
    pub precision: f64,
    /// How many seconds the search may take.
    pub seconds: f64,
}

impl SearchConfig {
    /// The load nearest to this one that can be tried.
    pub(crate) fn fit(&self, load: f64) -> f64 {
        let load = load.clamp(self.lowest, self.highest);
        if self.whole { load.round().clamp(self.lowest.ceil(), self.highest.floor()) } else { load }
    }
}
