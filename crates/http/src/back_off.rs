//! To back off is to wait after a target could not be reached, longer each time, as browsers and apps do.

use std::cell::Cell;
use std::time::Duration;

use crate::error::{ErrorCode, HttpError};

/// The first wait, before it is varied.
const FIRST: Duration = Duration::from_millis(10);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(1);

/// How often one virtual user has failed to reach its target since it last did.
#[derive(Debug)]
pub(crate) struct BackOff {
    /// Whether the last request did not reach its target.
    failed: Cell<bool>,
    /// How many waits there have been since it was last reached.
    waits: Cell<u32>,
    seed: u64,
}

impl BackOff {
    /// Of the virtual user of that number.
    pub(crate) fn new(vu: u64) -> Self {
        Self { failed: Cell::new(false), waits: Cell::new(0), seed: vu }
    }

    /// Takes in whether a connection was made, its TLS handshake included; if not, why. What the test itself does not
    /// allow is no failure of the target.
    pub(crate) fn note(&self, error: Option<&HttpError>) {
        let failed = error.is_some_and(|error| !ErrorCode::is_forbidden(error.code));
        self.failed.set(failed);
        if !failed {
            self.waits.set(0);
        }
    }

    /// How long to wait now: nothing if the target was reached, else 10 ms, doubled each time up to a second, of which
    /// a half to all is taken, differently for each virtual user.
    pub(crate) fn next(&self) -> Duration {
        if !self.failed.take() {
            return Duration::ZERO;
        }
        let waits = self.waits.get();
        self.waits.set(waits.saturating_add(1));
        let whole = FIRST.saturating_mul(1 << waits.min(10)).min(LONGEST);
        whole.mul_f64(0.5 + 0.5 * share(self.seed, u64::from(waits)))
    }
}

/// A share from 0 to 1 that looks random: the mixing step of SplitMix64 over both numbers.
fn share(seed: u64, turn: u64) -> f64 {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ turn.wrapping_mul(0xD1B5_4A32_D192_ED03);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> HttpError {
        HttpError::new(ErrorCode::DIAL_REFUSED, "dial: connection refused")
    }

    #[test]
    fn waits_double_up_to_a_second_and_start_again_after_a_response() {
        let back_off = BackOff::new(1);
        assert_eq!(back_off.next(), Duration::ZERO);
        let mut whole = FIRST;
        for _ in 0..12 {
            back_off.note(Some(&refused()));
            let wait = back_off.next();
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
            assert_eq!(back_off.next(), Duration::ZERO, "once for each failure");
            whole = (whole * 2).min(LONGEST);
        }
        assert_eq!(whole, LONGEST);
        back_off.note(None);
        assert_eq!(back_off.next(), Duration::ZERO);
        back_off.note(Some(&refused()));
        assert!(back_off.next() <= FIRST);
    }

    #[test]
    fn what_the_test_forbids_is_no_failure_of_the_target() {
        let back_off = BackOff::new(1);
        back_off.note(Some(&HttpError::new(ErrorCode::BLOCKED_HOSTNAME, "hostname is blocked")));
        assert_eq!(back_off.next(), Duration::ZERO);
    }

    #[test]
    fn virtual_users_do_not_wait_in_step() {
        let first = |vu| {
            let back_off = BackOff::new(vu);
            back_off.note(Some(&refused()));
            back_off.next()
        };
        let mut waits: Vec<Duration> = (1..=100).map(first).collect();
        waits.sort();
        waits.dedup();
        assert!(waits.len() > 90, "{}", waits.len());
    }
}
