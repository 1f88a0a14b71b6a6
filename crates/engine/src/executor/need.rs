//! A need is how many virtual users a scenario asks for from some moment on; needs add up over scenarios.

use std::time::Duration;

/// How many virtual users are needed from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// From when on.
    pub at: Duration,
    /// Initialized before the test.
    pub planned: u64,
    /// Initialized during the test at most, on top of the planned ones.
    pub unplanned: u64,
}

impl Need {
    /// A need of planned virtual users only.
    pub fn planned(at: Duration, planned: u64) -> Self {
        Self { at, planned, unplanned: 0 }
    }

    /// A need that stays as it is until its end.
    pub fn until(end: Duration, planned: u64, unplanned: u64) -> Vec<Self> {
        vec![Self { at: Duration::ZERO, planned, unplanned }, Self::planned(end, 0)]
    }
}

/// What all scenarios of a test need together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The most planned virtual users at any moment: they are initialized before the test.
    pub planned: u64,
    /// The most virtual users at any moment, planned or not.
    pub possible: u64,
    /// When the last scenario is over at the latest, graceful stops included, counted from the end of setup.
    pub end: Duration,
}

impl Needs {
    /// The highest sums over several scenarios' needs, each a list in order of time that ends in a need of none.
    pub fn over(scenarios: impl IntoIterator<Item = Vec<Need>>) -> Self {
        let mut changes: Vec<(Duration, i128, i128)> = Vec::new();
        for needs in scenarios {
            let mut before = Need::planned(Duration::ZERO, 0);
            for need in needs {
                let change = |now: u64, then: u64| i128::from(now) - i128::from(then);
                changes.push((
                    need.at,
                    change(need.planned, before.planned),
                    change(need.unplanned, before.unplanned),
                ));
                before = need;
            }
        }
        changes.sort_by_key(|(at, ..)| *at);
        let mut all = Self { end: changes.last().map(|(at, ..)| *at).unwrap_or_default(), ..Self::default() };
        let (mut planned, mut unplanned) = (0, 0);
        for moment in changes.chunk_by(|a, b| a.0 == b.0) {
            planned += moment.iter().map(|(_, change, _)| change).sum::<i128>();
            unplanned += moment.iter().map(|(.., change)| change).sum::<i128>();
            all.planned = all.planned.max(u64::try_from(planned).unwrap_or_default());
            all.possible = all.possible.max(u64::try_from(planned + unplanned).unwrap_or_default());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(seconds: u64, planned: u64, unplanned: u64) -> Need {
        Need { at: Duration::from_secs(seconds), planned, unplanned }
    }

    #[test]
    fn scenarios_one_after_the_other_share_and_together_add_up() {
        let early = vec![need(0, 5, 2), need(10, 0, 0)];
        let late = vec![need(10, 4, 9), need(20, 0, 0)];
        let across = vec![need(5, 1, 0), need(15, 0, 0)];
        let end = |seconds| Duration::from_secs(seconds);
        assert_eq!(
            Needs::over([early.clone(), late.clone()]),
            Needs { planned: 5, possible: 13, end: end(20) }
        );
        assert_eq!(Needs::over([early, late, across]), Needs { planned: 6, possible: 14, end: end(20) });
        assert_eq!(Needs::over([]), Needs::default());
    }
}
