//! How far apart agents began.

use std::time::Duration;

/// How far apart agents began at most: by how late each was, and how well it knows the lead's clock.
pub(super) fn skew(late: &[(Duration, Duration)]) -> Duration {
    let latest = late.iter().map(|(late, uncertain)| late.saturating_add(*uncertain)).max();
    // One that may have been early is less late than nothing: what is below zero is added.
    let earliest = late
        .iter()
        .map(|(late, uncertain)| (late.saturating_sub(*uncertain), uncertain.saturating_sub(*late)));
    let earliest = earliest.min_by_key(|(after, before)| (std::cmp::Reverse(*before), *after));
    let Some((latest, (after, before))) = latest.zip(earliest) else { return Duration::ZERO };
    if late.len() < 2 { Duration::ZERO } else { (latest + before).saturating_sub(after) }
}

/// Milliseconds, with one digit.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_the_most_that_can_lie_between_two_agents() {
        let ms = Duration::from_millis;
        for (late, expected) in [
            (vec![], 0),
            (vec![(ms(7), ms(2))], 0),
            (vec![(ms(7), ms(2)), (ms(7), ms(2))], 4),
            (vec![(ms(1), ms(3)), (ms(10), ms(1)), (ms(4), ms(0))], 13),
            (vec![(ms(5), ms(0)), (ms(9), ms(1))], 5),
        ] {
            assert_eq!(skew(&late), ms(expected), "{late:?}");
        }
    }
}
