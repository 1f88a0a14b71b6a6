//! A clock shows how long something has been running, in columns that stand still.

use std::time::Duration;

/// A time so far, with as many digits as the longest one it can become, so that columns stand still.
pub fn clock(time: Duration, longest: Duration) -> String {
    let tenths = time.as_millis() / 100;
    let (hours, minutes, seconds) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    let most = longest.max(time).as_secs();
    let digits = |n: u64| n.to_string().len();
    let seconds = |width: usize| format!("{seconds:0width$}.{}s", tenths % 10);
    if most >= 3600 {
        format!("{hours:0hours_width$}h{minutes:02}m{}", seconds(2), hours_width = digits(most / 3600))
    } else if most >= 60 {
        format!("{minutes:0minutes_width$}m{}", seconds(2), minutes_width = digits(most / 60))
    } else {
        seconds(digits(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_as_long_as_they_will_be() {
        let ms = Duration::from_millis;
        for (time, longest, text) in [
            (0, 2_000, "0.0s"),
            (1_049, 2_000, "1.0s"),
            (1_000, 32_000, "01.0s"),
            (5_900, 90_000, "0m05.9s"),
            (65_000, 600_000, "01m05.0s"),
            (3_600_000, 7_200_000, "1h00m00.0s"),
            (61_000, 30_000, "1m01.0s"),
        ] {
            assert_eq!(clock(ms(time), ms(longest)), text);
        }
    }
}
