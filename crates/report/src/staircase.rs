//! A staircase is the steps of a run in short: those that are shown where there is no room for all.

/// Up to so many steps are all shown.
const ALL: usize = 15;
/// Of more, so many are shown.
const SHOWN: usize = 12;

/// The places of the steps that are shown: the first, the last, those around where it broke, and others as evenly
/// spaced between as they can be.
pub(crate) fn shown(steps: usize, broke: Option<usize>) -> Vec<usize> {
    if steps <= ALL {
        return (0..steps).collect();
    }
    let around = broke.into_iter().flat_map(|at| at.saturating_sub(1)..=at + 1);
    let mut places: Vec<usize> = [0, steps - 1].into_iter().chain(around.filter(|at| *at < steps)).collect();
    places.sort_unstable();
    places.dedup();
    while places.len() < SHOWN {
        let widest = places
            .windows(2)
            .map(|pair| (pair[1] - pair[0], pair[0]))
            .max_by_key(|(gap, at)| (*gap, steps - at));
        let Some((gap, from)) = widest else { break };
        places.push(from + gap / 2);
        places.sort_unstable();
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_steps_are_all_shown() {
        assert_eq!(shown(0, None), Vec::<usize>::new());
        assert_eq!(shown(15, Some(3)), (0..15).collect::<Vec<_>>());
        assert_eq!(shown(50, Some(9)), [0, 8, 9, 10, 14, 19, 24, 29, 34, 39, 44, 49]);
    }

    proptest! {
        #[test]
        fn the_ends_and_the_break_are_always_shown(steps in 16..5000_usize, broke in proptest::option::of(0..5000_usize)) {
            let broke = broke.filter(|at| *at < steps);
            let places = shown(steps, broke);
            prop_assert_eq!(places.len(), SHOWN);
            prop_assert!(places.is_sorted_by(|left, right| left < right));
            prop_assert!(places[0] == 0 && places[SHOWN - 1] == steps - 1);
            for at in broke.into_iter().flat_map(|at| [at.saturating_sub(1), at, (at + 1).min(steps - 1)]) {
                prop_assert!(places.contains(&at));
            }
        }
    }
}
