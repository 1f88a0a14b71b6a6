//! Units are what reads and writes are counted in, and what a table has a second of.

/// Seconds of unused capacity that DynamoDB keeps for bursts.
pub const BURST_SECONDS: f64 = 300.0;

/// How much more than was needed is recommended: 20 %.
pub const HEADROOM: f64 = 1.2;

/// What one partition serves, and so one key of it, whatever its table has: units a second.
pub fn partition_units(is_write: bool) -> f64 {
    if is_write { 1_000.0 } else { 3_000.0 }
}

/// What a provisioned table can serve in a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling {
    /// Units that flow in.
    pub flow: f64,
    /// Units that a full burst adds.
    pub burst: f64,
}

/// Units of a read of that many bytes: one for each 4 KB that were begun, half of that if it is eventually consistent.
pub fn read_units(bytes: u64, consistent: bool) -> f64 {
    let units = bytes.div_ceil(4096).max(1) as f64;
    if consistent { units } else { units / 2.0 }
}

/// Units of a write of that many bytes: one for each KB that was begun. In a transaction twice that.
pub fn write_units(bytes: u64) -> f64 {
    bytes.div_ceil(1024).max(1) as f64
}

/// What so many units a second can serve in so many seconds.
pub fn ceiling(provisioned: f64, seconds: f64) -> Ceiling {
    Ceiling { flow: provisioned * seconds, burst: provisioned * BURST_SECONDS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_are_rounded_up() {
        for (bytes, eventual, consistent, write) in [
            (0, 0.5, 1.0, 1.0),
            (1, 0.5, 1.0, 1.0),
            (1024, 0.5, 1.0, 1.0),
            (1025, 0.5, 1.0, 2.0),
            (4096, 0.5, 1.0, 4.0),
            (4097, 1.0, 2.0, 5.0),
            (60_000, 7.5, 15.0, 59.0),
            (1024 * 1024, 128.0, 256.0, 1024.0),
        ] {
            assert_eq!(read_units(bytes, false), eventual, "{bytes}");
            assert_eq!(read_units(bytes, true), consistent, "{bytes}");
            assert_eq!(write_units(bytes), write, "{bytes}");
        }
    }

    #[test]
    fn two_units_for_five_minutes_are_600_and_twice_that_with_a_full_burst() {
        let Ceiling { flow, burst } = ceiling(2.0, 300.0);
        assert_eq!((flow, flow + burst), (600.0, 1200.0));
    }
}
