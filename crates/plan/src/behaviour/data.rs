//! A draw is the value that a data source gives for one task.

use fastrand::Rng;
use serde_json::Value;

use crate::model::{Data, Pick, Values};

/// The value that a data source gave, small enough to be drawn anew for each task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Draw {
    /// None yet.
    #[default]
    Nothing,
    /// A number.
    Number(i64),
    /// The row at this position.
    Row(usize),
}

/// Draws the next value for a virtual user. `next` is the number of what comes in turns.
pub(super) fn draw(data: &Data, next: impl Fn() -> u64, vu: u64, rng: &mut Rng) -> Draw {
    match &data.values {
        Values::Range(range) => Draw::Number(rng.i64(range.clone())),
        Values::Sequence { start, step } => {
            Draw::Number(start.wrapping_add(step.wrapping_mul(next().cast_signed())))
        }
        Values::Rows { rows, pick } => {
            let number = match pick {
                Pick::Random => rng.u64(..),
                Pick::Sequence => next(),
                Pick::User => vu.saturating_sub(1),
            };
            let at = number.checked_rem(rows.len() as u64).and_then(|at| usize::try_from(at).ok());
            at.map_or(Draw::Nothing, Draw::Row)
        }
    }
}

/// The row that was drawn.
pub(super) fn row(data: &Data, at: usize) -> Option<&Value> {
    match &data.values {
        Values::Rows { rows, .. } => rows.get(at),
        Values::Range(_) | Values::Sequence { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pick: Pick) -> Values {
        Values::Rows { rows: ["a", "b", "c"].map(Value::from).into(), pick }
    }

    fn drawn(values: Values, vu: u64) -> Vec<Draw> {
        let data = Data { name: "x".into(), values };
        let mut rng = Rng::with_seed(7);
        (0..5).map(|turn| draw(&data, || turn, vu, &mut rng)).collect()
    }

    #[test]
    fn values_come_as_their_source_says() {
        let numbers = |numbers: [i64; 5]| numbers.map(Draw::Number).to_vec();
        assert_eq!(drawn(Values::Sequence { start: 5, step: -2 }, 1), numbers([5, 3, 1, -1, -3]));
        let last = i64::MAX;
        let wraps = Values::Sequence { start: last, step: 1 };
        assert_eq!(drawn(wraps, 1)[..2], [Draw::Number(last), Draw::Number(i64::MIN)]);
        assert_eq!(drawn(Values::Range(3..=3), 1), numbers([3; 5]));
        assert_eq!(drawn(rows(Pick::Sequence), 1), [0, 1, 2, 0, 1].map(Draw::Row));
        assert_eq!(drawn(rows(Pick::User), 5), [1; 5].map(Draw::Row));
        assert_eq!(drawn(rows(Pick::User), 0), [0; 5].map(Draw::Row));
        let all = Values::Range(i64::MIN..=i64::MAX);
        assert_eq!(drawn(all, 1).len(), 5);
    }

    #[test]
    fn a_random_row_is_any() {
        let data = Data { name: "x".into(), values: rows(Pick::Random) };
        let mut rng = Rng::with_seed(7);
        let mut seen = [0; 3];
        for _ in 0..3000 {
            let Draw::Row(at) = draw(&data, || 0, 1, &mut rng) else { panic!("no row") };
            seen[at] += 1;
        }
        // Five standard deviations of a binomial distribution with n = 3000 and p = 1/3.
        assert!(seen.iter().all(|n| (871..1129).contains(n)), "{seen:?}");
    }
}
